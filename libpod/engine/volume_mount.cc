#include "libpod/engine/volume_mount.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/mount_copy.hh"
#include "libpod/engine/mount_notes.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/mountinfo.hh"
#include "libpod/sys/process.hh"

#include <linux/mount.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{10};

struct VolumePlan {
  enum class Kind { directory, bind, memory };
  Kind kind = Kind::directory;
  std::string device;
  bool recursive = true;
  sys::MountAttributes attributes;
  std::vector<sys::MountOption> options;
};

// mount(8)'s words for MOUNT_ATTR_*; the times are one field of three values.
struct AttributeWord {
  std::string_view word;
  std::uint64_t set, clear;
};
constexpr AttributeWord kAttributes[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"nodev", MOUNT_ATTR_NODEV, 0},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
    {"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    {"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    {"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
};

class PlanReader {
 public:
  PlanReader(const std::string& name, const std::map<std::string, std::string>& options)
      : name_(name), options_(options) {}

  VolumePlan run() {
    if (options_.empty()) return std::move(plan_);
    for (const auto& [key, value] : options_) check_key(key);
    const std::string type = get("type");
    const auto words = get("o").empty() ? std::vector<std::string>{} : split(get("o"), ',');
    const bool bind = type == "bind" || std::any_of(words.begin(), words.end(), [](const std::string& word) {
                        return word == "bind" || word == "rbind";
                      });
    plan_.attributes.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (bind && (type.empty() || type == "none" || type == "bind"))
      read_bind(words);
    else if (type == "tmpfs" && !bind)
      read_memory(words);
    else
      refuse_type(type);
    return std::move(plan_);
  }

 private:
  [[noreturn]] void fail(ErrorKind kind, const std::string& cause, std::string hint) const {
    throw Error(kind, format("volume '{}': {}", name_, cause)).with_hint(std::move(hint));
  }

  std::string get(const char* key) const {
    const auto found = options_.find(key);
    return found == options_.end() ? "" : found->second;
  }

  void check_key(const std::string& key) const {
    if (key == "type" || key == "device" || key == "o") return;
    if (key == "size" || key == "inodes")
      fail(ErrorKind::unsupported, format("the option '{}' is a disk quota, which needs root", key),
           "a volume in memory can have a limit: -o type=tmpfs -o o=size=100m");
    fail(ErrorKind::usage, format("unknown option '{}'", key), "the options are type, device and o");
  }

  [[noreturn]] void refuse_type(const std::string& type) const {
    const std::string hint = "a directory works with -o type=none -o o=bind -o device=/PATH, memory with -o type=tmpfs";
    if (type.empty() || type == "none")
      fail(ErrorKind::usage, type.empty() ? "there is no option type" : "type=none needs o=bind and device=/PATH",
           hint);
    fail(ErrorKind::unsupported, format("type '{}' cannot be mounted: the kernel lets only root mount it", type),
         "let root mount it and bind the place: -o type=none -o o=bind -o device=/PATH");
  }

  bool set_attribute(const std::string& word) {
    for (const auto& row : kAttributes)
      if (row.word == word) {
        plan_.attributes.clear |= row.clear;
        plan_.attributes.set = (plan_.attributes.set & ~row.clear) | row.set;
        return true;
      }
    return word == "defaults";
  }

  void read_bind(const std::vector<std::string>& words) {
    plan_.kind = VolumePlan::Kind::bind;
    plan_.device = get("device");
    if (!plan_.device.starts_with('/'))
      fail(ErrorKind::usage, format("device '{}' is no absolute path", plan_.device), "-o device=/PATH");
    plan_.recursive = std::find(words.begin(), words.end(), "bind") == words.end();
    for (const auto& word : words)
      if (word != "bind" && word != "rbind" && !set_attribute(word))
        fail(ErrorKind::unsupported, format("mount option '{}' of a bind is not supported", word),
             "leave it out of o=");
  }

  void read_memory(const std::vector<std::string>& words) {
    plan_.kind = VolumePlan::Kind::memory;
    for (const auto& word : words) {
      if (set_attribute(word)) continue;
      const auto pair = cut(word, '=');
      static constexpr std::string_view kKeys[] = {"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks"};
      if (!pair || std::find(std::begin(kKeys), std::end(kKeys), pair->first) == std::end(kKeys))
        fail(ErrorKind::unsupported, format("mount option '{}' of a tmpfs is not supported", word),
             "the options are size=, mode=, uid=, gid=, nr_inodes=, nr_blocks= and flags such as ro and noexec");
      const bool good = pair->first == "mode" ? parse_octal(pair->second).has_value()
                        : pair->first == "size" && pair->second.ends_with('%')
                            ? parse_uint(pair->second.substr(0, pair->second.size() - 1)).has_value()
                            : parse_size(pair->second).has_value();
      if (!good) fail(ErrorKind::usage, format("mount option '{}' has no valid value", word), "such as size=100m");
      plan_.options.emplace_back(pair->first, pair->second);
    }
  }

  const std::string& name_;
  const std::map<std::string, std::string>& options_;
  VolumePlan plan_;
};

struct Holder {
  pid_t pid = 0;
  std::uint64_t start = 0;
};

// Who has the volume mounted: "PID START" lines. They are the pids of those that become monitors.
std::vector<Holder> read_holders(const std::string& path) {
  std::vector<Holder> holders;
  const auto text = sys::read_file_if_exists(path);
  for (const auto& line : split(text.value_or(""), '\n')) {
    const auto pair = cut(line, ' ');
    const auto pid = pair ? parse_uint(pair->first) : std::nullopt;
    const auto start = pair ? parse_uint(pair->second) : std::nullopt;
    if (pid && start && sys::open_process(static_cast<pid_t>(*pid), *start))
      holders.push_back({static_cast<pid_t>(*pid), *start});
  }
  return holders;
}

// @param holder  the process with which the mount lives
void mount_memory(const Engine& engine, const std::string& name, const VolumePlan& plan, pid_t holder) {
  const std::string data = engine.volumes.data_path(name);
  const std::string folder = engine.paths.boot_dir() + "/volumes";
  sys::make_directory(folder, 0700);
  const auto lock = sys::wait_lock(engine.paths.volume(name), sys::LockMode::exclusive, kLockTimeout);
  auto holders = read_holders(folder + "/" + name);
  std::optional<sys::UniqueFd> mount;
  for (const auto& [pid, start] : holders)
    if ((mount = copy_mount_of(pid, start, data))) break;
  if (!mount) mount = sys::make_file_system("tmpfs", "lichen-volume", plan.options, plan.attributes.set);
  sys::attach_mount_at(mount->get(), data);
  holders.push_back({holder, sys::process_start_time(holder).value_or(0)});
  std::string text;
  for (const auto& [pid, start] : holders) text += format("{} {}\n", pid, start);
  sys::write_file_atomic(folder + "/" + name, text, 0600, sys::Durability::none);
}

bool is_mounted_here(const std::string& path) {
  const auto mounts = sys::read_mountinfo();
  return std::any_of(mounts.begin(), mounts.end(), [&](const auto& mount) { return mount.mount_point == path; });
}

bool mount_for(const Engine& engine, const std::string& name, pid_t holder) {
  const auto record = engine.volumes.get(name);
  const VolumePlan plan = PlanReader(name, record.options).run();
  const std::string data = engine.volumes.data_path(name);
  switch (plan.kind) {
    case VolumePlan::Kind::directory:
      return false;
    case VolumePlan::Kind::bind:
      if (!sys::is_directory(plan.device))
        throw Error(ErrorKind::not_found, format("volume '{}': its device '{}' is no directory", name, plan.device))
            .with_hint("make it first: mkdir -p " + shell_quote(plan.device));
      sys::bind_mount(plan.device, data, plan.recursive, plan.attributes);
      return true;
    case VolumePlan::Kind::memory:
      mount_memory(engine, name, plan, holder);
      return true;
  }
  return false;
}

}  // namespace

