#include "libpod/engine/container_userns.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_summary.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/clone.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"
#include "libpod/sys/userns.hh"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

using Kind = spec::UsernsOption::Kind;

// podman's sizes of `auto`.
constexpr std::uint32_t kAutoSize = 1024, kLargestAutoSize = 65536;
// Where auto ranges begin when there is room: below are the ids that images give to their services, which belong to
// files of plain containers.
constexpr std::uint32_t kAutoStart = 10000;
constexpr std::chrono::seconds kLockTimeout{10};
constexpr std::size_t kUserFileLimit = 1 << 20;

[[noreturn]] void refuse(const spec::ContainerConfig& config, std::string_view cause, std::string hint) {
  throw Error(ErrorKind::unsupported, format("--userns '{}': {}", config.userns, cause)).with_hint(std::move(hint));
}

// Ids 0..n-1 of U0 without a gap.
std::uint32_t id_count(const std::vector<sys::IdRange>& ranges) {
  std::uint32_t count = 0;
  for (const auto& range : ranges)
    if (range.inside == count) count += range.count;
  return count;
}

// What the container nests in. The caller's own ids are those behind 0.
struct Base {
  std::uint32_t uid = 0, gid = 0, uids = 1, gids = 1;
};

Base look_at_base() {
  const sys::IdMaps maps = sys::current_maps();
  if (maps.uids.empty() || maps.gids.empty()) throw_error(ErrorKind::system, "read the id maps of this namespace");
  return {maps.uids[0].outside, maps.gids[0].outside, id_count(maps.uids), id_count(maps.gids)};
}

void require_range(const spec::ContainerConfig& config, const Base& base) {
  if (base.uids < 2 || base.gids < 2)
    refuse(config, "it needs subordinate ids, and you have none",
           "add your user to /etc/subuid and /etc/subgid: `lichen doctor` says how");
}

void keep_id(spec::ContainerConfig& config, const spec::UsernsOption& option, const Base& base) {
  if (base.uid == 0)
    refuse(config, "root has no id of its own to keep", "leave it out: root of the container is root of the host");
  const std::uint32_t uid = option.uid.value_or(base.uid), gid = option.gid.value_or(base.gid);
  config.uid_map = spec::keep_id_map(uid, base.uids, option.size);
  config.gid_map = spec::keep_id_map(gid, base.gids, option.size);
  // podman's order: --user, USER of the image, the caller.
  if (config.user.empty()) config.user = format("{}:{}", uid, gid);
}

// Highest id of a passwd(5) or group(5) file, without the one for nobody: all ids up to it shall be there.
std::uint32_t highest_id(std::string_view text) {
  std::uint64_t highest = 0;
  for (const auto& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 3 || fields[0] == "nobody" || fields[0] == "nogroup") continue;
    if (const auto id = parse_uint(fields[2]); id && *id < kLargestAutoSize) highest = std::max(highest, *id);
  }
  return static_cast<std::uint32_t>(highest);
}

std::uint32_t size_for_image(const Engine& engine, const spec::ContainerConfig& config) {
  std::uint32_t size = kAutoSize;
  if (const auto uid = parse_uint(config.user.substr(0, config.user.find(':'))); uid && *uid < kLargestAutoSize)
    size = std::max(size, static_cast<std::uint32_t>(*uid) + 1);
  if (config.image_id.empty()) return size;
  const auto layers = layer_directories(engine, config.image_id);
  for (const char* file : {"/etc/passwd", "/etc/group"})
    for (const auto& layer : layers) {
      const auto root = sys::open_path(layer, O_PATH | O_DIRECTORY);
      const auto fd = sys::open_in_root_if_exists(root.get(), file, O_RDONLY | O_NONBLOCK | O_NOCTTY);
      if (!fd) continue;
      size = std::max(size, highest_id(sys::read_all(fd->get(), file, kUserFileLimit)) + 1);
      break;
    }
  return size;
}

