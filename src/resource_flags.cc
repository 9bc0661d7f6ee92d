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
  return r;
}

}  // namespace lichen::cli
