#include "libpod/engine/host_facts.hh"

#include <limits>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cgroup.hh"
#include "libpod/engine/container_userns.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/resources.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/capabilities.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/magic.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kUserFileLimit = 1 << 20;

std::string read_user_file(int root, const char* path) {
  // O_NONBLOCK: a FIFO in its place must not stop us.
  const auto fd = sys::open_in_root_if_exists(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return "";
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > static_cast<off_t>(kUserFileLimit)) {
    log_debug("{} of the image is no regular file of at most 1 MiB: not read", path);
    return "";
  }
  return sys::read_all(fd->get(), path, kUserFileLimit);
}

bool is_cgroup2(const char* path) {
  struct statfs info {};
  return ::statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

std::vector<std::string> openable_devices() {
  std::vector<std::string> devices;
  for (const auto& name : sys::list_directory("/dev")) {
    const std::string path = "/dev/" + name;
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || (!S_ISCHR(info.st_mode) && !S_ISBLK(info.st_mode))) continue;
    if (::access(path.c_str(), R_OK) == 0) devices.push_back(path);
  }
  return devices;
}

unsigned thermal_cpus() {
  unsigned count = 0;
  while (sys::exists(format("/sys/devices/system/cpu/cpu{}/thermal_throttle", count))) ++count;
  return count;
}

// A mount that is read-only stops no writing to a device behind it, and device rules of cgroups need root.
void warn_about_devices(const spec::ContainerConfig& config) {
  for (const auto& device : config.devices)
    if (device.permissions.find('r') == std::string::npos || device.permissions.find('w') == std::string::npos)
      log_warn(
          "--device {}: '{}' cannot be enforced without root; whoever may open the device on the host may in the "
          "container",
          device.host_path, device.permissions);
  if (!config.device_cgroup_rules.empty())
    log_warn(
        "--device-cgroup-rule '{}' cannot be enforced without root: in a container only devices that are given to "
        "it can be opened",
        join(config.device_cgroup_rules, "', '"));
}

std::string timezone_file(const spec::ContainerConfig& config) {
  if (config.timezone.empty()) return "";
  if (config.timezone == "local") return "/etc/localtime";
  const std::string path = clean_path("/usr/share/zoneinfo/" + config.timezone);
  if (!is_below(path, "/usr/share/zoneinfo") || !sys::exists(path))
    throw Error(ErrorKind::usage, format("unknown time zone '{}'", config.timezone))
        .with_hint("use `local` or a name below /usr/share/zoneinfo, such as Europe/Berlin");
  return path;
}

}  // namespace

namespace {

std::uint32_t mapped_count(const std::vector<sys::IdRange>& ranges) {
  std::uint32_t count = 0;
  for (const auto& range : ranges) count = std::max(count, range.inside + range.count);
  return count;
}

bool has_id(const spec::IdMap& map, bool own, std::uint32_t id, std::uint32_t count) {
  return own ? spec::to_host_id(map, id).has_value() : id < count;
}

// Ids that the user namespace does not have cannot be taken on. With one id alone the kernel denies setgroups(2) too.
void keep_to_mapped_ids(const spec::ContainerConfig& config, spec::ResolvedUser& user) {
  const sys::IdMaps maps = sys::current_maps();
  const std::uint32_t uids = mapped_count(maps.uids), gids = mapped_count(maps.gids);
  const bool own = !config.uid_map.empty();
  if (!has_id(config.uid_map, own, user.uid, uids) || !has_id(config.gid_map, own, user.gid, gids)) {
    const std::string ids = own ? "are " + join(spec::id_map_texts(config.uid_map), ", ") + " (first:in U0:count)"
                                : format("are 0 to {} here", std::min(uids, gids) - 1);
    throw Error(ErrorKind::unsupported, format("run as user {}:{}: the container's ids {}", user.uid, user.gid, ids))
        .with_hint(uids == 1 ? "a subordinate range gives more: add your user to /etc/subuid and /etc/subgid (`lichen "
                               "doctor` says how), or run as root inside"
                             : "choose another --user, or another --userns");
  }
  std::erase_if(user.additional_gids,
                [&](std::uint32_t gid) { return gids == 1 || !has_id(config.gid_map, own, gid, gids); });
}

void set_mapped_ids(const spec::ContainerConfig& config, spec::HostFacts& facts) {
  if (config.uid_map.empty()) {
    facts.mapped_ids = mapped_count(sys::current_maps().uids);
    return;
  }
  facts.own_network = makes_own_network(config);
  facts.first_id = std::numeric_limits<std::uint32_t>::max();
  facts.mapped_ids = 0;
  // Only groups are asked about: the ping range, the group of terminals.
  for (const auto& line : config.gid_map) {
    facts.first_id = std::min(facts.first_id, line.container);
    facts.mapped_ids = std::max(facts.mapped_ids, line.container + line.size);
  }
}

}  // namespace

