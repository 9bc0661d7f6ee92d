// The OCI runtime specification's config.json (version 1.2) as plain structs, read and written here and nowhere else.
//
// The generator fills these structs, lichen-oci and any other OCI runtime read the JSON. The reader is strict about
// types and ranges and names the JSON path of what is wrong; members that it does not know are skipped, because the
// specification says that a runtime must not fail on them (spec.md, "Extensibility"). A std::optional is a member whose
// absence differs from every value it may have; a std::string or a vector that is empty means absent.
//
// Not modelled: the solaris, windows, vm and zos sections. `scheduler`, `ioPriority`, `execCPUAffinity`, `intelRdt` and
// `rdma` are kept as JSON, for whoever acts on them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"

namespace lichen::spec {

inline constexpr std::string_view kOciVersion = "1.2.0";

/// linux.uidMappings, gidMappings and a mount's; `size` counts ids and is at least 1.
struct OciIdMapping {
  std::uint32_t container_id = 0;
  std::uint32_t host_id = 0;
  std::uint32_t size = 0;
  friend bool operator==(const OciIdMapping&, const OciIdMapping&) = default;
};

struct OciUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint32_t> umask;
  std::vector<std::uint32_t> additional_gids;
  bool keep_groups = false;  // the caller's groups stay; not in the document: set by the annotation kKeepGroups
};

/// crun's name for "do not call setgroups(2)" (--group-add keep-groups); "1" as its value.
inline constexpr const char* kKeepGroups = "run.oci.keep_original_groups";

struct OciConsoleSize {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
};

/// The five sets, as "CAP_..." names.
struct OciCapabilities {
  std::vector<std::string> bounding;
  std::vector<std::string> effective;
  std::vector<std::string> inheritable;
  std::vector<std::string> permitted;
  std::vector<std::string> ambient;
};

struct OciRlimit {
  std::string type;        // "RLIMIT_NOFILE"
  std::uint64_t soft = 0;  // UINT64_MAX = RLIM_INFINITY
  std::uint64_t hard = 0;
};

struct OciProcess {
  bool terminal = false;
  std::optional<OciConsoleSize> console_size;
  OciUser user;
  std::vector<std::string> args;
  std::vector<std::string> env;  // "NAME=value"
  std::string cwd = "/";
  std::optional<OciCapabilities> capabilities;  // absent: all five sets are empty
  std::vector<OciRlimit> rlimits;
  bool no_new_privileges = false;
  std::string apparmor_profile;
  std::string selinux_label;
  std::optional<int> oom_score_adj;  // absent: inherited
  Json scheduler;                    // null when absent, likewise below
  Json io_priority;
  Json exec_cpu_affinity;
};

struct OciRoot {
  std::string path;
  bool readonly = false;
};

struct OciMount {
  std::string destination;
  std::string type;  // "bind", "tmpfs", "proc", ...; may be empty for a bind
  std::string source;
  std::vector<std::string> options;
  std::vector<OciIdMapping> uid_mappings;
  std::vector<OciIdMapping> gid_mappings;
};

struct OciHook {
  std::string path;               // absolute host path
  std::vector<std::string> args;  // args[0] is the program's name
  std::vector<std::string> env;
  std::optional<int> timeout_s;  // greater than 0
};

struct OciHooks {
  std::vector<OciHook> prestart;
  std::vector<OciHook> create_runtime;
  std::vector<OciHook> create_container;
  std::vector<OciHook> start_container;
  std::vector<OciHook> poststart;
  std::vector<OciHook> poststop;
};

struct OciNamespace {
  std::string type;  // pid network mount ipc uts user cgroup time
  std::string path;  // empty: a new one
};

struct OciDevice {
  std::string path;  // in the container
  char type = 'c';   // c, u (= c), b, p
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::optional<std::uint32_t> file_mode;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
};

struct OciDeviceRule {
  bool allow = false;
  std::string type;                   // "" or a = all, c, b
  std::optional<std::int64_t> major;  // absent or negative: any
  std::optional<std::int64_t> minor;
  std::string access;  // subset of "rwm"
};

/// Bytes; -1 = no limit.
struct OciMemory {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> reservation;
  std::optional<std::int64_t> swap;  // memory + swap
  std::optional<std::int64_t> kernel;
  std::optional<std::int64_t> kernel_tcp;
  std::optional<std::uint64_t> swappiness;
  std::optional<bool> disable_oom_killer;
  std::optional<bool> use_hierarchy;
  std::optional<bool> check_before_update;
};

struct OciCpu {
  std::optional<std::uint64_t> shares;
  std::optional<std::int64_t> quota;  // microseconds; -1 = no limit
  std::optional<std::uint64_t> burst;
  std::optional<std::uint64_t> period;  // microseconds
  std::optional<std::int64_t> realtime_runtime;
  std::optional<std::uint64_t> realtime_period;
  std::optional<std::int64_t> idle;
  std::string cpus;  // "0-3,5"
  std::string mems;
};

