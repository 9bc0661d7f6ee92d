#include "libpod/runtime/cgroup_limits.hh"

#include <algorithm>

#include "libpod/base/error.hh"

namespace lichen::runtime {
namespace {

using Settings = std::vector<CgroupSetting>;

std::string amount(std::int64_t value) { return value < 0 ? "max" : std::to_string(value); }

[[noreturn]] void version_one(std::string_view name) {
  throw_error(ErrorKind::unsupported, "linux.resources.{}: cgroup version 2 does not have it", name);
}

void memory_settings(const spec::OciMemory& memory, Settings& out) {
  if (memory.kernel || memory.kernel_tcp) version_one("memory.kernel");
  if (memory.swappiness) version_one("memory.swappiness");
  if (memory.disable_oom_killer && *memory.disable_oom_killer) version_one("memory.disableOOMKiller");
  if (memory.reservation) out.push_back({"memory.low", amount(*memory.reservation)});
  if (memory.limit) out.push_back({"memory.max", amount(*memory.limit)});
  if (!memory.swap) return;
  // OCI counts memory and swap together, version 2 swap alone.
  if (*memory.swap < 0) return out.push_back({"memory.swap.max", "max"});
  if (!memory.limit || *memory.limit < 0 || *memory.swap < *memory.limit)
    throw_error(
        ErrorKind::invalid,
        "linux.resources.memory.swap: it is memory and swap together and needs a memory limit that is not larger");
  out.push_back({"memory.swap.max", amount(*memory.swap - *memory.limit)});
}

void cpu_settings(const spec::OciCpu& cpu, Settings& out) {
  if (cpu.realtime_runtime || cpu.realtime_period) version_one("cpu.realtimeRuntime");
  // Version 1 shares 2..262144 on version 2 weights 1..10000, the conversion that systemd, runc and crun share.
  if (cpu.shares && *cpu.shares != 0) {
    const std::uint64_t shares = std::clamp<std::uint64_t>(*cpu.shares, 2, 262144);
    out.push_back({"cpu.weight", std::to_string(1 + (shares - 2) * 9999 / 262142)});
  }
  if (cpu.quota || cpu.period)
    out.push_back({"cpu.max", format("{} {}", cpu.quota && *cpu.quota > 0 ? std::to_string(*cpu.quota) : "max",
                                     cpu.period.value_or(100000))});
  if (cpu.burst) out.push_back({"cpu.max.burst", std::to_string(*cpu.burst)});
  if (cpu.idle) out.push_back({"cpu.idle", std::to_string(*cpu.idle)});
  if (!cpu.cpus.empty()) out.push_back({"cpuset.cpus", cpu.cpus});
  if (!cpu.mems.empty()) out.push_back({"cpuset.mems", cpu.mems});
}

void throttle(const std::vector<spec::OciThrottleDevice>& devices, std::string_view key, Settings& out) {
  for (const auto& device : devices)
    out.push_back({"io.max", format("{}:{} {}={}", device.major, device.minor, key, device.rate)});
}

// 10..1000 on 1..10000, as crun and systemd convert.
unsigned io_weight(std::uint16_t weight) { return 1 + (std::clamp<unsigned>(weight, 10, 1000) - 10) * 9999 / 990; }

void io_settings(const spec::OciBlockIo& io, Settings& out) {
  if (io.leaf_weight) version_one("blockIO.leafWeight");
  if (io.weight && *io.weight != 0) out.push_back({"io.weight", std::to_string(io_weight(*io.weight))});
  for (const auto& device : io.weight_device)
    if (device.weight)
      out.push_back({"io.weight", format("{}:{} {}", device.major, device.minor, io_weight(*device.weight))});
  throttle(io.throttle_read_bps, "rbps", out);
  throttle(io.throttle_write_bps, "wbps", out);
  throttle(io.throttle_read_iops, "riops", out);
  throttle(io.throttle_write_iops, "wiops", out);
}

}  // namespace

std::vector<CgroupSetting> cgroup_settings(const spec::OciResources& resources) {
  Settings out;
  if (resources.memory) memory_settings(*resources.memory, out);
  if (resources.cpu) cpu_settings(*resources.cpu, out);
  if (resources.pids_limit && *resources.pids_limit != 0) out.push_back({"pids.max", amount(*resources.pids_limit)});
  if (resources.block_io) io_settings(*resources.block_io, out);
  for (const auto& page : resources.hugepage_limits)
    out.push_back({format("hugetlb.{}.max", page.page_size), std::to_string(page.limit)});
  if (resources.network_class_id || !resources.network_priorities.empty()) version_one("network");
  if (!resources.rdma.is_null() && !resources.rdma.empty())
    throw_error(ErrorKind::unsupported, "linux.resources.rdma: lichen-oci does not set it");
  for (const auto& [file, content] : resources.unified) {
    if (file.find('/') != std::string::npos || controller_of(file).empty())
      throw_error(ErrorKind::invalid, "linux.resources.unified: '{}' is not a file of a controller", file);
    out.push_back({file, content});
  }
  return out;
}

std::string controller_of(std::string_view file) {
  const std::string_view name = file.substr(0, file.find('.'));
  return name == "cgroup" || name == file ? std::string() : std::string(name);
}

}  // namespace lichen::runtime
