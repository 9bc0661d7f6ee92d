#include "buildah/copy_files.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/pretended_ids.hh"
#include "libpod/sys/copy_file.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr int kDirectory = O_PATH | O_DIRECTORY;

// What is in the way of a file goes; a directory does only when it is empty.
void clear_the_way(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if ((errno == EISDIR || errno == EPERM) && ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) return;
  throw_errno("replace '{}' by a file", name);
}

// A new file. Mostly nothing is in the way, and of many small files every system call counts.
sys::UniqueFd create_file(int parent, const std::string& name) {
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  sys::UniqueFd file(::openat(parent, name.c_str(), kNew, 0600));
  if (file) return file;
  clear_the_way(parent, name);
  return sys::open_at(parent, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

// With one id alone nothing can be given away: the owner is noted as it is for unpacked layers, and goes into the
// image.
void set_owner(int fd, const CopyOwner& owner, mode_t mode) {
  if (::fchownat(fd, "", owner.uid, owner.gid, AT_EMPTY_PATH) == 0) return;
  if (errno != EINVAL || !engine::has_single_id()) throw_errno("give a copied file to {}:{}", owner.uid, owner.gid);
  const std::string value = format("{}:{}:0{:o}", owner.uid, owner.gid, mode & 07777);
  if (::setxattr(sys::fd_path(fd).c_str(), "user.containers.override_stat", value.data(), value.size(), 0) != 0)
    log_debug("owner {} is not recorded: {}", value, errno_text(errno));  // symlinks take none
}

void set_times(int fd, const struct stat& info) {
  const timespec times[2] = {info.st_atim, info.st_mtim};
  ::utimensat(AT_FDCWD, sys::fd_path(fd).c_str(), times, 0);
}

}  // namespace

FileCopier::FileCopier(int root, CopyPlan plan) : root_(root), plan_(std::move(plan)) { ::umask(0); }

sys::UniqueFd FileCopier::provide_path(const std::string& path) {
  sys::UniqueFd current = sys::open_in_root(root_, "/", kDirectory);
  std::string known;
  for (const auto& part : split(clean_path("/" + path), '/')) {
    if (part.empty()) continue;
    known += "/" + part;
    if (auto next = sys::open_in_root_if_exists(root_, known, kDirectory)) {
      current = *std::move(next);
      continue;
    }
    if (::mkdirat(current.get(), part.c_str(), 0755) != 0) {
      const int error = errno;
      throw Error(ErrorKind::conflict, format("make directory '{}': {}", known, errno_text(error)), error)
          .with_hint("a file, or a symlink that leads nowhere, is in the way");
    }
    current = sys::open_at(current.get(), part, kDirectory | O_NOFOLLOW);
    set_owner(current.get(), plan_.owner.value_or(CopyOwner{}), 0755);
  }
  return current;
}

sys::UniqueFd FileCopier::make_destination() { return provide_path(plan_.destination); }

FileCopier::Target FileCopier::target_of(const std::string& base_name, bool is_directory, bool is_single,
                                         const std::string& below) {
  const std::string destination = plan_.destination + (below.empty() ? "" : "/" + below);
  if (is_directory) return {{provide_path(destination)}, ""};
  const bool is_folder = !below.empty() || plan_.destination.ends_with('/') || !is_single ||
                         sys::open_in_root_if_exists(root_, destination, kDirectory).has_value();
  if (is_folder) return {{provide_path(destination)}, base_name};
  return {{provide_path(parent_path(clean_path(destination)))}, lichen::base_name(clean_path(destination))};
}

CopyOwner FileCopier::owner_of(const SourceTree& tree, const struct stat& info) const {
  if (plan_.owner) return *plan_.owner;
  return tree.keeps_owners ? CopyOwner{info.st_uid, info.st_gid} : CopyOwner{};
}

mode_t FileCopier::mode_of(const struct stat& info) const {
  const mode_t mode = info.st_mode & 07777;
  return plan_.mode ? plan_.mode->apply(mode, S_ISDIR(info.st_mode)) : mode;
}

// In the order in which the kernel keeps them: chown(2) clears set-id bits, and writing changes times.
void FileCopier::finish(int fd, const SourceTree& tree, const struct stat& info) const {
  set_owner(fd, owner_of(tree, info), mode_of(info));
  if (S_ISLNK(info.st_mode)) return;
  if (::chmod(sys::fd_path(fd).c_str(), mode_of(info)) != 0) throw_errno("set the mode of a copied file");
  set_times(fd, info);
}

void FileCopier::copy(const SourceTree& tree, const SourceEntry& entry, bool is_single, const std::string& source) {
  const bool is_directory = S_ISDIR(entry.info.st_mode);
  // What a wildcard has found may be excluded as well: --exclude=*.txt with hom* (Dockerfile reference, COPY
  // --exclude).
  if (!is_directory && (plan_.excluded.ignores(entry.path) || plan_.excluded.ignores(base_name("/" + entry.path))))
    return;
  std::string below;
  if (plan_.keeps_parents) {
    // "a/./b/c" keeps b/; without a pivot all of it.
    const auto pivot = source.find("/./");
    const std::string skipped = pivot == std::string::npos ? "" : clean_path("/" + source.substr(0, pivot)).substr(1);
    below = is_directory ? entry.path : parent_path("/" + entry.path).substr(1);
    if (!skipped.empty() && is_below(below, skipped))
      below = below.size() > skipped.size() ? below.substr(skipped.size() + 1) : "";
    provide_parents(tree, skipped, below);
  }
  // With --parents the destination is a directory whatever it looks like.
  Target target = target_of(base_name("/" + entry.path), is_directory, is_single && !plan_.keeps_parents, below);
  if (is_directory) return copy_directory(tree, entry, target.directory);
  WalkItem item{entry.fd.get(), ".", "", entry.path, &entry.info};
  copy_item(tree, item, target.directory, target.name);
}

// --parents: directories on the way that are not there yet are made as they are in the source.
void FileCopier::provide_parents(const SourceTree& tree, const std::string& above, const std::string& below) {
  std::string source = above, made = plan_.destination;
  provide_path(made);
  for (const auto& part : split(below, '/')) {
    if (part.empty()) continue;
    source += "/" + part;
    made += "/" + part;
    if (sys::open_in_root_if_exists(root_, made, kDirectory)) continue;
    const sys::UniqueFd directory = provide_path(made);
    const auto known = sys::open_in_root_if_exists(tree.root.get(), source, kDirectory);
    struct stat info {};
    if (known && ::fstat(known->get(), &info) == 0) finish(directory.get(), tree, info);
  }
}

// Beneath the root; "" is the root itself.
std::string FileCopier::path_of(const Place& directory) const {
  const std::string root = sys::read_link(sys::fd_path(root_of(directory.is_upper))).value_or("");
  const std::string place = sys::read_link(sys::fd_path(directory.get())).value_or("");
  return place.size() > root.size() ? place.substr(root.size()) : "";
}

FileCopier::Place FileCopier::provide_directory(const SourceTree& tree, const Place& parent, const std::string& name) {
  const bool is_new = ::mkdirat(parent.get(), name.c_str(), 0700) == 0;
  if (!is_new) {
    if (errno != EEXIST) throw_errno("make directory '{}'", name);
    struct stat found {};
    if (::fstatat(parent.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) throw_errno("look at '{}'", name);
    if (S_ISLNK(found.st_mode)) {
      // A link to a directory (/lib -> usr/lib) is one here too, within the root.
      if (auto leads = sys::open_in_root_if_exists(root_of(parent.is_upper), path_of(parent) + "/" + name, kDirectory))
        return {*std::move(leads), parent.is_upper};
    }
    if (!S_ISDIR(found.st_mode))
      throw_error(ErrorKind::conflict, "copy directory '{}': a file of that name is there already", name);
  }
  Place made{sys::open_at(parent.get(), name, kDirectory | O_NOFOLLOW), parent.is_upper};
  // Not where extended attributes come along: an image's could have a meaning for the overlay, which only that knows.
  if (is_new && upper_ && !made.is_upper && !tree.keeps_owners)
    if (auto below = sys::open_in_root_if_exists(upper_.get(), path_of(made), kDirectory))
      made = {*std::move(below), true};
  return made;
}

void FileCopier::copy_directory(const SourceTree& tree, const SourceEntry& entry, const Place& to) {
  std::map<std::string, Place> open;  // directories on the way, by their path beneath the entry
  std::function<const Place&(const std::string&)> directory_of = [&](const std::string& relative) -> const Place& {
    if (relative.empty()) return to;
    if (const auto found = open.find(relative); found != open.end()) return found->second;
    // One that is excluded but holds what is not.
    const Place& parent = directory_of(parent_path("/" + relative).substr(1));
    struct stat info {};
    auto made = provide_directory(tree, parent, base_name("/" + relative));
    const bool is_new = ::fstat(made.get(), &info) == 0 && (info.st_mode & 07777) == 0700;
    if (is_new && ::chmod(sys::fd_path(made.get()).c_str(), 0755) != 0) throw_errno("set a mode");
    return open.emplace(relative, std::move(made)).first->second;
  };
  const auto visit = [&](const WalkItem& item) {
    if (item.relative.empty()) return;
    const Place& parent = directory_of(parent_path("/" + item.relative).substr(1));
    if (!S_ISDIR(item.info->st_mode)) return copy_item(tree, item, parent, item.name);
    open[item.relative] = provide_directory(tree, parent, item.name);
  };
  const auto left = [&](const WalkItem& item) {
    if (item.relative.empty()) return;
    const auto made = open.find(item.relative);
    if (made == open.end()) return;
    finish(made->second.get(), tree, *item.info);
    open.erase(made);
  };
  walk(tree, entry, plan_.excluded, visit, left);
}

void FileCopier::copy_item(const SourceTree& tree, const WalkItem& item, const Place& to, const std::string& name) {
  const struct stat& info = *item.info;
  if (!S_ISREG(info.st_mode)) clear_the_way(to.get(), name);
  if (S_ISLNK(info.st_mode)) {
    if (::symlinkat(sys::read_link_at(item.directory, item.name).c_str(), to.get(), name.c_str()) != 0)
      throw_errno("make symlink '{}'", name);
    return finish(sys::open_at(to.get(), name, O_PATH | O_NOFOLLOW).get(), tree, info);
  }
  if (S_ISFIFO(info.st_mode)) {
    if (::mkfifoat(to.get(), name.c_str(), 0600) != 0) throw_errno("make fifo '{}'", name);
    return finish(sys::open_at(to.get(), name, O_PATH | O_NOFOLLOW).get(), tree, info);
  }
  if (!S_ISREG(info.st_mode)) {
    if (S_ISSOCK(info.st_mode)) return;  // no layer can hold one
    throw Error(ErrorKind::unsupported, format("copy '{}': it is a device", item.path))
        .with_hint("name it in .dockerignore");
  }
  if (info.st_nlink > 1 && link_again(info, to, name)) return;
  copy_file(tree, item, to, name);
}

// Names of one file stay names of one file.
bool FileCopier::link_again(const struct stat& info, const Place& to, const std::string& name) const {
  const auto known = linked_.find({info.st_dev, info.st_ino});
  if (known == linked_.end()) return false;
  const Linked& first = known->second;
  const auto folder_in = [&](bool is_upper) {
    return sys::open_in_root_if_exists(root_of(is_upper), first.directory.empty() ? "/" : first.directory, kDirectory);
  };
  auto directory = folder_in(first.is_upper);
  struct stat found {};
  if (!directory || ::fstatat(directory->get(), first.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (found.st_dev != first.device || found.st_ino != first.inode) return false;  // another source has replaced it
  if (to.is_upper != first.is_upper) directory = folder_in(to.is_upper);          // a link stays within a mount
  clear_the_way(to.get(), name);
  return directory && ::linkat(directory->get(), first.name.c_str(), to.get(), name.c_str(), 0) == 0;
}

void FileCopier::remember_link(const struct stat& info, int made, const Place& to, const std::string& name) {
  struct stat found {};
  if (::fstat(made, &found) != 0) return;
  linked_[{info.st_dev, info.st_ino}] = {path_of(to), name, to.is_upper, found.st_dev, found.st_ino};
}

void FileCopier::copy_file(const SourceTree& tree, const WalkItem& item, const Place& to, const std::string& name) {
  const struct stat& info = *item.info;
  const sys::UniqueFd from = item.relative.empty()
                                 ? sys::open_path(sys::fd_path(item.directory), O_RDONLY)
                                 : sys::open_at(item.directory, item.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const sys::UniqueFd file = create_file(to.get(), name);
  sys::copy_file_data(from.get(), file.get(), info.st_size, item.path);
  if (tree.keeps_owners) sys::copy_xattrs(from.get(), file.get(), item.path);
  const CopyOwner owner = owner_of(tree, info);
  if (owner.uid != 0 || owner.gid != 0) set_owner(file.get(), owner, mode_of(info));  // it is root's, whom we are
  if (::fchmod(file.get(), mode_of(info)) != 0) throw_errno("set the mode of '{}'", item.path);
  const timespec times[2] = {info.st_atim, info.st_mtim};
  ::futimens(file.get(), times);
  if (info.st_nlink > 1) remember_link(info, file.get(), to, name);
}

void FileCopier::write(const InlineFile& file, bool is_single) {
  const Target target = target_of(file.name, /*is_directory=*/false, is_single, "");
  clear_the_way(target.directory.get(), target.name);
  const sys::UniqueFd made = sys::open_at(target.directory.get(), target.name, O_WRONLY | O_CREAT | O_EXCL, 0644);
  sys::write_all(made.get(), file.content, file.name);
  const mode_t mode = plan_.mode ? plan_.mode->apply(0644, false) : 0644;
  set_owner(made.get(), plan_.owner.value_or(CopyOwner{}), mode);
  if (::fchmod(made.get(), mode) != 0) throw_errno("set the mode of '{}'", file.name);
}

}  // namespace lichen::buildah