struct OciThrottleDevice {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::uint64_t rate = 0;
};

struct OciWeightDevice {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::optional<std::uint16_t> weight;
  std::optional<std::uint16_t> leaf_weight;
};

struct OciBlockIo {
  std::optional<std::uint16_t> weight;
  std::optional<std::uint16_t> leaf_weight;
  std::vector<OciWeightDevice> weight_device;
  std::vector<OciThrottleDevice> throttle_read_bps;
  std::vector<OciThrottleDevice> throttle_write_bps;
  std::vector<OciThrottleDevice> throttle_read_iops;
  std::vector<OciThrottleDevice> throttle_write_iops;
};

struct OciHugepageLimit {
  std::string page_size;  // "2MB"
  std::uint64_t limit = 0;
};

struct OciInterfacePriority {
  std::string name;
  std::uint32_t priority = 0;
};

struct OciResources {
  std::vector<OciDeviceRule> devices;
  std::optional<OciMemory> memory;
  std::optional<OciCpu> cpu;
  std::optional<std::int64_t> pids_limit;  // pids.limit; -1 or 0 = no limit
  std::optional<OciBlockIo> block_io;
  std::vector<OciHugepageLimit> hugepage_limits;
  std::optional<std::uint32_t> network_class_id;
  std::vector<OciInterfacePriority> network_priorities;
  Json rdma;                                   // null when absent
  std::map<std::string, std::string> unified;  // cgroup v2 file name -> content
};

/// One comparison of a system call's argument.
struct SeccompArg {
  std::uint32_t index = 0;  // 0..5
  std::uint64_t value = 0;
  std::uint64_t value_two = 0;  // for SCMP_CMP_MASKED_EQ: (arg & value) == value_two
  std::string op;               // "SCMP_CMP_EQ"
};

struct SeccompRule {
  std::vector<std::string> names;  // at least one
  std::string action;              // "SCMP_ACT_ALLOW"
  std::optional<std::uint32_t> errno_ret;
  std::vector<SeccompArg> args;  // all must hold
};

struct SeccompSpec {
  std::string default_action;
  std::optional<std::uint32_t> default_errno_ret;
  std::vector<std::string> architectures;  // "SCMP_ARCH_X86_64"; empty: native only
  std::vector<std::string> flags;          // "SECCOMP_FILTER_FLAG_LOG"
  std::string listener_path;
  std::string listener_metadata;
  std::vector<SeccompRule> syscalls;
};

struct OciTimeOffset {
  std::int64_t secs = 0;
  std::uint32_t nanosecs = 0;
};

struct OciPersonality {
  std::string domain;  // "LINUX", "LINUX32"
  std::vector<std::string> flags;
};

struct OciLinux {
  std::vector<OciNamespace> namespaces;
  std::vector<OciIdMapping> uid_mappings;
  std::vector<OciIdMapping> gid_mappings;
  std::map<std::string, OciTimeOffset> time_offsets;  // "monotonic", "boottime"
  std::vector<OciDevice> devices;
  std::string cgroups_path;
  std::optional<OciResources> resources;
  Json intel_rdt;  // null when absent
  std::map<std::string, std::string> sysctl;
  std::optional<SeccompSpec> seccomp;
  std::string rootfs_propagation;  // "", shared, slave, private, unbindable (and rshared ... forms)
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
  std::string mount_label;
  std::optional<OciPersonality> personality;
};

struct OciSpec {
  std::string oci_version = std::string(kOciVersion);
  std::optional<OciRoot> root;
  std::vector<OciMount> mounts;
  std::optional<OciProcess> process;  // may be absent: then `start` fails
  std::string hostname;
  std::string domainname;
  OciHooks hooks;
  std::map<std::string, std::string> annotations;
  std::optional<OciLinux> linux_;  // "linux" is a macro of gcc's gnu dialects
};

/// The whole document. Members that are absent or empty are not written.
Json to_json(const OciSpec& spec);
/// The `process` section alone: what `lichen-oci exec --process` reads.
Json to_json(const OciProcess& process);
Json to_json(const SeccompSpec& seccomp);
Json to_json(const OciResources& resources);

/// Read a config.json that is already parsed.
///
/// @param what  names the document in errors ("config.json")
/// @throws Error{invalid} a missing required member, a wrong type or a number out of its range, an ociVersion that is
/// not 1.x;
///         the message has the JSON path
OciSpec oci_spec_from_json(const Json& json, std::string_view what);
/// A document that is a `process` section only.
OciProcess oci_process_from_json(const Json& json, std::string_view what);
/// A document that is a `linux.resources` section only (`update --resources`).
OciResources oci_resources_from_json(const Json& json, std::string_view what);

}  // namespace lichen::spec