// Ranges that records name, also those of containers that are being made.
spec::IdMap ranges_in_use(const Engine& engine) {
  spec::IdMap taken;
  for (const auto& id : engine.containers.list(/*with_unfinished=*/true)) {
    try {
      const auto config = engine.containers.load_config(id);
      if (!config.userns.starts_with("auto")) continue;
      taken.insert(taken.end(), config.uid_map.begin(), config.uid_map.end());
      taken.insert(taken.end(), config.gid_map.begin(), config.gid_map.end());
    } catch (const Error&) {
      // Removed just now, or damaged: then it does not start, and needs no ids.
    }
  }
  return taken;
}

void check_fixed(const spec::ContainerConfig& config, const spec::IdMap& fixed, std::uint32_t count) {
  for (const auto& line : fixed)
    if (std::uint64_t{line.host} + line.size > count)
      refuse(config, format("you have only the ids 0 to {} (0 is yourself)", count - 1), "choose other host ids");
  if (spec::has_overlap(fixed)) refuse(config, "two mappings name the same id", "take one of them away");
}

void automatic(const Engine& engine, spec::ContainerConfig& config, const spec::UsernsOption& option,
               const Base& base) {
  const std::uint32_t count = std::min(base.uids, base.gids);
  check_fixed(config, option.uid_mappings, base.uids);
  check_fixed(config, option.gid_mappings, base.gids);
  const std::uint32_t size = option.size ? *option.size : size_for_image(engine, config);
  spec::IdMap taken = ranges_in_use(engine);
  taken.insert(taken.end(), option.uid_mappings.begin(), option.uid_mappings.end());
  taken.insert(taken.end(), option.gid_mappings.begin(), option.gid_mappings.end());
  const std::uint32_t length =
      std::max(spec::auto_map_length(size, option.uid_mappings), spec::auto_map_length(size, option.gid_mappings));
  const auto first = spec::free_range(taken, length, count, kAutoStart);
  if (!first)
    refuse(config, format("no {} ids in a row are free among your {} subordinate ids", length, count - 1),
           "remove other containers with --userns auto, or ask for less: --userns auto:size=1024");
  config.uid_map = spec::auto_map(*first, size, option.uid_mappings);
  config.gid_map = spec::auto_map(*first, size, option.gid_mappings);
}

void join_container(Engine& engine, spec::ContainerConfig& config, const std::string& name) {
  const auto target = find_container(engine, name);
  config.userns = "container:" + target.config.id;
  config.uid_map = target.config.uid_map;
  config.gid_map = target.config.gid_map;
  // A pod with keep-id: its containers run as the caller too.
  if (target.config.holder && config.user.empty()) config.user = target.config.user;
}

// The kernel lets nobody mount a proc or mqueue of a namespace that belongs to an outer user namespace, nor enter one.
void check_shared_namespaces(Engine& engine, const spec::ContainerConfig& config) {
  if (config.uid_map.empty()) return;
  for (const auto& [mode, option] : {std::pair{&config.pid_mode, "--pid"}, std::pair{&config.ipc_mode, "--ipc"},
                                     std::pair{&config.uts_mode, "--uts"}}) {
    if (!mode->starts_with("container:")) continue;
    const std::string target = engine.containers.find(mode->substr(10));
    if (config.userns == "container:" + target) continue;
    throw Error(ErrorKind::unsupported,
                format("{} {}: that namespace belongs to another user namespace", option, *mode))
        .with_hint(format("share that one too: --userns {}", *mode));
  }
}

// The containers.conf that distributions install sets "0 0", which the kernel refuses where no group 0 is mapped; ours
// is the range of the groups that are.
void drop_root_range(spec::ContainerConfig& config) {
  const auto row = config.sysctls.find("net.ipv4.ping_group_range");
  if (row != config.sysctls.end() && row->second == "0 0" && !spec::to_host_id(config.gid_map, 0))
    config.sysctls.erase(row);
}

void write_map(pid_t process, const char* file, const spec::IdMap& map) {
  std::string text;
  for (const auto& line : map) text += format("{} {} {}\n", line.container, line.host, line.size);
  const std::string path = format("/proc/{}/{}", process, file);
  try {
    sys::write_all(sys::open_path(path, O_WRONLY).get(), text, path);
  } catch (Error& error) {
    error.with_hint(
        "the container's ids are not all yours any more (were /etc/subuid or /etc/subgid changed?): make it anew");
    throw;
  }
}

