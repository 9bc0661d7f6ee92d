#include "libpod/image/unpack.hh"

#include <algorithm>
#include <array>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/time.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/unpack_attributes.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kAufs = ".wh..wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::ptrdiff_t kMaxDepth = 512;  // removal holds a descriptor per level; Linux gives a process 1024

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::invalid, why); }

bool is_whiteout(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == 0; }

std::string split_parent(const std::string& clean) {
  const auto slash = clean.rfind('/');
  return slash == std::string::npos ? "" : clean.substr(0, slash);
}

std::string split_base(const std::string& clean) {
  const auto slash = clean.rfind('/');
  return slash == std::string::npos ? clean : clean.substr(slash + 1);
}

}  // namespace

void SpaceGuard::add(std::uint64_t bytes) {
  used_ += bytes;
  if (used_ > limit_)
    throw_error(ErrorKind::invalid, "it unpacks to more than the {} allowed for its size",
                human_size(static_cast<double>(limit_)));
  if (!first_ && used_ - checked_ < kSpaceStep) return;
  first_ = false;
  checked_ = used_;
  struct statvfs info {};
  if (::statvfs(directory_.c_str(), &info) != 0) return;
  const std::uint64_t left = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  // Small file systems (a tmpfs) keep a twentieth free instead.
  const std::uint64_t total = static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize;
  if (left < std::min<std::uint64_t>(kSpaceReserve + kSpaceStep, total / 20))
    throw Error(
        ErrorKind::system,
        format("No space left on the file system of '{}': only {}", directory_, human_size(static_cast<double>(left))),
        ENOSPC)
        .with_hint("free space, for instance with 'lichen system prune', or choose another place with --root");
}

LayerUnpacker::LayerUnpacker(const std::string& layer_dir, sys::IdMaps maps, JournalWriter& journal, SpaceGuard& space)
    : maps_(std::move(maps)), journal_(journal), space_(space) {
  // Modes of what is made are the archive's affair; everything of ours sets its mode itself.
  ::umask(0);
  sys::make_directory(layer_dir + "/diff", 0755);
  layer_ = sys::open_path(layer_dir, O_PATH | O_DIRECTORY);
  root_ = sys::open_path(layer_dir + "/diff", O_RDONLY | O_DIRECTORY);
  root_path_ = sys::read_link(sys::fd_path(root_.get())).value_or("");
}

std::uint64_t LayerUnpacker::unpack(ByteSource& tar) {
  std::uint64_t entries = 0;
  // Every byte counts when it comes, here or in write_data: padding and data of entries that make no file, too.
  TarReader reader(tar, [&](Bytes data) {
    space_.add(data.size());
    journal_.literal(data);
  });
  while (const auto entry = reader.next()) {
    if (++entries > kMaxEntries) throw_error(ErrorKind::invalid, "more than {} entries", kMaxEntries);
    try {
      unpack_entry(reader, *entry);
    } catch (Error& error) {
      error.add_context(format("entry '{}'", printable(entry->name.substr(0, 256))));
      throw;
    }
  }
  reader.drain();
  set_directory_times();
  return reader.position();
}

std::string LayerUnpacker::clean_name(const std::string& name) const {
  if (name.size() > kMaxPathLength) refuse("its name is longer than a path may be");
  std::string clean = clean_path(name);
  if (clean.starts_with('/')) clean.erase(0, 1);
  if (clean == ".") clean.clear();
  if (clean == ".." || clean.starts_with("../")) refuse("it lies outside the layer");
  if (std::count(clean.begin(), clean.end(), '/') >= kMaxDepth) refuse("it lies too deep");
  return clean;
}

void LayerUnpacker::open_parent(const std::string& parent) {
  if (parent_known_ && parent == parent_name_) return;
  parent_known_ = false;
  if (parent.empty()) {
    parent_ = sys::duplicate(root_.get());
    parent_path_.clear();
  } else {
    if (auto known = sys::open_in_root_if_exists(root_.get(), parent, O_PATH | O_DIRECTORY))
      parent_ = *std::move(known);
    else
      parent_ = sys::make_directories_in_root(root_.get(), parent, 0755);
    const auto real = sys::read_link(sys::fd_path(parent_.get()));
    if (!real || root_path_.empty() || !is_below(*real, root_path_))
      throw_error(ErrorKind::system, "'/proc' does not tell where '{}' is", printable(parent));
    parent_path_ = real->size() > root_path_.size() ? real->substr(root_path_.size() + 1) : "";
  }
  parent_name_ = parent;
  parent_known_ = true;
}

