#include "libpod/engine/container_sync.hh"

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_view.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/engine/transfer.hh"
#include "libpod/engine/volume_owner.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY;

class Sync {
 public:
  Sync(Engine& engine, const std::string& name_or_id) {
    const auto record = find_container(engine, name_or_id);
    root_ = open_container_root(engine, record, ViewMode::write);
    const auto user = resolve_container_user(root_.get(), record.config, record.config.user, {},
                                             user_files(root_.get(), record.config));
    owner_ = host_owner(record.config, user.uid, user.gid);
  }

  void carry(const std::string& target, const SyncItem& item) {
    if (target == "/") return;  // it is there, and never goes
    const std::string name = base_name(target), parent = parent_path(target);
    if (item.is_gone) return remove(parent, name);
    struct stat info {};
    const auto source = sys::open_if_exists(AT_FDCWD, parent_path(item.path), O_PATH | O_DIRECTORY);
    if (!source || ::fstatat(source->get(), base_name(item.path).c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    const auto directory = make_directories(parent);
    if (item.replaces) sys::remove_tree_at(directory.get(), name);
    if (S_ISDIR(info.st_mode)) return make_directory(directory.get(), name, info.st_mode & 07777);
    try {
      Transfer({.set_owner = [this](struct stat& made) { own(made); }, .overwrite = false})
          .copy(source->get(), base_name(item.path), directory.get(), name);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
    }
  }

 private:
  void own(struct stat& info) const {
    info.st_uid = owner_.uid;
    info.st_gid = owner_.gid;
  }

  void remove(const std::string& parent, const std::string& name) const {
    if (const auto directory = sys::open_in_root_if_exists(root_.get(), parent, kOpenDirectory))
      sys::remove_tree_at(directory->get(), name);
  }

  // A symlink to a directory is as good as one: it is what the image has in its place.
  void make_directory(int parent, const std::string& name, mode_t mode) const {
    struct stat there {};
    if (::mkdirat(parent, name.c_str(), 0700) != 0) {
      if (errno != EEXIST) throw_errno("make directory '{}'", name);
      if (::fstatat(parent, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
          (S_ISLNK(there.st_mode) || (S_ISDIR(there.st_mode) && (there.st_mode & 07777) == mode)))
        return;
    } else {
      there.st_mode = S_IFREG;  // new
    }
    const auto made = sys::open_at(parent, name, kOpenDirectory | O_NOFOLLOW);
    if (!S_ISDIR(there.st_mode) && ::fchown(made.get(), owner_.uid, owner_.gid) != 0)
      throw_errno("set the owner of '{}'", name);
    if (::fchmod(made.get(), mode) != 0) throw_errno("set the mode of '{}'", name);
  }

  // From the root down: each step is resolved anew, so that a link that is swapped meanwhile leads nowhere else.
  sys::UniqueFd make_directories(const std::string& path) const {
    if (auto found = sys::open_in_root_if_exists(root_.get(), path, kOpenDirectory)) return *std::move(found);
    if (path == "/") throw_error(ErrorKind::not_found, "the container has no files");
    const auto parent = make_directories(parent_path(path));
    make_directory(parent.get(), base_name(path), 0755);
    return sys::open_in_root(root_.get(), path, kOpenDirectory);
  }

  sys::UniqueFd root_;
  HostOwner owner_;
};

}  // namespace

void sync_to_container(Engine& engine, const std::string& name_or_id, const SyncItems& items) {
  engine.enter_userns();
  Sync sync(engine, name_or_id);
  std::string removed;  // with all that is in it
  for (const auto& [target, item] : items) {
    if (item.is_gone && !removed.empty() && is_below(target, removed)) continue;
    sync.carry(target, item);
    if (item.is_gone) removed = target;
  }
}

}  // namespace lichen::engine
