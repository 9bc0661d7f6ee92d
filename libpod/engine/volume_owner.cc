#include "libpod/engine/volume_owner.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/userns.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// podman's list: to change these on a host is a mistake.
constexpr std::string_view kSystem[] = {"/",    "/bin",   "/boot",  "/dev", "/etc",  "/etc/passwd", "/etc/pki", "/home",
                                        "/lib", "/lib64", "/media", "/opt", "/proc", "/root",       "/run",     "/sbin",
                                        "/srv", "/sys",   "/tmp",   "/usr", "/var",  "/var/lib"};

class OwnerChange {
 public:
  OwnerChange(HostOwner owner, std::string path) : owner_(owner), path_(std::move(path)) {}

  void run() {
    const auto top = sys::open_path(path_, O_PATH);
    struct stat info {};
    if (::fstat(top.get(), &info) != 0) throw_errno("look at '{}'", path_);
    device_ = info.st_dev;
    change(top.get(), info);
  }

 private:
  void change(int fd, const struct stat& info) {
    give(fd, info);
    if (!S_ISDIR(info.st_mode)) return;
    const auto directory = sys::open_at(fd, ".", O_RDONLY | O_DIRECTORY);
    const std::size_t length = path_.size();
    for (const auto& name : sys::list_directory_at(directory.get(), path_)) {
      path_ += "/" + name;
      const auto entry = sys::open_if_exists(directory.get(), name, O_PATH | O_NOFOLLOW);
      struct stat found {};
      if (entry && ::fstat(entry->get(), &found) == 0 && found.st_dev == device_) change(entry->get(), found);
      path_.resize(length);
    }
  }

  void give(int fd, const struct stat& info) const {
    if (info.st_uid == owner_.uid && info.st_gid == owner_.gid) return;
    if (::fchownat(fd, "", owner_.uid, owner_.gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
      const int error = errno;
      throw Error(error == EPERM || error == EINVAL ? ErrorKind::permission : ErrorKind::system,
                  format("mount option U: give '{}' to the container's user: {}", path_, errno_text(error)), error)
          .with_hint("only files that are yours, or your subordinate ids', can be given away: leave U out");
    }
    // chown(2) takes the set-id bits of a file away.
    if (S_ISREG(info.st_mode) && (info.st_mode & (S_ISUID | S_ISGID)) != 0)
      ::chmod(format("/proc/self/fd/{}", fd).c_str(), info.st_mode & 07777);
  }

  HostOwner owner_;
  std::string path_;
  dev_t device_ = 0;
};

void check_source(const std::string& path) {
  const auto maps = sys::current_maps();
  const std::string home = maps.uids.empty() ? "" : sys::home_directory(maps.uids[0].outside);
  const bool is_system = std::find(std::begin(kSystem), std::end(kSystem), path) != std::end(kSystem);
  if (!is_system && (home.empty() || clean_path(home) != path)) return;
  throw Error(ErrorKind::unsupported, format("mount option U: '{}' is not given to a container's user", path))
      .with_hint("name a directory beneath it, or change the owner yourself: lichen unshare chown -R");
}

}  // namespace

HostOwner host_owner(const spec::ContainerConfig& config, std::uint32_t uid, std::uint32_t gid) {
  return {spec::to_host_id(config.uid_map, uid).value_or(0), spec::to_host_id(config.gid_map, gid).value_or(0)};
}

void give_sources_to_user(const Engine& engine, const spec::ContainerConfig& config, const spec::ResolvedUser& user) {
  const HostOwner owner = host_owner(config, user.uid, user.gid);
  for (const auto& mount : config.mounts) {
    if (!mount.chown || mount.type == spec::MountType::tmpfs) continue;
    const bool volume = mount.type == spec::MountType::volume;
    const std::string path = volume ? engine.volumes.data_path(mount.source) : mount.source;
    if (!volume) check_source(clean_path(path));
    OwnerChange(owner, path).run();
  }
}

void give_new_volume(const spec::ContainerConfig& config, const std::string& data, const spec::ResolvedUser& user) {
  const auto is_caller = [](const spec::IdMapping& line) { return line.host == 0; };
  if (config.uid_map.empty() || std::any_of(config.uid_map.begin(), config.uid_map.end(), is_caller)) return;
  struct stat info {};
  if (::stat(data.c_str(), &info) != 0 || info.st_uid != 0 || !sys::list_directory(data).empty()) return;
  const HostOwner owner = host_owner(config, user.uid, user.gid);
  if (::lchown(data.c_str(), owner.uid, owner.gid) != 0) throw_errno("set the owner of '{}'", data);
}

}  // namespace lichen::engine
