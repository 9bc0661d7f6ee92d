#include "src/resource_flags.hh"

#include "libpod/spec/resources.hh"

namespace lichen::cli {

spec::ResourceConfig resource_flags(const ParsedArgs& args) {
  spec::ResourceConfig r;
  if (const auto v = args.find_string("memory")) r.memory_bytes = spec::parse_size_option(*v, "--memory");
  if (const auto v = args.find_string("memory-reservation"))
    r.memory_reservation_bytes = spec::parse_size_option(*v, "--memory-reservation");
  if (const auto v = args.find_string("memory-swap"))
    r.memory_swap_bytes = spec::parse_size_or_unlimited(*v, "--memory-swap");
  if (const auto v = args.find_string("cpus")) r.nano_cpus = spec::parse_cpus_option(*v);
  if (const auto v = args.find_string("cpuset-cpus")) r.cpuset_cpus = spec::parse_cpuset_option(*v, "--cpuset-cpus");
  if (const auto v = args.find_string("cpuset-mems")) r.cpuset_mems = spec::parse_cpuset_option(*v, "--cpuset-mems");
  r.cpu_shares = args.find_int("cpu-shares");
  r.cpu_period_us = args.find_int("cpu-period");
  r.cpu_quota_us = args.find_int("cpu-quota");
  r.pids_limit = args.find_int("pids-limit");
  r.blkio_weight = args.find_int("blkio-weight");
  r.rt_period_us = args.find_int("cpu-rt-period");
  r.rt_runtime_us = args.find_int("cpu-rt-runtime");
  if (find_option(args.command(), "device-read-bps") == nullptr) return r;  // update changes none of what follows
  for (const auto& text : args.get_list("blkio-weight-device"))
    r.weight_devices.push_back(spec::parse_device_weight(text));
  const auto rates = [&](const char* option, auto parse, std::vector<spec::DeviceLimit>& out) {
    for (const auto& text : args.get_list(option)) out.push_back(parse(text, "--" + std::string(option)));
  };
  rates("device-read-bps", spec::parse_device_rate, r.read_bps);
  rates("device-write-bps", spec::parse_device_rate, r.write_bps);
  rates("device-read-iops", spec::parse_device_count, r.read_iops);
  rates("device-write-iops", spec::parse_device_count, r.write_iops);
  if (const auto v = args.find_string("kernel-memory"))
    r.kernel_memory_bytes = spec::parse_size_option(*v, "--kernel-memory");
  r.memory_swappiness = args.find_int("memory-swappiness");
  r.oom_kill_disable = args.get_bool("oom-kill-disable");
  return r;
}

}  // namespace lichen::cli
