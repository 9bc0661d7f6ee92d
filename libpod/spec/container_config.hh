// What the user asked for, as plain structs: the content of containers/<id>/config.json. Written once by `create`,
// changed only by `rename` and `update`. Everything here is already checked and resolved (names to ids, relative paths
// to absolute), so that `start` on another day does the same.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/spec/image_config.hh"

namespace lichen::spec {

enum class MountType { bind, volume, tmpfs };

/// One -v, --mount or --tmpfs, or a volume of the image.
struct MountConfig {
  MountType type = MountType::bind;
  std::string source;       // bind: absolute host path; volume: its name (made up when anonymous)
  std::string destination;  // absolute, clean container path
  bool read_only = false;
  bool anonymous = false;      // volume: removed with the container by --rm and rm -v
  bool no_copy = false;        // volume: no copy-up of the image's content
  bool create_source = false;  // bind by -v: a missing source becomes a directory, as docker does
  bool non_recursive = false;  // bind without its submounts
  std::string
      read_only_submounts;   // read_only bind: "" = read-only where the kernel can, "writable", "readonly" (or fail)
  std::string relabel;       // SELinux: "shared" (z) or "private" (Z)
  bool tmp_copy_up = false;  // tmpfs: starts with the image's content (podman's tmpcopyup)
  bool from_image = false;   // came from the image's VOLUME
  bool chown = false;        // the U option: give the source to the container's user
  std::string subpath;       // volume: directory within it
  std::map<std::string, std::string> volume_options, volume_labels;  // for a volume that is to be made
  std::string propagation;                  // "" = rprivate; private, shared, slave, unbindable and their r forms
  std::optional<std::uint64_t> tmpfs_size;  // bytes; nullopt: kernel's default
  std::optional<std::uint32_t> tmpfs_mode;
  std::vector<std::string> options;  // further mount options as typed: noexec, nosuid, nodev, exec, suid, dev, ...
};

struct PortMapping {
  std::string host_ip;          // empty: all addresses
  std::uint16_t host_port = 0;  // 0: chosen at start
  std::uint16_t container_port = 0;
  std::string protocol = "tcp";      // tcp, udp, sctp
  std::uint16_t host_port_last = 0;  // not 0: the first free one of host_port to this is taken at start
};

struct DeviceConfig {
  std::string host_path;
  std::string container_path;
  std::string permissions = "rwm";
};

/// Devices that a vendor's description (CDI, see cdi.hh) gives: --gpus, and --device vendor.com/class=name. The members
/// are docker's.
struct DeviceRequest {
  std::string driver;                     // "cdi": `ids` are full CDI names; else whose GPUs: nvidia (or empty), amd
  std::int64_t count = 0;                 // -1: all; 0: those of `ids`
  std::vector<std::string> ids;           // "0", "GPU-..."
  std::vector<std::string> capabilities;  // all of them: "gpu", "compute"
  friend bool operator==(const DeviceRequest&, const DeviceRequest&) = default;
};

struct UlimitConfig {
  std::string name;       // "nofile"
  std::int64_t soft = 0;  // -1: unlimited
  std::int64_t hard = 0;
};

/// The resources that a cgroup can bind; nullopt = not asked for.
/// A limit for one block device: a weight, or bytes or operations per second.
struct DeviceLimit {
  std::string path;  // "/dev/sda"
  std::int64_t value = 0;
  friend bool operator==(const DeviceLimit&, const DeviceLimit&) = default;
};

struct ResourceConfig {
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> memory_reservation_bytes;
  std::optional<std::int64_t> memory_swap_bytes;  // memory + swap; -1 unlimited
  std::optional<std::int64_t> nano_cpus;          // --cpus times 1e9
  std::optional<std::int64_t> cpu_shares;
  std::optional<std::int64_t> cpu_period_us;
  std::optional<std::int64_t> cpu_quota_us;
  std::string cpuset_cpus;
  std::string cpuset_mems;
  std::optional<std::int64_t> pids_limit;  // -1 unlimited
  std::optional<std::int64_t> blkio_weight;
  std::vector<DeviceLimit> weight_devices, read_bps, write_bps, read_iops, write_iops;
  // Of cgroup version 1 alone: kept for inspect, and warned about.
  std::optional<std::int64_t> memory_swappiness, kernel_memory_bytes, rt_period_us, rt_runtime_us;
  bool oom_kill_disable = false;
  friend bool operator==(const ResourceConfig&, const ResourceConfig&) = default;
};

/// One line of the id map of a container's user namespace. Host ids are those of U0: 0 is the caller.
struct IdMapping {
  std::uint32_t container = 0;
  std::uint32_t host = 0;
  std::uint32_t size = 0;
  friend bool operator==(const IdMapping&, const IdMapping&) = default;
};
using IdMap = std::vector<IdMapping>;

enum class RestartPolicy { no, on_failure, always, unless_stopped };
std::string_view to_string(RestartPolicy policy);

/// A place in a bridge network.
struct NetworkEndpoint {
  std::string network;    // name
  std::string ip, ip6;    // wanted; empty: the next free one
  std::string mac;        // empty: made of the address
  std::string interface;  // empty: eth0, eth1, ...
  std::vector<std::string> aliases;
  std::vector<std::string> links;     // "CONTAINER:ALIAS": --link, a line of /etc/hosts; an id once it is resolved
  std::int64_t gateway_priority = 0;  // the network with the highest is the way out
};

struct NetworkConfig {
  std::string mode = "none";               // none host slirp4netns pasta container ns bridge network
  std::string target;                      // container: its id; ns: path
  std::vector<std::string> options;        // slirp4netns:k=v,...
  std::vector<NetworkEndpoint> endpoints;  // bridge, network: where it is connected, in order
  std::vector<std::string> dns;            // addresses
  std::vector<std::string> dns_search;
  std::vector<std::string> dns_options;
  std::vector<std::pair<std::string, std::string>> extra_hosts;  // name, address or "host-gateway"
  std::vector<PortMapping> ports;
  std::vector<std::string> expose;  // "80/tcp"
  bool publish_all = false;
  bool no_hosts = false;  // leave /etc/hosts to the image
};

struct LogConfig {
  std::string driver = "k8s-file";  // k8s-file json-file none (journald, passthrough: later)
  std::int64_t max_size_bytes = 0;  // 0: no rotation
  std::int64_t max_files = 1;
  std::map<std::string, std::string> options;  // as given, for inspect
};

/// One --secret. The value is read at each start and is never part of a record.
struct SecretConfig {
  std::string name;     // of the secret
  std::string id;       // as it was at creation, for inspect
  bool as_env = false;  // else a file
  std::string target;   // the variable's name, or an absolute path in the container
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t mode = 0444;
};

struct ContainerConfig {
  std::string id;  // 64 hex digits
  std::string name;
  std::string created;                      // RFC 3339
  std::string image_id;                     // 64 hex digits; empty with --rootfs
  std::string image_name;                   // as the user gave it, for ps
  std::string rootfs_path;                  // --rootfs: absolute host path
  std::vector<std::string> create_command;  // argv, for inspect

