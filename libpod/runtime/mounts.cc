#include "libpod/runtime/mounts.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/copy_tree.hh"
#include "libpod/runtime/idmap.hh"
#include "libpod/runtime/mount_options.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace lichen::runtime {
namespace {

bool is_directory_fd(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw_errno("look at a mount source");
  return S_ISDIR(info.st_mode);
}

sys::UniqueFd open_destination(const MountContext& context, const spec::OciMount& mount, const MountOptions& options,
                               bool directory) {
  if (options.destination_nofollow) {
    auto found = sys::open_in_root_if_exists(context.root, mount.destination, O_PATH | O_NOFOLLOW);
    if (found) return *std::move(found);
  }
  return directory ? sys::make_directories_in_root(context.root, mount.destination)
                   : sys::make_file_in_root(context.root, mount.destination);
}

// A mount that came from a stricter mount namespace has locked flags (mount_namespaces(7)): clearing them is refused.
// The mount then stays as strict as the host's own. What is asked to be stricter and is refused (access times are
// locked as a whole) is an error.
void set_attributes(int mount, const sys::MountAttributes& wanted, bool recursive, const std::string& what) {
  if (wanted.empty()) return;
  try {
    return sys::set_mount_attributes(mount, wanted, recursive, what);
  } catch (Error& error) {
    if (error.saved_errno() != EPERM || wanted.clear == 0) throw;
  }
  sys::MountAttributes stricter = wanted;
  stricter.clear = (wanted.set & MOUNT_ATTR_NOATIME) != 0 ? MOUNT_ATTR__ATIME : 0;
  if (stricter.clear == 0) stricter.set &= ~std::uint64_t{MOUNT_ATTR__ATIME};
  try {
    sys::set_mount_attributes(mount, stricter, recursive, what);
  } catch (Error& error) {
    error.with_hint("access-time options of a mount of the host cannot be changed in a user namespace");
    throw;
  }
}

void apply_options(int mount, const MountOptions& options, const std::string& what) {
  set_attributes(mount, options.recursive, /*recursive=*/true, what);
  set_attributes(mount, options.top, /*recursive=*/false, what);
  if (options.propagation != 0)
    sys::set_mount_attributes(mount, {.propagation = options.propagation}, options.propagation_recursive, what);
}

sys::UniqueFd open_source(const spec::OciMount& mount, const MountOptions& options) {
  if (mount.source.empty()) throw_error(ErrorKind::invalid, "bind on '{}': no source is given", mount.destination);
  return sys::open_path(mount.source, O_PATH | (options.source_nofollow ? O_NOFOLLOW : 0));
}

sys::UniqueFd bind(const MountContext& context, const spec::OciMount& mount, const MountOptions& options) {
  if (!options.super_flags.empty())
    throw_error(ErrorKind::invalid, "bind on '{}': option '{}' belongs to a file system, not to a bind",
                mount.destination, options.super_flags.front());
  if (!options.data.empty())
    throw_error(ErrorKind::invalid, "bind on '{}': unknown option '{}'", mount.destination, options.data.front().first);
  const sys::UniqueFd source = context.source >= 0 ? sys::duplicate(context.source) : open_source(mount, options);
  sys::UniqueFd tree = sys::clone_mount(source.get(), "", options.bind_recursive, mount.source);
  if (options.idmap || !mount.uid_mappings.empty() || !mount.gid_mappings.empty())
    apply_idmap(tree.get(), mount, options.idmap_recursive);
  apply_options(tree.get(), options, mount.destination);
  const sys::UniqueFd target = open_destination(context, mount, options, is_directory_fd(source.get()));
  sys::attach_mount(tree.get(), target.get(), mount.destination);
  return tree;
}

void remount(const MountContext& context, const spec::OciMount& mount, const MountOptions& options) {
  const sys::UniqueFd target = sys::open_in_root(context.root, mount.destination, O_PATH);
  if (!sys::is_mount_root(target.get()))
    throw_error(ErrorKind::invalid, "remount '{}': nothing is mounted there", mount.destination);
  apply_options(target.get(), options, mount.destination);
}

sys::UniqueFd make_tree(const spec::OciMount& mount, const MountOptions& options) {
  std::vector<sys::MountOption> data = options.data;
  for (const auto& flag : options.super_flags) data.emplace_back(flag, "");
  const auto make = [&] {
    return sys::make_file_system(mount.type, mount.source, data,
                                 options.top.set & ~std::uint64_t{MOUNT_ATTR_NOSYMFOLLOW});
  };
  if (mount.type != "devpts") return make();
  try {
    return make();
  } catch (const Error& error) {
    // gid=5 (tty) needs that group in the user namespace; a namespace with a single id has none.
    const auto group = std::find_if(data.begin(), data.end(), [](const auto& option) { return option.first == "gid"; });
    if (error.saved_errno() != EINVAL || group == data.end()) throw;
    data.erase(group);
    return make();
  }
}

sys::UniqueFd mount_file_system(const MountContext& context, const spec::OciMount& mount, const MountOptions& options) {
  if (mount.type.empty()) throw_error(ErrorKind::invalid, "mount on '{}': no type is given", mount.destination);
  sys::UniqueFd tree = make_tree(mount, options);
  sys::MountAttributes late;  // what fsmount(2) does not take
  late.set = options.top.set & MOUNT_ATTR_NOSYMFOLLOW;
  late.propagation = options.propagation;
  sys::set_mount_attributes(tree.get(), late, /*recursive=*/false, mount.destination);
  const sys::UniqueFd target = open_destination(context, mount, options, /*directory=*/true);
  if (options.copy_up) {
    if (mount.type != "tmpfs")
      throw_error(ErrorKind::invalid, "mount on '{}': tmpcopyup is for tmpfs only", mount.destination);
    const bool read_only = (options.top.set & MOUNT_ATTR_RDONLY) != 0;
    if (read_only) sys::set_mount_attributes(tree.get(), {.clear = MOUNT_ATTR_RDONLY}, false, mount.destination);
    copy_tree_contents(target.get(), tree.get(), mount.destination);
    if (read_only) sys::set_mount_attributes(tree.get(), {.set = MOUNT_ATTR_RDONLY}, false, mount.destination);
  }
  sys::attach_mount(tree.get(), target.get(), mount.destination);
  return tree;
}

// Type "cgroup": the v2 tree as our cgroup namespace shows it. Without a cgroup namespace of our own the kernel refuses
// to mount one: then the host's is bound. Hybrid machines have a v2 tree beside the v1 ones; where there is none, an
// empty directory is shown.
sys::UniqueFd mount_cgroup(const MountContext& context, const spec::OciMount& mount, MountOptions options) {
  options.data.clear();
  spec::OciMount v2 = mount;
  v2.type = "cgroup2";
  v2.source = "cgroup2";
  try {
    if (context.own_cgroup_namespace) return mount_file_system(context, v2, options);
  } catch (const Error& error) {
    if (error.saved_errno() != EPERM && error.saved_errno() != EBUSY && error.kind() != ErrorKind::unsupported) throw;
  }
  if (!context.own_cgroup_namespace && sys::is_directory("/sys/fs/cgroup")) {
    v2.source = "/sys/fs/cgroup";
    options.bind_recursive = true;
    options.recursive = options.top;
    return bind(context, v2, options);
  }
  v2.type = "tmpfs";
  v2.source = "tmpfs";
  options.top.set |= MOUNT_ATTR_RDONLY;
  return mount_file_system(context, v2, options);
}

}  // namespace

