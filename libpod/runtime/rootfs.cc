#include "libpod/runtime/rootfs.hh"

#include <optional>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"

#include <fcntl.h>
#include <sys/mount.h>

namespace lichen::runtime {
namespace {

std::uint64_t propagation_flag(std::string_view word) {
  if (word.starts_with('r')) word.remove_prefix(1);
  if (word.empty() || word == "private") return MS_PRIVATE;
  if (word == "shared") return MS_SHARED;
  if (word == "slave") return MS_SLAVE;
  if (word == "unbindable") return MS_UNBINDABLE;
  throw_error(ErrorKind::invalid, "linux.rootfsPropagation: '{}' is not a kind of propagation", word);
}

// pivot_root(2) refuses a root whose parent mount is shared. The parent's root is above us: only a mount point takes
// the change.
void make_parent_private(const std::string& host_path) {
  for (std::string path = host_path;; path = parent_path(path)) {
    const sys::UniqueFd here = sys::open_path(path, O_PATH | O_DIRECTORY);
    if (path != host_path && (path == "/" || sys::is_mount_root(here.get())))
      return sys::set_mount_attributes(here.get(), {.propagation = MS_PRIVATE}, /*recursive=*/false, path);
    if (path == "/") return;
  }
}

}  // namespace

sys::UniqueFd prepare_root(const std::string& host_path, const std::string& propagation, bool locked) {
  if (clean_path(host_path) == "/")
    throw_error(ErrorKind::invalid, "root.path: the host's root cannot be a container's");
  const std::uint64_t flag = propagation_flag(propagation);
  // Mount and unmount events must not reach the host. With "shared" they are wanted for the binds that ask for it:
  // their sources must still be peers of the host's mounts when they are cloned, so that only the way to our root is
  // made private.
  if (flag == MS_SHARED || flag == MS_SLAVE) {
    if (flag == MS_SLAVE) sys::set_root_propagation(MS_SLAVE);
    make_parent_private(host_path);
  } else {
    sys::set_root_propagation(MS_PRIVATE);
  }
  sys::UniqueFd root = sys::open_path(host_path, O_PATH | O_DIRECTORY);
  if (!locked && flag == MS_PRIVATE && sys::is_mount_root(root.get())) return root;
  sys::UniqueFd tree = sys::clone_mount(root.get(), "", /*recursive=*/true, host_path);
  sys::set_mount_attributes(tree.get(), {.propagation = MS_PRIVATE}, /*recursive=*/false, host_path);
  sys::attach_mount(tree.get(), root.get(), host_path);
  return tree;
}

void enter_root(int root, bool readonly, const std::string& propagation) {
  sys::pivot_to(root);
  const sys::UniqueFd now = sys::open_path("/", O_PATH | O_DIRECTORY);
  sys::MountAttributes change;
  if (readonly) change.set = MOUNT_ATTR_RDONLY;
  const std::uint64_t flag = propagation_flag(propagation);
  if (flag != MS_PRIVATE) change.propagation = flag;
  sys::set_mount_attributes(now.get(), change, /*recursive=*/false, "/");
}

}  // namespace lichen::runtime
