// A pod, as it is kept: a set of namespaces that containers share, held by a container of their own, the holder.
//
// What is asked for a pod is what one asks for a container (network, ports, limits, volumes, ...), so it is kept in the
// same form, in `settings`. From it come the holder's configuration (what belongs to the shared namespaces) and what
// members take over (the rest). Pure: no file, no clock.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/spec/container_config.hh"

namespace lichen::spec {

struct PodConfig {
  std::string id;  // 64 hex digits
  std::string name;
  std::string created;  // RFC 3339
  std::map<std::string, std::string> labels;
  std::vector<std::string> create_command;  // argv, for inspect
  std::vector<std::string> shared;          // of cgroup ipc net pid uts, sorted
  bool share_parent = true;                 // members' cgroups lie below the pod's
  std::string exit_policy = "continue";     // or "stop": the holder ends with the last member
  std::string holder_id;                    // empty: --infra=false
  std::string holder_name;                  // empty: made of the id
  ContainerConfig settings;                 // id: the pod's
  bool shares(std::string_view what) const;
  bool has_holder() const { return !holder_id.empty(); }
};

Json to_json(const PodConfig& pod);
/// @throws Error{invalid} not a record of a version that we know
PodConfig pod_config_from_json(const Json& json, std::string_view what);

/// --share: "net,ipc", "+pid" (more than the default), "none" or empty. @throws Error{usage}
std::vector<std::string> parse_share_option(std::string_view text);
/// --exit-policy. @throws Error{usage}
std::string parse_exit_policy(std::string_view text);
/// --init-ctr: once or always. @throws Error{usage}
std::string parse_init_container(std::string_view text);

/// The holder's container. Its root file system is `rootfs`, a directory without anything.
ContainerConfig holder_config(const PodConfig& pod, const std::string& rootfs);

/// The pod's cgroup as --cgroup-parent of its containers; empty: there is none, as nothing is limited.
std::string pod_cgroup(const PodConfig& pod);
bool has_limits(const PodConfig& pod);

/// Make a container a member: namespaces of the holder, and what the pod gives to all.
/// @param gave  long names of flags that stand on the member's command line
/// @throws Error{usage} one of them belongs to what the pod shares
void join_pod(ContainerConfig& member, const PodConfig& pod, const std::set<std::string>& gave);

/// Flags of run that a pod made for the container (--pod new:NAME) takes over.
std::span<const std::string_view> pod_flags();

/// "Running", "Degraded", ... of the states of its containers: podman's rule.
struct PodCounts {
  std::size_t all = 0, running = 0, paused = 0, exited = 0, other = 0;
};
std::string_view pod_state(const PodCounts& counts);

}  // namespace lichen::spec
