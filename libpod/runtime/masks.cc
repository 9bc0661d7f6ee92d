#include "libpod/runtime/masks.hh"

#include <optional>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace lichen::runtime {
namespace {

sys::UniqueFd null_mount() {
  sys::UniqueFd tree = sys::clone_mount(AT_FDCWD, "/dev/null", /*recursive=*/false, "/dev/null");
  struct stat info {};
  if (::fstat(tree.get(), &info) != 0) throw_errno("look at '/dev/null'");
  if (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(1, 3))
    throw_error(ErrorKind::invalid, "mask paths: '/dev/null' is not the null device (1:3)");
  return tree;
}

// One empty file system serves for all directories: later ones are copies of the first, attached mount.
class EmptyDirectory {
 public:
  sys::UniqueFd mount() {
    if (first_) return sys::clone_mount(first_.get(), "", /*recursive=*/false, "an empty directory");
    first_ = sys::make_file_system("tmpfs", "tmpfs", {{"size", "0k"}, {"nr_inodes", "2"}, {"mode", "0555"}},
                                   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    return sys::duplicate(first_.get());
  }

 private:
  sys::UniqueFd first_;
};

std::optional<sys::UniqueFd> open_target(int root, const std::vector<Anchor>& anchors, const std::string& path) {
  const std::string clean = clean_path(path);
  // The last one of a name lies on the others.
  for (auto anchor = anchors.rbegin(); anchor != anchors.rend(); ++anchor)
    if (is_below(clean, anchor->path))
      return sys::open_in_root_if_exists(anchor->mount.get(), clean.substr(anchor->path.size()), O_PATH);
  return sys::open_in_root_if_exists(root, path, O_PATH);
}

}  // namespace

void mask_paths(int root, const std::vector<Anchor>& anchors, const std::vector<std::string>& paths) {
  EmptyDirectory empty;
  for (const auto& path : paths) {
    const auto target = open_target(root, anchors, path);
    if (!target) continue;
    struct stat info {};
    if (::fstat(target->get(), &info) != 0) throw_errno("look at '{}'", path);
    const sys::UniqueFd cover = S_ISDIR(info.st_mode) ? empty.mount() : null_mount();
    sys::attach_mount(cover.get(), target->get(), path);
  }
}

void make_paths_readonly(int root, const std::vector<Anchor>& anchors, const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    const auto target = open_target(root, anchors, path);
    if (!target) continue;
    const sys::UniqueFd tree = sys::clone_mount(target->get(), "", /*recursive=*/true, path);
    sys::set_mount_attributes(tree.get(), {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/true, path);
    sys::attach_mount(tree.get(), target->get(), path);
  }
}

}  // namespace lichen::runtime
