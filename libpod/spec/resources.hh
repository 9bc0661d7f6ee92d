// --memory, --cpus, --ulimit and their relatives, docker's checks between them, and the OCI form.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/spec/container_config.hh"
#include "libpod/spec/oci_spec.hh"

namespace lichen::spec {

/// --ulimit NAME=SOFT[:HARD]; -1 and "unlimited" mean no limit. The hard limit is the soft one when it is not given.
/// @throws Error{usage} wrong form, an unknown name (a near one is suggested), soft above hard
UlimitConfig parse_ulimit_option(std::string_view text);
/// "nofile=1024:2048", as docker inspect shows it.
std::string format_ulimit_option(const UlimitConfig& ulimit);
/// "nofile" -> "RLIMIT_NOFILE". @throws Error{invalid} no such limit
std::string rlimit_type(std::string_view name);
OciRlimit to_oci_rlimit(const UlimitConfig& ulimit);

/// A size in bytes for `option` ("--shm-size"): docker's units. @throws Error{usage} not a size
std::int64_t parse_size_option(std::string_view text, std::string_view option);
/// As above; "-1" and "unlimited" give -1. For --memory-swap.
std::int64_t parse_size_or_unlimited(std::string_view text, std::string_view option);
/// --cpus "1.5" -> 1500000000. @throws Error{usage} not a number above 0
std::int64_t parse_cpus_option(std::string_view text);
/// --cpuset-cpus, --cpuset-mems: "0-3,5". @return the text; @throws Error{usage} not a list of ranges
std::string parse_cpuset_option(std::string_view text, std::string_view option);

/// --device-read-bps and its kin, --blkio-weight-device: PATH:VALUE. @throws Error{usage}
DeviceLimit parse_device_rate(std::string_view text, std::string_view option);   // with docker's units
DeviceLimit parse_device_count(std::string_view text, std::string_view option);  // operations per second
DeviceLimit parse_device_weight(std::string_view text);                          // 10 to 1000

/// Docker's rules between the options: memory at least 6 MB, memory-swap with memory and not below it, reservation not
/// above memory, cpus not together with period or quota, period 1 ms..1 s, quota at least 1 ms, blkio weight 10..1000.
/// @throws Error{usage}
void check_resources(const ResourceConfig& resources);

/// Memory and swap together that a container may have: as given, else docker's default, twice the memory. nullopt: no
/// limit was asked for.
std::optional<std::int64_t> effective_memory_swap(const ResourceConfig& resources);

/// The OCI section. Limits whose controller is not among `controllers` (cgroup v2 names: memory cpu cpuset pids io) are
/// left out: the caller has said so with unenforceable_limits.
/// @param devices  numbers of the block devices that limits are for; those of others are left out
using DeviceNumbers = std::map<std::string, std::pair<std::int64_t, std::int64_t>>;
OciResources to_oci_resources(const ResourceConfig& resources, const std::set<std::string>& controllers,
                              const DeviceNumbers& devices = {});
/// The devices that limits are for.
std::set<std::string> limited_devices(const ResourceConfig& resources);

/// The options whose limits were asked for and cannot be kept: their controller is not among `controllers`.
std::vector<std::string> unenforceable_limits(const ResourceConfig& resources,
                                              const std::set<std::string>& controllers);

/// The options that only cgroup version 1 knows (kernel: admin-guide/cgroup-v1/memory.rst): docker takes and drops
/// them.
std::vector<std::string> obsolete_limits(const ResourceConfig& resources);

}  // namespace lichen::spec