void check_volume_options(const std::string& name, const std::map<std::string, std::string>& options) {
  PlanReader(name, options).run();
}

bool mount_volume(const Engine& engine, const std::string& name) { return mount_for(engine, name, ::getpid()); }

std::string mount_volume_here(Engine& engine, const std::string& name) {
  require_own_namespace("volume mount", "lichen unshare, and in that shell: ls \"$(lichen volume mount DATA)\"");
  engine.enter_userns();
  const std::string path = engine.volumes.data_path(name);
  // The shell that asks keeps the mount, not this command.
  if (!is_mounted_here(path)) mount_for(engine, name, ::getppid());
  return path;
}

void unmount_volume_here(Engine& engine, const std::string& name) {
  require_own_namespace("volume unmount", "lichen unshare, and in that shell: lichen volume unmount DATA");
  engine.enter_userns();
  const auto record = engine.volumes.get(name);
  const std::string path = engine.volumes.data_path(name);
  if (PlanReader(name, record.options).run().kind == VolumePlan::Kind::directory) return;
  if (!is_mounted_here(path)) throw_error(ErrorKind::conflict, "volume {} is not mounted here", name);
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0) return;
  const int error = errno;
  throw Error(error == EBUSY ? ErrorKind::conflict : ErrorKind::system,
              format("unmount volume {}: {}", name, errno_text(error)), error)
      .with_hint("a process still uses it: leave its directory");
}

}  // namespace lichen::engine
