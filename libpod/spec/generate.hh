// ContainerConfig + what is known about the host -> the OCI spec that lichen-oci (or crun, runc) runs.
//
// Pure: everything that needs a system call to find out comes in as HostFacts, filled by the engine. The security
// defaults of the design's section 7 are decided here and nowhere else; the runtime only does what the spec says.
//
// A normal container has no "user" and no "network" entry: monitor and runtime are already in U0 and in the container's
// network namespace, and the container inherits them (no entry = inherit, OCI config-linux.md "Namespaces").
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libpod/spec/cdi.hh"
#include "libpod/spec/container_config.hh"
#include "libpod/spec/oci_spec.hh"
#include "libpod/spec/user_spec.hh"

namespace lichen::spec {

/// Where the init program is seen inside a container with --init.
inline constexpr std::string_view kInitPath = "/run/lichen-init";
inline constexpr std::string_view kSecretsPath = "/run/secrets";  // where secrets are seen, as docker has it

/// All paths are absolute and seen from the monitor's mount namespace.
struct HostFacts {
  std::string rootfs;      // mounted, becomes root.path
  std::string hosts_path;  // generated files to be seen as /etc/hosts ...; empty: the image's own
  std::string resolv_conf_path;
  std::string hostname_path;
  std::string localtime_path;           // --tz; empty: none
  std::string passwd_path, group_path;  // with an entry for a user whom the image does not know (keep-id)
  std::string init_path;                // --init
  std::string shm_path;                 // a directory to be seen as /dev/shm (shared ipc); empty: a tmpfs of its own
  std::string host_hostname;            // for --uts host and --network host
  std::string secrets_path;             // a directory to be seen as /run/secrets; empty: none
  std::vector<std::pair<std::string, std::string>> secret_files;  // host file, absolute path in the container
  std::vector<std::string> link_env;                              // "NAME=value" of --link; config.env wins
  std::vector<std::string> secret_env;                            // "NAME=value" of secrets of the type env
  std::string notify_path;                  // a directory to be seen as /run/notify: sd_notify's socket; empty: none
  CdiEdits device_edits;                    // what the devices of config.device_requests need
  std::vector<std::string> supervisor_env;  // NOTIFY_SOCKET, LISTEN_FDS and its company
  std::map<std::string, std::string> volume_paths;  // volume_key() of a mount -> what is bound

  ResolvedUser user;

  // Namespaces. Keys are OCI types: pid ipc uts cgroup network. A path joins, type absent = a new one (network:
  // inherited).
  std::map<std::string, std::string> namespace_paths;
  std::vector<OciIdMapping>
      uid_mappings;  // not empty: a user namespace of its own, nested in U0 (keep-id, nomap, auto)
  std::vector<OciIdMapping> gid_mappings;
  bool own_network = true;      // the network namespace was made for this container or pod within its user namespace;
                                // false: sysfs is bound
  bool shared_network = false;  // another container made it: its sysctls stay
  std::uint32_t mapped_ids = 65536;  // ids first_id..n-1 exist in the user namespace
  std::uint32_t first_id = 0;        // not 0 where only the caller's own id is mapped, under its own number

  std::vector<std::string> available_capabilities;  // empty: all
  std::vector<std::string> host_devices;            // --privileged: device files of /dev that can be opened
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> device_numbers;  // of block devices with limits
  std::set<std::string> controllers;                                            // delegated cgroup v2 controllers
  bool mqueue = true;                                                           // the host has /dev/mqueue
  bool cgroup2 = true;                                                          // /sys/fs/cgroup is a cgroup2 tree
  std::string cgroups_path;                                                     // linux.cgroupsPath; empty: none
  unsigned thermal_throttle_cpus = 0;      // cpuN/thermal_throttle exists for N below this
  bool recursive_read_only = true;         // mount_setattr(2), Linux 5.12
  bool apparmor = false, selinux = false;  // enabled on the host
  std::string seccomp_profile_text;        // content of config.seccomp_profile when that is a path
};

/// What HostFacts::volume_paths calls the source of a volume's mount: its name, or "name/subpath".
std::string volume_key(const MountConfig& mount);

/// @throws Error{usage}        no command; options that exclude each other
/// @throws Error{unsupported}  a label or profile that this host cannot apply, a capability that the user namespace
/// lacks
/// @throws Error{invalid}      a malformed seccomp profile
OciSpec generate(const ContainerConfig& config, const HostFacts& facts);

/// The process section for `exec` in a container: same capabilities, limits and profile as `config` gives its first
/// process.
///
/// @param user       resolved -u of the exec
/// @param exec_env   -e of the exec
OciProcess generate_exec_process(const ContainerConfig& config, const HostFacts& facts, std::vector<std::string> args,
                                 const std::vector<std::string>& exec_env, const std::string& cwd, bool tty,
                                 bool privileged);

/// Paths that are hidden and those that are made read-only by default.
std::vector<std::string> default_masked_paths();
std::vector<std::string> default_readonly_paths();

/// The default environment of a process: PATH, HOSTNAME, TERM with a terminal, links, then `config.env`, then HOME when
/// it is still missing.
std::vector<std::string> process_env(const ContainerConfig& config, const HostFacts& facts, bool tty);

/// The host name that processes of the container see.
std::string container_hostname(const ContainerConfig& config, const HostFacts& facts);

}  // namespace lichen::spec