bool is_bind(const spec::OciMount& mount) {
  return mount.type == "bind" || std::any_of(mount.options.begin(), mount.options.end(),
                                             [](const auto& word) { return word == "bind" || word == "rbind"; });
}

sys::UniqueFd try_open_source(const spec::OciMount& mount) {
  if (!is_bind(mount) || mount.source.empty()) return {};
  try {
    return open_source(mount, parse_mount_options(mount.options));
  } catch (const Error&) {
    return {};
  }
}

sys::UniqueFd mount_entry(const MountContext& context, const spec::OciMount& mount) {
  const MountOptions options = parse_mount_options(mount.options);
  if (clean_path(mount.destination) == "/")
    throw_error(ErrorKind::invalid, "mount on '/': the root comes from root.path");
  try {
    if (options.remount) {
      remount(context, mount, options);
      return {};
    }
    if (is_bind(mount)) return bind(context, mount, options);
    if (options.idmap || !mount.uid_mappings.empty())
      throw_error(ErrorKind::unsupported, "mount on '{}': id-mapped mounts are for binds only", mount.destination);
    if (mount.type == "cgroup" || mount.type == "cgroup2") return mount_cgroup(context, mount, options);
    return mount_file_system(context, mount, options);
  } catch (Error& error) {
    error.add_context(format("mount '{}'", mount.destination));
    throw;
  }
}

}  // namespace lichen::runtime
