#include "libpod/spec/resource_update.hh"

#include "libpod/base/error.hh"
#include "libpod/spec/resources.hh"

namespace lichen::spec {
namespace {

using Limit = std::optional<std::int64_t> ResourceConfig::*;

bool is_set(const std::optional<std::int64_t>& value) { return value && *value != 0; }

void take(ResourceConfig& result, const ResourceConfig& changes, Limit limit) {
  if (!(changes.*limit)) return;
  result.*limit = is_set(changes.*limit) ? changes.*limit : std::nullopt;
}

void take_cpu_time(ResourceConfig& result, const ResourceConfig& changes) {
  if (is_set(changes.nano_cpus)) result.cpu_period_us = result.cpu_quota_us = std::nullopt;
  if (is_set(changes.cpu_period_us) || is_set(changes.cpu_quota_us)) result.nano_cpus = std::nullopt;
  for (const Limit limit : {&ResourceConfig::nano_cpus, &ResourceConfig::cpu_period_us, &ResourceConfig::cpu_quota_us})
    take(result, changes, limit);
}

void take_cpuset(std::string& result, const std::string& change) {
  if (!change.empty()) result = change;
}

bool has_cpu_time(const ResourceConfig& r) {
  return is_set(r.nano_cpus) || is_set(r.cpu_period_us) || is_set(r.cpu_quota_us);
}

void lift_memory(const ResourceConfig& before, const ResourceConfig& updated, OciResources& result) {
  OciMemory memory = result.memory.value_or(OciMemory{});
  if (is_set(before.memory_bytes) && !memory.limit) memory.limit = -1;
  if (effective_memory_swap(before) && !memory.swap) memory.swap = -1;
  if (is_set(before.memory_reservation_bytes) && !is_set(updated.memory_reservation_bytes)) memory.reservation = 0;
  if (memory.limit || memory.swap || memory.reservation) result.memory = memory;
}

void lift_cpu(const ResourceConfig& before, const ResourceConfig& updated, OciResources& result) {
  if (has_cpu_time(before) && !has_cpu_time(updated)) {
    if (!result.cpu) result.cpu.emplace();
    result.cpu->quota = -1;
    result.cpu->period = 100'000;
  }
  // By name: what weight the shares of version 1 stand for differs between runtimes.
  if (is_set(before.cpu_shares) && !is_set(updated.cpu_shares)) result.unified["cpu.weight"] = "100";
}

}  // namespace

ResourceConfig update_resources(const ResourceConfig& now, const ResourceConfig& changes) {
  check_resources(ResourceConfig{
      .nano_cpus = changes.nano_cpus, .cpu_period_us = changes.cpu_period_us, .cpu_quota_us = changes.cpu_quota_us});
  ResourceConfig result = now;
  for (const Limit limit :
       {&ResourceConfig::memory_bytes, &ResourceConfig::memory_reservation_bytes, &ResourceConfig::memory_swap_bytes,
        &ResourceConfig::cpu_shares, &ResourceConfig::blkio_weight, &ResourceConfig::rt_period_us,
        &ResourceConfig::rt_runtime_us})
    take(result, changes, limit);
  // A swap limit that was given counts the memory in: without one it means nothing.
  if (changes.memory_bytes && !result.memory_bytes && !is_set(changes.memory_swap_bytes))
    result.memory_swap_bytes = std::nullopt;
  take_cpu_time(result, changes);
  take_cpuset(result.cpuset_cpus, changes.cpuset_cpus);
  take_cpuset(result.cpuset_mems, changes.cpuset_mems);
  // Not nullopt, which is the default limit.
  if (changes.pids_limit) result.pids_limit = *changes.pids_limit == 0 ? -1 : *changes.pids_limit;
  check_resources(result);
  return result;
}

OciResources resource_changes(const ResourceConfig& before, const ResourceConfig& updated,
                              const std::set<std::string>& controllers) {
  OciResources result = to_oci_resources(updated, controllers);
  if (controllers.contains("memory")) lift_memory(before, updated, result);
  if (controllers.contains("cpu")) lift_cpu(before, updated, result);
  if (controllers.contains("io") && is_set(before.blkio_weight) && !is_set(updated.blkio_weight))
    result.unified["io.weight"] = "default 100";
  return result;
}

bool has_changes(const OciResources& resources) {
  return resources.memory || resources.cpu || resources.pids_limit || resources.block_io || !resources.unified.empty();
}

}  // namespace lichen::spec
