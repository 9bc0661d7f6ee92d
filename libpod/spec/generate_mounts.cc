// Everything that is mounted over the rootfs, in mounting order: the kernel's file systems, then all that is asked for,
// parents before children. A mount of the user takes the place of a default one at the same path, and one at /dev of
// all that we would have put below it (docker's rule).
#include <algorithm>

#include "libpod/base/path.hh"
#include "libpod/spec/generate_parts.hh"

namespace lichen::spec {
namespace {

using Options = std::vector<std::string>;

bool is_joined(const HostFacts& facts, const char* type) { return facts.namespace_paths.contains(type); }

// No new mount of a file system of a namespace that belongs to an outer user namespace (mount(2), EPERM): the host's is
// bound.
OciMount host_bind(const std::string& path, Options options) {
  options.insert(options.begin(), {"rbind", "rprivate"});
  return {path, "bind", path, std::move(options), {}, {}};
}

OciMount proc_mount(const ContainerConfig& config, const HostFacts& facts) {
  const bool inherited = config.pid_mode == "host" && !is_joined(facts, "pid");
  if (inherited) return host_bind("/proc", {"nosuid", "noexec", "nodev"});
  return {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}, {}, {}};
}

std::string read_only_word(const HostFacts& facts) { return facts.recursive_read_only ? "rro" : "ro"; }

OciMount sys_mount(const ContainerConfig& config, const HostFacts& facts) {
  Options options{"nosuid", "noexec", "nodev"};
  // sysfs belongs to a network namespace: only its owner may mount it (sysfs's fs_context checks net->user_ns).
  if (!facts.own_network) {
    if (!config.privileged) options.push_back(read_only_word(facts));
    return host_bind("/sys", std::move(options));
  }
  if (!config.privileged) options.emplace_back("ro");
  return {"/sys", "sysfs", "sysfs", std::move(options), {}, {}};
}

// Without a cgroup namespace the host's tree is bound read-only: writable it is a way out (CVE-2023-25809).
void add_cgroup(const ContainerConfig& config, const HostFacts& facts, std::vector<OciMount>& mounts) {
  if (!facts.cgroup2) return;
  const bool inherited = config.cgroupns_mode == "host" && !is_joined(facts, "cgroup");
  if (inherited) {
    mounts.push_back(host_bind("/sys/fs/cgroup", {"nosuid", "noexec", "nodev", read_only_word(facts)}));
    return;
  }
  Options options{"nosuid", "noexec", "nodev", "relatime"};
  if (!config.privileged) options.emplace_back("ro");
  mounts.push_back({"/sys/fs/cgroup", "cgroup", "cgroup", std::move(options), {}, {}});
}

void add_ipc(const ContainerConfig& config, const HostFacts& facts, std::vector<OciMount>& mounts) {
  const bool inherited = config.ipc_mode == "host" && !is_joined(facts, "ipc");
  const Options safe{"nosuid", "noexec", "nodev"};
  if (!facts.shm_path.empty()) {
    mounts.push_back({"/dev/shm", "bind", facts.shm_path, {"bind", "rprivate", "nosuid", "noexec", "nodev"}, {}, {}});
  } else if (inherited) {
    mounts.push_back(host_bind("/dev/shm", safe));
  } else if (config.ipc_mode != "none") {
    mounts.push_back({"/dev/shm",
                      "tmpfs",
                      "shm",
                      {"nosuid", "noexec", "nodev", "mode=1777", fmt::format("size={}", config.shm_size_bytes)},
                      {},
                      {}});
  }
  if (!inherited)
    mounts.push_back({"/dev/mqueue", "mqueue", "mqueue", safe, {}, {}});
  else if (facts.mqueue)
    mounts.push_back(host_bind("/dev/mqueue", safe));
}

std::vector<OciMount> default_mounts(const ContainerConfig& config, const HostFacts& facts) {
  std::vector<OciMount> mounts;
  mounts.push_back(proc_mount(config, facts));
  mounts.push_back({"/dev", "tmpfs", "tmpfs", {"nosuid", "noexec", "strictatime", "mode=755", "size=65536k"}, {}, {}});
  // gid 5 is the group tty: devpts(5) gives it to terminals, when the user namespace has it.
  Options pts{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  if (facts.first_id <= 5 && facts.mapped_ids > 5) pts.emplace_back("gid=5");
  mounts.push_back({"/dev/pts", "devpts", "devpts", std::move(pts), {}, {}});
  mounts.push_back(sys_mount(config, facts));
  add_cgroup(config, facts, mounts);
  add_ipc(config, facts, mounts);
  return mounts;
}

bool has_option(const Options& options, std::string_view name) {
  return std::ranges::find(options, name) != options.end();
}

// `defaults` unless the user said the opposite, then the user's words.
Options with_flags(Options first, std::initializer_list<const char*> defaults, const Options& asked) {
  for (const std::string_view name : defaults)
    if (!has_option(asked, name) && !has_option(asked, name.substr(2))) first.emplace_back(name);
  first.insert(first.end(), asked.begin(), asked.end());
  return first;
}

std::string read_only_option(const MountConfig& mount, const HostFacts& facts) {
  if (mount.read_only_submounts == "readonly") {
    if (!facts.recursive_read_only)
      throw Error(ErrorKind::unsupported,
                  fmt::format("mount '{}': bind-recursive=readonly needs Linux 5.12", mount.destination))
          .with_hint("use bind-recursive=writable or bind-recursive=disabled");
    return "rro";
  }
  return mount.read_only_submounts == "writable" || mount.non_recursive ? "ro" : read_only_word(facts);
}

OciMount tmpfs_mount(const MountConfig& mount, const HostFacts& facts) {
  Options options = with_flags({}, {"nosuid", "nodev", "noexec"}, mount.options);
  if (!mount.propagation.empty()) options.push_back(mount.propagation);
  if (mount.read_only) options.emplace_back("ro");
  if (mount.tmpfs_size) options.push_back(fmt::format("size={}", *mount.tmpfs_size));
  if (mount.tmpfs_mode) options.push_back(fmt::format("mode={:o}", *mount.tmpfs_mode));
  if (mount.chown) {
    options.push_back(fmt::format("uid={}", facts.user.uid));
    options.push_back(fmt::format("gid={}", facts.user.gid));
  }
  if (mount.tmp_copy_up) options.emplace_back("tmpcopyup");
  return {mount.destination, "tmpfs", "tmpfs", std::move(options), {}, {}};
}

OciMount user_mount(const MountConfig& mount, const HostFacts& facts) {
  if (mount.type == MountType::tmpfs) return tmpfs_mount(mount, facts);
  std::string source = mount.source;
  if (mount.type == MountType::volume) {
    const auto found = facts.volume_paths.find(volume_key(mount));
    if (found == facts.volume_paths.end())
      throw_error(ErrorKind::internal, "volume '{}': no directory given", mount.source);
    source = found->second;
  }
  Options first{mount.non_recursive ? "bind" : "rbind", mount.propagation.empty() ? "rprivate" : mount.propagation};
  Options options = with_flags(std::move(first), {"nosuid", "nodev"}, mount.options);
  if (mount.read_only) options.push_back(read_only_option(mount, facts));
  return {mount.destination, "bind", std::move(source), std::move(options), {}, {}};
}

// In a user namespace mknod(2) gives EPERM: a device is bound from the host.
OciMount device_mount(const std::string& host_path, const std::string& container_path, bool writable) {
  Options options{"bind", "rprivate", "nosuid", "noexec"};
  if (!writable) options.emplace_back("ro");
  return {container_path, "bind", host_path, std::move(options), {}, {}};
}

// What the runtime provides itself (OCI config-linux.md, "Default Devices"), and what the mounts above cover.
bool is_provided_device(const std::string& path) {
  static constexpr std::string_view kPaths[] = {"/dev/null",    "/dev/zero",   "/dev/full", "/dev/random",
                                                "/dev/urandom", "/dev/tty",    "/dev/ptmx", "/dev/console",
                                                "/dev/shm",     "/dev/mqueue", "/dev/pts"};
  return std::ranges::any_of(kPaths, [&](std::string_view known) { return is_below(path, known); });
}

// A description's mounts are as it says; where it says nothing, as safe as the user's own. Device files below /dev
// work.
OciMount described_mount(const CdiMount& mount) {
  if (mount.type == "tmpfs")
    return {mount.container_path, "tmpfs", "tmpfs", with_flags({}, {"nosuid", "nodev"}, mount.options), {}, {}};
  Options options = is_below(mount.host_path, "/dev") ? with_flags({}, {"nosuid"}, mount.options)
                                                      : with_flags({}, {"nosuid", "nodev"}, mount.options);
  const bool propagates = std::ranges::any_of(mount.options, [](const std::string& name) {
    return name.ends_with("private") || name.ends_with("shared") || name.ends_with("slave");
  });
  if (!propagates) options.emplace_back("rprivate");
  return {mount.container_path, "bind", mount.host_path, std::move(options), {}, {}};
}

// They take the place of what is there (CDI's reference implementation removes it).
void add_described(const CdiEdits& edits, std::vector<OciMount>& mounts) {
  const auto put = [&](OciMount mount) {
    std::erase_if(mounts, [&](const OciMount& other) { return other.destination == mount.destination; });
    mounts.push_back(std::move(mount));
  };
  for (const auto& node : edits.nodes)
    put(device_mount(node.host_path, node.container_path, node.permissions.find('w') != std::string::npos));
  for (const auto& mount : edits.mounts) put(described_mount(mount));
}

void add_secrets(const HostFacts& facts, std::vector<OciMount>& mounts) {
  const auto add = [&](const std::string& source, const std::string& destination) {
    if (std::ranges::find(mounts, destination, &OciMount::destination) != mounts.end())
      throw Error(ErrorKind::usage, fmt::format("--secret: '{}' is a mount already", destination))
          .with_hint("give the secret another target=, or leave the mount out");
    mounts.push_back({destination, "bind", source, {"bind", "rprivate", "nosuid", "nodev", "noexec", "ro"}, {}, {}});
  };
  if (!facts.secrets_path.empty()) add(facts.secrets_path, std::string(kSecretsPath));
  for (const auto& [source, destination] : facts.secret_files) add(source, destination);
}

std::vector<OciMount> asked_mounts(const ContainerConfig& config, const HostFacts& facts) {
  std::vector<OciMount> mounts;
  for (const auto& mount : config.mounts) mounts.push_back(user_mount(mount, facts));
  const auto is_taken = [&](std::string_view path) {
    return std::ranges::find(mounts, path, &OciMount::destination) != mounts.end();
  };
  const auto add_file = [&](const std::string& source, const char* destination) {
    if (source.empty() || is_taken(destination)) return;
    Options options{"bind", "rprivate", "nosuid", "nodev", "noexec"};
    if (config.read_only) options.emplace_back("ro");
    mounts.push_back({destination, "bind", source, std::move(options), {}, {}});
  };
  add_file(facts.hosts_path, "/etc/hosts");
  add_file(facts.resolv_conf_path, "/etc/resolv.conf");
  add_file(facts.hostname_path, "/etc/hostname");
  add_file(facts.localtime_path, "/etc/localtime");
  add_file(facts.passwd_path, "/etc/passwd");
  add_file(facts.group_path, "/etc/group");
  if (!facts.notify_path.empty() && !is_taken("/run/notify"))
    mounts.push_back(
        {"/run/notify", "bind", facts.notify_path, {"bind", "rprivate", "nosuid", "nodev", "noexec", "ro"}, {}, {}});
  add_secrets(facts, mounts);
  if (config.init && !facts.init_path.empty())
    mounts.push_back(
        {std::string(kInitPath), "bind", facts.init_path, {"bind", "rprivate", "nosuid", "nodev", "ro"}, {}, {}});
  for (const auto& device : config.devices)
    mounts.push_back(
        device_mount(device.host_path, device.container_path, device.permissions.find('w') != std::string::npos));
  add_described(facts.device_edits, mounts);
  if (config.privileged)
    for (const auto& path : facts.host_devices)
      if (!is_taken(path) && !is_provided_device(path)) mounts.push_back(device_mount(path, path, true));
  if (config.read_only && config.read_only_tmpfs)
    for (const std::string_view path : {"/run", "/tmp", "/var/tmp"})
      if (!is_taken(path)) {
        const char* mode = path == "/run" ? "mode=755" : "mode=1777";
        mounts.push_back({std::string(path), "tmpfs", "tmpfs", {"nosuid", "nodev", mode, "tmpcopyup"}, {}, {}});
      }
  return mounts;
}

std::ptrdiff_t depth(const OciMount& mount) { return std::ranges::count(mount.destination, '/'); }

}  // namespace

std::string volume_key(const MountConfig& mount) {
  return mount.subpath.empty() ? mount.source : mount.source + "/" + mount.subpath;
}

std::vector<OciMount> generate_mounts(const ContainerConfig& config, const HostFacts& facts) {
  std::vector<OciMount> asked = asked_mounts(config, facts);
  std::ranges::stable_sort(asked, {}, depth);
  const auto has_asked = [&](std::string_view path) {
    return std::ranges::find(asked, path, &OciMount::destination) != asked.end();
  };
  std::vector<OciMount> mounts;
  for (auto& mount : default_mounts(config, facts)) {
    if (has_asked(mount.destination)) continue;
    if (mount.destination.starts_with("/dev/") && has_asked("/dev")) continue;
    mounts.push_back(std::move(mount));
  }
  mounts.insert(mounts.end(), std::make_move_iterator(asked.begin()), std::make_move_iterator(asked.end()));
  return mounts;
}

}  // namespace lichen::spec