LayerUnpacker::Place LayerUnpacker::locate(const std::string& clean) {
  open_parent(split_parent(clean));
  Place place{parent_.get(), split_base(clean), ""};
  place.path = parent_path_.empty() ? place.base : parent_path_ + "/" + place.base;
  return place;
}

void LayerUnpacker::unpack_entry(TarReader& reader, const TarEntry& entry) {
  const std::string clean = clean_name(entry.name);
  if (clean.empty()) {
    if (entry.type != TarType::directory) refuse("the layer's root must be a directory");
    return set_root_attributes(entry);
  }
  const std::string base = split_base(clean);
  // aufs' own records (.wh..wh.plnk and the like); docker skips them too.
  if (base != kOpaque && ("/" + clean).find("/" + std::string(kAufs)) != std::string::npos && !clean.ends_with(kOpaque))
    return;
  // A directory of such a name would be read as a whiteout by some mount programs.
  if (("/" + split_parent(clean)).find("/" + std::string(kWhiteout)) != std::string::npos)
    refuse("it lies below a whiteout");
  if (base.starts_with(kWhiteout)) {
    const std::string hidden = base.substr(kWhiteout.size());
    if (base != kOpaque && (hidden.empty() || hidden == "." || hidden == "..")) refuse("a whiteout of no name");
    return make_whiteout(locate(clean), hidden);
  }
  const Place place = locate(clean);
  switch (entry.type) {
    case TarType::file:
      return make_file(reader, entry, place);
    case TarType::directory:
      return make_directory(entry, place);
    case TarType::symlink:
      return make_symlink(entry, place);
    case TarType::hard_link:
      return make_hard_link(entry, place);
    case TarType::fifo:
      return make_fifo(entry, place);
    case TarType::character_device:
    case TarType::block_device:
      log_debug("device '{}' is not made", printable(entry.name));
      return;
  }
}

