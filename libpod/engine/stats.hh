// lichen stats: what containers use, from their cgroups, and where they have none from /proc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// Totals since the container's start, as they are at one moment. Without a cgroup: CPU time of processes that ended
/// is what their living parents have waited for (proc(5), cutime), memory is the sum of proportional set sizes, and
/// blocks are those of living processes.
struct Usage {
  std::chrono::steady_clock::time_point at;
  std::uint64_t cpu_ns = 0;
  std::uint64_t memory = 0, memory_limit = 0;         // bytes; the limit is the host's memory when there is none
  std::uint64_t received = 0, sent = 0;               // bytes, all interfaces but lo; 0 on the host's network
  std::uint64_t blocks_read = 0, blocks_written = 0;  // bytes
  std::uint64_t processes = 0;
};

/// @param records  those that do not run get zeros
/// @return as many as records. @stage in U0
std::vector<Usage> measure_usage(const std::vector<store::ContainerRecord>& records);

/// Docker's placeholders (BlockIO Container CPUPerc ID MemPerc MemUsage Name NetIO PIDs) and podman's (AVGCPU AvgCPU
/// PIDS UpTime MemUsageBytes MemLimit).
/// @param before, now  two measurements of the same container: the share of CPU is that of the time between
Json usage_row(const store::ContainerRecord& record, const Usage& before, const Usage& now, bool no_trunc);

}  // namespace lichen::engine