  // process
  std::vector<std::string> entrypoint;  // as it will run, image's defaults applied
  std::vector<std::string> command;     // likewise
  std::vector<std::string> env;         // final: image's, then --env-file, then -e; "NAME=value"
  std::string user;                     // as given or the image's; resolved against the rootfs at start
  std::vector<std::string> groups;      // --group-add; names or numbers; "keep-groups"
  std::string working_dir;              // "" = "/"
  bool interactive = false;             // -i
  bool tty = false;                     // -t
  bool attach_stdin = false, attach_stdout = false, attach_stderr = false;
  std::string umask = "0022";
  std::string timezone;  // --tz: zone name, "local" or empty
  std::string stop_signal = "SIGTERM";
  std::int64_t stop_timeout_s = 10;
  std::string detach_keys;  // empty = default ctrl-p,ctrl-q
  bool init = false;
  std::string init_path;       // --init-path: of the host; empty: ours
  std::int64_t timeout_s = 0;  // killed after so many seconds of running; 0: never

  // identity
  std::string hostname;  // empty: short id
  std::string domainname;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;

  // isolation
  std::string userns;      // "" = share U0; "host", "keep-id[:uid=,gid=]", "nomap", "auto", "container:ID"
  IdMap uid_map, gid_map;  // of its own user namespace, chosen at creation; empty: it is in U0
  std::string pid_mode;    // "" = private; "host", "container:ID"
  std::string ipc_mode;    // "" = an own one, others may join; likewise and "none", "shareable", "private"
  std::string uts_mode;
  std::string cgroupns_mode;
  bool privileged = false;
  std::vector<std::string> cap_add, cap_drop;  // "CAP_NET_RAW", "ALL"
  std::vector<std::string> base_capabilities;  // what cap_add and cap_drop change; empty: lichen's defaults
  std::vector<std::string> security_opt;       // as typed, for inspect
  bool no_new_privileges = false;
  std::string seccomp_profile;  // "" default, "unconfined", or an absolute path of a profile
  std::string apparmor_profile, selinux_label;
  std::vector<std::string> unmask;  // paths, or "ALL"; systempaths=unconfined gives ALL
  std::vector<std::string> mask;
  std::map<std::string, std::string> sysctls;
  std::vector<UlimitConfig> ulimits;
  ResourceConfig resources;
  std::optional<std::int64_t> oom_score_adj;
  std::string cgroup_parent;
  bool no_cgroup = false;  // --cgroups disabled
  std::vector<DeviceConfig> devices;
  std::vector<DeviceRequest> device_requests;
  std::vector<std::string> device_cgroup_rules;  // "c 1:3 mr": kept for inspect, only root could enforce them

  // files
  bool no_hostname_file = false;  // leave /etc/hostname to the image
  bool read_only = false;
  bool read_only_tmpfs =
      false;  // with read_only: tmpfs on /run, /tmp, /var/tmp (podman's --read-only-tmpfs); docker has none
  std::vector<MountConfig> mounts;
  std::vector<std::string> volumes_from;  // as typed; their mounts are in `mounts`
  std::vector<SecretConfig> secrets;
  std::int64_t shm_size_bytes = 64 << 20;
  NetworkConfig network;

  // life
  LogConfig log;
  bool auto_remove = false;
  RestartPolicy restart = RestartPolicy::no;
  std::int64_t restart_max_retries = 0;  // 0: no limit
  std::string runtime;                   // "" = lichen-oci
  std::string pidfile, cidfile;
  std::string platform;        // as asked for
  std::string storage_driver;  // the driver that its read-write layer belongs to
  std::optional<HealthConfig> healthcheck;
  std::optional<HealthConfig> startup_healthcheck;  // until it succeeds the other does not run
  std::int64_t startup_successes = 0;               // so many in a row; 0: one
  std::string sdnotify;                             // container (or empty), conmon, healthy, ignore
  std::string health_on_failure;                    // none (or empty), kill, restart, stop
  std::string pod_id;
  bool holder = false;         // of that pod's namespaces (pod_config.hh); podman's "infra container"
  std::string init_container;  // once, always: runs to its end before the pod's others start
};

/// The record as JSON; `version` says the format. Reading accepts older versions.
Json to_json(const ContainerConfig& config);
/// @throws Error{invalid} not a record of a version that we know; the message has the JSON path
ContainerConfig container_config_from_json(const Json& json, std::string_view what);

}  // namespace lichen::spec