// Whatever is at the place goes. Data that the journal refers to must stay, so files and directories move to replaced/.
void LayerUnpacker::clear_the_way(const Place& place, bool for_directory) {
  struct stat info {};
  if (::fstatat(place.parent, place.base.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return;
    throw_errno("look at it");
  }
  if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) {
    if (!replaced_dir_) {
      if (::mkdirat(layer_.get(), "replaced", 0700) != 0 && errno != EEXIST) throw_errno("make directory 'replaced'");
      replaced_dir_ = sys::open_at(layer_.get(), "replaced", O_PATH | O_DIRECTORY);
    }
    const std::uint32_t number = replaced_++;
    if (::renameat(place.parent, place.base.c_str(), replaced_dir_.get(), std::to_string(number).c_str()) != 0)
      throw_errno("move what it replaces aside");
    journal_.replaced(place.path, number);
  } else if (::unlinkat(place.parent, place.base.c_str(), 0) != 0) {
    throw_errno("remove what it replaces");
  }
  // Names may resolve elsewhere from here on; the descriptor in `place` stays good, the cache of it does not.
  if (!S_ISREG(info.st_mode)) parent_known_ = false;
  if (!is_whiteout(info) || !for_directory) return;
  // The layers beneath had something here that this layer's whiteout hid: its new directory must not show it again.
  if (::mkdirat(place.parent, place.base.c_str(), 0755) != 0) throw_errno("make directory");
  const auto made = sys::open_at(place.parent, place.base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  set_opaque(made.get());
}

void LayerUnpacker::make_whiteout(const Place& place, const std::string& hidden) {
  if (place.base == kOpaque) {
    const auto directory = sys::open_at(place.parent, ".", O_RDONLY | O_DIRECTORY);
    return set_opaque(directory.get());
  }
  if (::mknodat(place.parent, hidden.c_str(), S_IFCHR, makedev(0, 0)) == 0) return;
  if (errno != EEXIST) throw_errno("make a whiteout");
  // A whiteout only hides what lies in layers beneath (image-spec layer.md, "Whiteouts"); a directory of our own stays,
  // alone.
  struct stat info {};
  if (::fstatat(place.parent, hidden.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode)) {
    const auto directory = sys::open_at(place.parent, hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    set_opaque(directory.get());
  }
}

void LayerUnpacker::set_opaque(int directory) {
  if (!mark_opaque(directory)) {
    // fuse-overlayfs and our own copying driver know this form.
    const sys::UniqueFd mark(
        ::openat(directory, std::string(kOpaque).c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!mark) throw_errno("mark the directory opaque");
  }
}

void LayerUnpacker::make_file(TarReader& reader, const TarEntry& entry, const Place& place) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const mode_t mode = entry.mode & 0777;
  sys::UniqueFd fd(::openat(place.parent, place.base.c_str(), kFlags, mode));
  if (!fd && errno == EEXIST) {
    clear_the_way(place, /*for_directory=*/false);
    fd.reset(::openat(place.parent, place.base.c_str(), kFlags, mode));
  }
  if (!fd) throw_errno("make the file");
  write_data(reader, entry, fd.get(), place.path);
  set_open_attributes(entry, fd.get());
}

void LayerUnpacker::write_data(TarReader& reader, const TarEntry& entry, int fd, const std::string& path) {
  const auto write = [&](Bytes data) {
    space_.add(data.size());
    sys::write_all(fd, {reinterpret_cast<const char*>(data.data()), data.size()}, path);
  };
  if (!entry.is_sparse) {
    reader.read_data(write);
    journal_.file_data(path, 0, entry.size);
    return;
  }
  for (const auto& part : entry.parts) {
    if (::lseek(fd, static_cast<off_t>(part.offset), SEEK_SET) < 0) throw_errno("seek in the sparse file");
    reader.read_data(write, part.length);
    journal_.file_data(path, part.offset, part.length);
  }
  if (::ftruncate(fd, static_cast<off_t>(entry.size)) != 0) throw_errno("set the size of the sparse file");
}

void LayerUnpacker::make_directory(const TarEntry& entry, const Place& place) {
  const mode_t mode = entry.mode & 0777;
  if (::mkdirat(place.parent, place.base.c_str(), mode) != 0) {
    if (errno != EEXIST) throw_errno("make the directory");
    struct stat info {};
    if (::fstatat(place.parent, place.base.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) throw_errno("look at it");
    if (!S_ISDIR(info.st_mode)) {
      clear_the_way(place, /*for_directory=*/true);
      if (::mkdirat(place.parent, place.base.c_str(), mode) != 0 && errno != EEXIST) throw_errno("make the directory");
    }
  }
  if ((entry.mode & 02000) != 0) has_setgid_directory_ = true;
  set_named_attributes(entry, place);
  times_.push_back({place.path, entry.mtime, entry.mtime_nsec});
}

void LayerUnpacker::make_symlink(const TarEntry& entry, const Place& place) {
  if (entry.link.empty() || entry.link.size() > kMaxPathLength) refuse("a symlink with no or too long a target");
  if (::symlinkat(entry.link.c_str(), place.parent, place.base.c_str()) != 0) {
    if (errno != EEXIST) throw_errno("make the symlink");
    clear_the_way(place, /*for_directory=*/false);
    if (::symlinkat(entry.link.c_str(), place.parent, place.base.c_str()) != 0) throw_errno("make the symlink");
  }
  set_named_attributes(entry, place);
}

void LayerUnpacker::make_hard_link(const TarEntry& entry, const Place& place) {
  const std::string target = clean_name(entry.link);
  if (target.empty()) refuse("a hard link to the layer's root");
  // Its directory is resolved as all names are; linkat does not follow the last component.
  const auto directory = sys::open_in_root_if_exists(
      root_.get(), split_parent(target).empty() ? "." : split_parent(target), O_PATH | O_DIRECTORY);
  struct stat wanted {
  }, there{};
  if (!directory || ::fstatat(directory->get(), split_base(target).c_str(), &wanted, AT_SYMLINK_NOFOLLOW) != 0)
    refuse(format("a hard link to '{}', which this layer does not hold", printable(entry.link)));
  if (S_ISDIR(wanted.st_mode)) refuse(format("a hard link to the directory '{}'", printable(entry.link)));
  if (::linkat(directory->get(), split_base(target).c_str(), place.parent, place.base.c_str(), 0) == 0) return;
  if (errno != EEXIST) throw_errno("link to '{}'", printable(entry.link));
  if (::fstatat(place.parent, place.base.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == wanted.st_ino &&
      there.st_dev == wanted.st_dev)
    return;
  clear_the_way(place, /*for_directory=*/false);
  if (::linkat(directory->get(), split_base(target).c_str(), place.parent, place.base.c_str(), 0) != 0) {
    const int error = errno;
    throw_errno_value(error, "link to '{}'", printable(entry.link));
  }
}

void LayerUnpacker::make_fifo(const TarEntry& entry, const Place& place) {
  if (::mkfifoat(place.parent, place.base.c_str(), entry.mode & 0777) != 0) {
    if (errno != EEXIST) throw_errno("make the fifo");
    clear_the_way(place, /*for_directory=*/false);
    if (::mkfifoat(place.parent, place.base.c_str(), entry.mode & 0777) != 0) throw_errno("make the fifo");
  }
  set_named_attributes(entry, place);
}

bool LayerUnpacker::check_owner(const TarEntry& entry) const {
  if (maps_.single_id()) return false;
  check_mapped(maps_.uids, entry.uid, "user");
  check_mapped(maps_.gids, entry.gid, "group");
  return true;
}

void LayerUnpacker::set_open_attributes(const TarEntry& entry, int fd) {
  const bool can_own = check_owner(entry);
  const bool owned_by_root = entry.uid == 0 && entry.gid == 0;
  if (can_own && (!owned_by_root || has_setgid_directory_) &&
      ::fchown(fd, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid)) != 0)
    throw_errno("set its owner");
  // chown and write clear set-id bits (chown(2)), open(2) was not given them.
  if ((entry.mode & 07000) != 0 && ::fchmod(fd, entry.mode & 07777) != 0) throw_errno("set its mode");
  if (!can_own && !owned_by_root) record_owner(fd, entry);
  for (const auto& [name, value] : entry.xattrs) set_xattr(fd, name, value);
  const std::array<timespec, 2> times{timespec{entry.mtime, entry.mtime_nsec}, timespec{entry.mtime, entry.mtime_nsec}};
  if (::futimens(fd, times.data()) != 0) throw_errno("set its time");
}

void LayerUnpacker::set_named_attributes(const TarEntry& entry, const Place& place) {
  const char* name = place.base.c_str();
  const bool can_own = check_owner(entry);
  if (can_own && ::fchownat(place.parent, name, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid),
                            AT_SYMLINK_NOFOLLOW) != 0)
    throw_errno("set its owner");
  // Not through a symlink: what is at `name` was made or seen by this entry, and nobody else is here.
  if (entry.type != TarType::symlink && ::fchmodat(place.parent, name, entry.mode & 07777, 0) != 0)
    throw_errno("set its mode");
  const bool record = !can_own && (entry.uid != 0 || entry.gid != 0);
  if (entry.type == TarType::directory && (record || !entry.xattrs.empty())) {
    const auto fd = sys::open_at(place.parent, place.base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (record) record_owner(fd.get(), entry);
    for (const auto& [key, value] : entry.xattrs) set_xattr(fd.get(), key, value);
  }
  if (entry.type == TarType::directory) return;  // what is made in it changes its time: set at the end
  const std::array<timespec, 2> times{timespec{entry.mtime, entry.mtime_nsec}, timespec{entry.mtime, entry.mtime_nsec}};
  if (::utimensat(place.parent, name, times.data(), AT_SYMLINK_NOFOLLOW) != 0) throw_errno("set its time");
}

void LayerUnpacker::set_root_attributes(const TarEntry& entry) {
  const bool can_own = check_owner(entry);
  if (can_own && ::fchown(root_.get(), static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid)) != 0)
    throw_errno("set its owner");
  if (::fchmod(root_.get(), entry.mode & 07777) != 0) throw_errno("set its mode");
  if (!can_own && (entry.uid != 0 || entry.gid != 0)) record_owner(root_.get(), entry);
  for (const auto& [name, value] : entry.xattrs) set_xattr(root_.get(), name, value);
  times_.push_back({"", entry.mtime, entry.mtime_nsec});
}

void LayerUnpacker::set_directory_times() {
  parent_known_ = false;
  for (const auto& time : times_) {
    const std::array<timespec, 2> times{timespec{time.mtime, time.nsec}, timespec{time.mtime, time.nsec}};
    if (time.path.empty()) {
      if (::futimens(root_.get(), times.data()) != 0) throw_errno("set the time of the layer's root");
      continue;
    }
    open_parent(split_parent(time.path));
    const std::string base = split_base(time.path);
    struct stat info {};
    // A later entry may have replaced the directory by something with a time of its own.
    if (::fstatat(parent_.get(), base.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(info.st_mode)) continue;
    if (::utimensat(parent_.get(), base.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
      throw_errno("set the time of '{}'", printable(time.path));
  }
}

}  // namespace lichen::image