void keep_mapped_groups(const spec::ContainerConfig& config, spec::HostFacts& facts) {
  const std::uint32_t count = mapped_count(sys::current_maps().gids);
  std::erase_if(facts.device_edits.additional_gids, [&](std::uint32_t gid) {
    const bool missing = count == 1 || !has_id(config.gid_map, !config.uid_map.empty(), gid, count);
    if (missing) log_warn("group {} that a device's description gives does not exist in the container", gid);
    return missing;
  });
}

std::string passwd_text(int root) { return read_user_file(root, "/etc/passwd"); }

UserFiles user_files(int root, const spec::ContainerConfig& config) {
  if (!config.userns.starts_with("keep-id")) return {};
  return files_with_kept_user(config, read_user_file(root, "/etc/passwd"), read_user_file(root, "/etc/group"));
}

spec::ResolvedUser resolve_container_user(int root, const spec::ContainerConfig& config, const std::string& user,
                                          const std::vector<std::string>& groups, const UserFiles& files) {
  const auto parsed = spec::parse_user_spec(user);
  std::vector<std::string> added = groups;
  std::erase(added, "keep-groups");
  // The files are read for numbers too: HOME and the supplementary groups come from them.
  const std::string passwd = files.passwd ? *files.passwd : read_user_file(root, "/etc/passwd");
  const std::string group = files.group ? *files.group : read_user_file(root, "/etc/group");
  auto resolved = spec::resolve_user(parsed, passwd, group, added);
  keep_to_mapped_ids(config, resolved);
  return resolved;
}

FileOwner resolve_file_owner(int root, const std::string& owner) {
  const auto user = spec::resolve_user(spec::parse_user_spec(owner), read_user_file(root, "/etc/passwd"),
                                       read_user_file(root, "/etc/group"), {});
  return {user.uid, owner.find(':') == std::string::npos ? user.uid : user.gid};
}

std::vector<std::string> available_capabilities() {
  const auto names = spec::all_capabilities();
  const std::uint64_t bounding = sys::current_capabilities().bounding;
  std::vector<std::string> result;
  for (std::size_t number = 0; number < names.size(); ++number)
    if ((bounding >> number & 1) != 0) result.emplace_back(names[number]);
  return result.size() == names.size() ? std::vector<std::string>{} : result;
}

namespace {

// Looked up at each start: they may be others after a reboot.
spec::DeviceNumbers device_numbers(const spec::ContainerConfig& config) {
  spec::DeviceNumbers numbers;
  for (const auto& path : spec::limited_devices(config.resources)) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) throw_errno("limit device '{}'", path);
    if (!S_ISBLK(info.st_mode)) throw_error(ErrorKind::usage, "limit device '{}': it is no block device", path);
    numbers[path] = {major(info.st_rdev), minor(info.st_rdev)};
  }
  return numbers;
}

}  // namespace

spec::HostFacts collect_host_facts(Engine& engine, const spec::ContainerConfig& config) {
  spec::HostFacts facts;
  facts.available_capabilities = available_capabilities();
  utsname host{};
  ::uname(&host);
  facts.host_hostname = host.nodename;
  facts.localtime_path = timezone_file(config);
  if (config.init) facts.init_path = config.init_path.empty() ? engine.program("lichen-init") : config.init_path;
  for (const auto& mount : config.mounts)
    if (mount.type == spec::MountType::volume)
      facts.volume_paths[mount.source] = engine.volumes.data_path(mount.source);
  facts.own_network = config.network.mode != "host";
  facts.shared_network = config.network.mode == "container" || config.network.mode == "ns";
  set_mapped_ids(config, facts);
  if (config.privileged) facts.host_devices = openable_devices();
  facts.mqueue = sys::exists("/dev/mqueue");
  facts.cgroup2 = is_cgroup2("/sys/fs/cgroup");
  const CgroupPlace place = find_cgroup_place();
  facts.device_numbers = device_numbers(config);
  if (!config.no_cgroup) {
    place_in_cgroup(config, place, facts);
    warn_about_limits(config.resources, place);
  }
  warn_about_devices(config);
  facts.thermal_throttle_cpus = thermal_cpus();
  facts.apparmor = sys::exists("/sys/kernel/security/apparmor");
  facts.selinux = sys::exists("/sys/fs/selinux/enforce");
  if (config.seccomp_profile.starts_with('/'))
    facts.seccomp_profile_text = sys::read_file(config.seccomp_profile, 4 << 20);
  return facts;
}

}  // namespace lichen::engine
