// The smaller structs of a compose project (model.hh holds Service and Project).
//
// Every field is named after its key in the file and holds the canonical form: the long form of what was written,
// variables replaced, units resolved, paths absolute. Unless a comment says otherwise the empty string, 0, false and an
// empty container mean "not written"; std::optional is used where "not written" and the zero value differ. Durations
// are nanoseconds, sizes are bytes. `extensions` holds the x-* keys of that place as an object, or null.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/json.hh"

namespace lichen::compose {

using Duration = std::chrono::nanoseconds;
using Bytes = std::int64_t;
using Strings = std::vector<std::string>;
using Mapping = std::map<std::string, std::string>;
/// NAME → value; no value = written without one and not found in the environment: such a variable is not set at all.
using OptionalMapping = std::map<std::string, std::optional<std::string>>;

/// A place in one of the files. `file` is the name as it was given, "" = no place; line and column count from 1.
struct Place {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
};

/// An item of `secrets` or `configs` of a service or build.
struct FileReference {
  std::string source;    // key below the project's secrets or configs
  std::string target;    // as written; secrets of services have the default /run/secrets/SOURCE. Use target_path()
  std::string uid, gid;  // decimal text, "" = not written (root's)
  std::optional<std::uint32_t> mode;  // permission bits; not written = 0444
  Json extensions;