sys::UniqueFd open_target(Engine& engine, const spec::ContainerConfig& config) {
  const auto target = find_container(engine, config.userns.substr(std::string_view("container:").size()));
  if (!wire::has_process(target.state.status))
    throw Error(ErrorKind::conflict,
                format("share the user namespace of container '{}': it is not running", target.config.name))
        .with_hint(format("start it first: lichen start {}", target.config.name));
  return sys::open_path(format("/proc/{}/ns/user", target.state.pid), O_RDONLY);
}

}  // namespace

sys::FileLock choose_container_userns(Engine& engine, spec::ContainerConfig& config) {
  sys::FileLock lock;
  config.uid_map.clear();
  config.gid_map.clear();
  if (config.userns.empty()) return lock;
  const auto option = spec::parse_userns(config.userns);
  const Base base = look_at_base();
  switch (option.kind) {
    case Kind::shared:
    case Kind::host:
      break;
    case Kind::keep_id:
      keep_id(config, option, base);
      break;
    case Kind::nomap:
      if (base.uid == 0) refuse(config, "it leaves out the user who runs it, and root is needed", "use --userns auto");
      require_range(config, base);
      config.uid_map = spec::nomap_map(base.uids);
      config.gid_map = spec::nomap_map(base.gids);
      break;
    case Kind::automatic:
      // Root's own namespace has all ids of the machine: which of them are free for containers nobody says.
      if (base.uid == 0 && base.uids > 0x7fffffff)
        refuse(config, "root has no subordinate ids here to choose from", "run it as another user");
      require_range(config, base);
      sys::make_directory(engine.paths.cache(), 0700);
      lock = sys::wait_lock(engine.paths.cache() + "/auto-ids.lock", sys::LockMode::exclusive, kLockTimeout,
                            /*create=*/true);
      automatic(engine, config, option, base);
      break;
    case Kind::container:
      join_container(engine, config, option.target);
      break;
    case Kind::path:
      refuse(config, "a namespace by its path is not supported", "use --userns container:NAME");
  }
  check_shared_namespaces(engine, config);
  drop_root_range(config);
  return lock;
}

bool makes_own_network(const spec::ContainerConfig& config) {
  const std::string& mode = config.network.mode;
  return mode != "host" && mode != "container" && mode != "ns";
}

ContainerUserns make_container_userns(Engine& engine, const spec::ContainerConfig& config) {
  ContainerUserns made;
  if (config.uid_map.empty()) return made;
  const bool joins = config.userns.starts_with("container:");
  const sys::UniqueFd target = joins ? open_target(engine, config) : sys::UniqueFd();
  const bool with_network = makes_own_network(config);
  sys::Pipe go = sys::make_pipe(), answer = sys::make_pipe();
  // Gone with this function: what it made lives on in our descriptors.
  const sys::Pid child = sys::clone_process({.flags = joins ? 0U : static_cast<unsigned>(CLONE_NEWUSER)}, [&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    go.write.reset();
    char byte = 0;
    if (sys::read_full(go.read.get(), &byte, 1) != 1) return 1;
    int error = joins && ::setns(target.get(), CLONE_NEWUSER) != 0 ? errno : 0;
    if (error == 0 && with_network && ::unshare(CLONE_NEWNET) != 0) error = errno;
    sys::write_all(answer.write.get(), {reinterpret_cast<const char*>(&error), sizeof error}, "pipe");
    return sys::read_full(go.read.get(), &byte, 1) == 1 ? 0 : 1;
  });
  answer.write.reset();
  if (!joins) {
    write_map(child.get(), "uid_map", config.uid_map);
    write_map(child.get(), "gid_map", config.gid_map);
  }
  sys::write_all(go.write.get(), "g", "pipe");
  int error = 0;
  if (sys::read_full(answer.read.get(), &error, sizeof error) != sizeof error)
    throw_error(ErrorKind::system, "make the user namespace of container '{}': its process ended", config.name);
  if (error != 0) throw_errno_value(error, "make the namespaces of container '{}'", config.name);
  made.user = sys::open_path(format("/proc/{}/ns/user", child.get()), O_RDONLY);
  if (with_network) made.network = sys::open_path(format("/proc/{}/ns/net", child.get()), O_RDONLY);
  return made;
}

}  // namespace lichen::engine
