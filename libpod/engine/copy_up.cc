#include "libpod/engine/copy_up.hh"

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/tree_copy.hh"
#include "libpod/sys/copy_file.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::chrono::minutes kLockTimeout{10};  // a copy of some gigabytes may go on

// Renames within one directory's parent: no data moves, and what is in already stays.
void move_entries(const std::string& copied, const std::string& data) {
  const auto from = sys::open_path(copied, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const auto to = sys::open_path(data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  for (const auto& name : sys::list_directory_at(from.get(), copied))
    if (::renameat(from.get(), name.c_str(), to.get(), name.c_str()) != 0)
      throw_errno("move '{}' into the volume", name);
  struct stat info {};
  if (::fstat(from.get(), &info) != 0) throw_errno("look at '{}'", copied);
  sys::copy_metadata(from.get(), info, to.get(), data);
  sys::remove_tree(copied);
}

}  // namespace

bool copy_up_volume(int rootfs, const std::string& container_path, const std::string& volume_data, bool is_mounted) {
  const std::string volume = parent_path(volume_data);
  const std::string copying = volume + "/data.copying";
  const std::string copied = volume + "/data.copied";
  const auto lock = sys::wait_lock(volume, sys::LockMode::exclusive, kLockTimeout);
  if (!is_mounted && sys::is_directory(copied)) {
    move_entries(copied, volume_data);
    return true;
  }
  if (!sys::list_directory(volume_data).empty()) return false;
  const auto source = sys::open_in_root_if_exists(rootfs, container_path, O_RDONLY | O_DIRECTORY);
  if (!source) return false;
  if (is_mounted) {
    const auto data = sys::open_path(volume_data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    copy_tree(source->get(), data.get(), Whiteouts::plain_files, container_path);
    return true;
  }
  sys::remove_tree(copying);
  sys::make_directory(copying, 0700);
  const auto target = sys::open_path(copying, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  copy_tree(source->get(), target.get(), Whiteouts::plain_files, container_path);
  sys::rename_path(copying, copied);
  move_entries(copied, volume_data);
  return true;
}

}  // namespace lichen::engine