  /// Where it is in the container: a relative target is below `folder` ("/run/secrets" for secrets, "/" for configs).
  std::string target_path(std::string_view folder) const;
};

/// The values of one ulimit. `single` is set when one number was written; then soft and hard are equal to it.
struct Ulimit {
  std::optional<std::int64_t> single;
  std::int64_t soft = 0, hard = 0;  // -1 = unlimited
};

/// `blkio_config`
struct WeightDevice {
  std::string path;
  std::uint16_t weight = 0;  // 10..1000
  Json extensions;
};
struct ThrottleDevice {
  std::string path;
  Bytes rate = 0;  // *_bps: bytes/s; *_iops: operations/s
  Json extensions;
};
struct BlkioConfig {
  std::uint16_t weight = 0;  // 10..1000
  std::vector<WeightDevice> weight_device;
  std::vector<ThrottleDevice> device_read_bps, device_read_iops, device_write_bps, device_write_iops;
  Json extensions;
};

struct Build {
  std::string context;     // absolute path or URL
  std::string dockerfile;  // relative to the context, or absolute; default "Dockerfile" unless dockerfile_inline
  std::string dockerfile_inline;
  Strings entitlements;
  OptionalMapping args;  // what has no value, not in the environment either, is left out
  std::string provenance, sbom;
  std::vector<std::pair<std::string, std::string>> ssh;  // ID → path of a socket or key ("" = the agent's socket)
  Mapping labels;
  Strings cache_from, cache_to;
  bool no_cache = false;
  Strings no_cache_filter;      // stages
  Mapping additional_contexts;  // NAME → absolute path | URL | docker-image://REF | oci-layout://… | service:NAME
  bool pull = false;
  std::map<std::string, Strings> extra_hosts;  // host → addresses
  std::string isolation, network, target;
  std::vector<FileReference> secrets;  // target = id (default: source)
  Bytes shm_size = 0;
  Strings tags;
  std::map<std::string, Ulimit> ulimits;
  Strings platforms;
  bool privileged = false;
  Json extensions;
};

/// A command to run in the container: post_start, pre_stop, develop.watch[].exec, and pre_start (which has the last
/// two).
struct Hook {
  Strings command;  // argv
  std::string user;
  bool privileged = false;
  std::string working_dir;
  OptionalMapping environment;
  std::string image;  // pre_start: the image it runs in, "" = the service's
  bool per_replica = false;
  Json extensions;
};

struct Watch {
  enum class Action { rebuild, sync, restart, sync_restart, sync_exec };
  std::string path;  // absolute host path
  Action action = Action::rebuild;
  std::string target;       // container path, of the sync actions
  Hook exec;                // of sync_exec
  Strings ignore, include;  // patterns of .dockerignore, relative to `path`
  bool initial_sync = false;
  Json extensions;
};

struct DependsOn {
  enum class Condition { service_started, service_healthy, service_completed_successfully };
  Condition condition = Condition::service_started;
  bool restart = false;     // recreate or restart of it restarts this service
  bool required = true;     // false: only a warning when it cannot be started or is not active
  bool is_implied = false;  // not written in depends_on: from links, volumes_from, ipc, pid, network_mode …
  Json extensions;
};

/// An item of `gpus` or of `deploy.resources.reservations.devices`.
struct DeviceRequest {
  Strings capabilities;
  std::string driver;
  std::int64_t count = 0;  // -1 = all
  Strings device_ids;
  Mapping options;
};

struct UpdateConfig {
  std::optional<std::uint64_t> parallelism;  // 0 = all at once
  Duration delay{};
  std::string failure_action;  // continue, pause, rollback
  Duration monitor{};
  double max_failure_ratio = 0;
  std::string order;  // stop-first, start-first
  Json extensions;
};
struct GenericResource {
  std::string kind;
  std::int64_t value = 0;
};
/// Limits or reservations.
struct Resource {
  double cpus = 0;
  Bytes memory = 0;
  std::int64_t pids = 0;
  std::vector<DeviceRequest> devices;
  std::vector<GenericResource> generic_resources;
  Json extensions;
};
struct RestartPolicy {
  std::string condition;  // none, on-failure, any (default)
  std::optional<Duration> delay;
  std::optional<std::uint64_t> max_attempts;
  std::optional<Duration> window;
  Json extensions;
};
struct Placement {
  Strings constraints;
  Strings preferences;  // each: spread
  std::uint64_t max_replicas_per_node = 0;
  Json extensions;
};
struct Deploy {
  std::string mode;                       // replicated (default), global, replicated-job, global-job
  std::optional<std::uint32_t> replicas;  // equal to Service::scale when both are written
  Mapping labels;                         // of the service, not of its containers
  std::optional<UpdateConfig> update_config, rollback_config;
  std::optional<Resource> limits, reservations;  // deploy.resources.*
  std::optional<RestartPolicy> restart_policy;
  Placement placement;
  std::string endpoint_mode;
  Json extensions;
};

struct Device {
  std::string source, target;  // source: host path or a CDI name (vendor/class=name)
  std::string permissions;     // of "rwm"
  Json extensions;
};

struct EnvFile {
  std::string path;  // absolute
  bool required = true;
  std::string format;  // "" = dotenv, "raw"
};

struct Healthcheck {
  Strings test;  // {"NONE"}, {"CMD", argv...} or {"CMD-SHELL", line}; empty: the image's test, with these times
  std::optional<Duration> timeout, interval;
  std::optional<std::uint64_t> retries;
  std::optional<Duration> start_period, start_interval;
  bool disable = false;
  Json extensions;
};

struct Logging {
  std::string driver;
  Mapping options;
  Json extensions;
};

struct NetworkAttachment {
  Strings aliases;  // without the service's and container's own names
  Mapping driver_opts;
  int gw_priority = 0;  // the highest one is the default route
  std::string interface_name, ipv4_address, ipv6_address;
  Strings link_local_ips;
  std::string mac_address;
  int priority = 0;  // the order of attaching, highest first
  Json extensions;
};

/// One published or exposed port, or a range of published ports of which one is taken.
struct Port {
  std::string name, mode;  // mode: ingress (default), host
  std::string host_ip;     // "" = all addresses; IPv6 without brackets
  std::uint16_t target = 0;
  std::string published;  // "" = chosen when the container starts, "8080", or "8000-8010" = the first free one of these
  std::string protocol;   // tcp (default), udp, sctp
  std::string app_protocol;
  Json extensions;
};

// Outside of Mount: clang 14 takes a nested struct with defaults for one that cannot be made without arguments.
struct MountBind {
  std::string selinux, propagation;  // z, Z; private, rprivate, shared, rshared, slave, rslave
  bool create_host_path = true;
  std::string recursive;  // enabled, disabled, writable, readonly
  Json extensions;
};
struct MountVolume {
  Mapping labels;
  bool nocopy = false;
  std::string subpath;
  Json extensions;
};
struct MountTmpfs {
  Bytes size = 0;
  std::uint32_t mode = 0;
  Json extensions;
};
struct MountImage {
  std::string subpath;
  Json extensions;
};
struct Mount {
  enum class Type { bind, volume, tmpfs, cluster, npipe, image };
  using Bind = MountBind;
  using Volume = MountVolume;
  using Tmpfs = MountTmpfs;
  using Image = MountImage;
  Type type = Type::volume;
  std::string
      source;  // bind: absolute host path; volume: key below the project's volumes, "" = anonymous; image: a reference
  std::string target;  // container path
  bool read_only = false;
  std::string consistency;
  std::optional<Bind> bind;  // not written: as Bind{}
  std::optional<Volume> volume;
  std::optional<Tmpfs> tmpfs;
  std::optional<Image> image;
  Json extensions;
};

/// Services of `provider` and `models` are read so that `config` prints them; `up` refuses them (support.hh).
struct Provider {
  std::string type;
  std::map<std::string, Strings> options;
  Json extensions;
};
struct ModelUse {
  std::string endpoint_var, model_var;
  Json extensions;
};
struct CredentialSpec {
  std::string config, file, registry;
  Json extensions;
};

}  // namespace lichen::compose
