#include "libpod/image/adopt_layer.hh"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/image/adopt_attributes.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/journal.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/tar_entry_writer.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kOpaqueDevice = ".wh..opq";  // fuse-overlayfs leaves this too, beside its other two marks
constexpr std::size_t kMaxDepth = 512;                  // as LayerUnpacker
constexpr std::size_t kMaxPath = kMaxPathLength - std::string_view("diff/").size();  // rebuild_tar looks it up so
constexpr off_t kWorthAdvice = 4 << 20;

// By bytes; a whiteout by the name that it hides, so that its place is the same in both forms, and before that name.
bool comes_before(const std::string& a, const std::string& b) {
  const auto key = [](std::string_view name) {
    const bool marks = name.starts_with(kWhiteout);
    return std::pair(marks ? name.substr(kWhiteout.size()) : name, !marks);
  };
  return key(a) < key(b);
}

// The tar that never is: every byte is hashed, and noted in the journal.
class TarStream {
 public:
  explicit TarStream(JournalWriter& journal) : journal_(journal) {}

  void entry(const TarEntry& entry, dev_t device = 0) {
    bytes_.clear();
    append_tar_entry(entry, device, bytes_);
    literal(bytes_);
  }
  void literal(Bytes data) {
    journal_.literal(data);
    size_ += data.size();
    while (!data.empty()) {
      const std::size_t count = std::min(data.size(), kBuffer - filled_);
      std::memcpy(buffer_.get() + filled_, data.data(), count);
      data = data.subspan(count);
      take(count);
    }
  }
  // The whole file; it must be as long as `info` says.
  void file(int fd, const std::string& path, const struct stat& info) {
    const off_t size = info.st_size;
    const bool has_holes = info.st_blocks * 512 < size;
    for (off_t at = 0; at < size;) {
      off_t end = size;
      if (has_holes) {  // reading one would fill the page cache with zeros
        const off_t data = find(fd, at, SEEK_DATA, size);
        zeros(static_cast<std::uint64_t>(data - at));
        at = data;
        end = find(fd, at, SEEK_HOLE, size);
        if (::lseek(fd, at, SEEK_SET) < 0) throw_errno("seek in it");
      }
      data(fd, static_cast<std::uint64_t>(end - at));
      at = end;
    }
    journal_.file_data(path, 0, static_cast<std::uint64_t>(size));
    size_ += static_cast<std::uint64_t>(size);
    literal(Bytes(kZeros).first(tar_padding(static_cast<std::uint64_t>(size))));
  }
  // @return digest and size
  std::pair<Digest, std::uint64_t> finish() {
    literal(kZeros);
    journal_.finish(size_);
    hasher_.update(Bytes(buffer_.get(), filled_));
    return {hasher_.finish(), size_};
  }

 private:
  // No thread of its own for the digest: reading 1 GB from the cache is a tenth of the time that hashing it takes.
  static constexpr std::size_t kBuffer = 256u << 10;
  // lseek(2): ENXIO when there is no more data.
  static off_t find(int fd, off_t from, int what, off_t size) {
    const off_t found = ::lseek(fd, from, what);
    if (found < 0 && errno != ENXIO) throw_errno("seek in it");
    return found < 0 ? size : std::min(found, size);
  }
  void data(int fd, std::uint64_t left) {
    while (left > 0) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer - filled_, left));
      const ssize_t count = ::read(fd, buffer_.get() + filled_, wanted);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno("read it");
      if (count == 0) throw_error(ErrorKind::conflict, "it became shorter while it was read");
      take(static_cast<std::size_t>(count));
      left -= static_cast<std::uint64_t>(count);
    }
  }
  void zeros(std::uint64_t left) {
    while (left > 0) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer - filled_, left));
      std::memset(buffer_.get() + filled_, 0, count);
      take(count);
      left -= count;
    }
  }
  void take(std::size_t count) {
    filled_ += count;
    if (filled_ < kBuffer) return;
    hasher_.update(Bytes(buffer_.get(), filled_));
    filled_ = 0;
  }

  static constexpr std::array<std::uint8_t, 2 * kTarBlock> kZeros{};
  JournalWriter& journal_;
  Hasher hasher_;
  std::unique_ptr<std::uint8_t[]> buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBuffer);
  std::size_t filled_ = 0;
  std::vector<std::uint8_t> bytes_;
  std::uint64_t size_ = 0;
};

class Adoption {
 public:
  Adoption(JournalWriter& journal, const AdoptOptions& options) : tar_(journal), options_(options) {}

  AdoptedLayer run(int diff) {
    try {
      struct stat info {};
      if (::fstat(diff, &info) != 0) throw_errno("look at it");
      TarEntry entry = describe(info, "./");
      entry.type = TarType::directory;
      read_attributes(diff, entry, options_.maps.single_id());
      if (entry.mode != 0755 || entry.uid != 0 || entry.gid != 0 || !entry.xattrs.empty()) tar_.entry(entry);
      settle_time(diff, info, /*touched=*/walk(diff, "", 0));
    } catch (Error& error) {
      error.add_context(format("'{}'", current_.empty() ? "/" : printable(current_)));
      throw;
    }
    if (entries_ > kMaxEntries)
      log_warn("a layer of {} entries: 'lichen pull' takes at most {}", entries_, kMaxEntries);
    const auto [digest, size] = tar_.finish();
    return {digest, size, disk_size_};
  }

 private:
  // What the entry's stat says; its size on disk is counted.
  TarEntry describe(const struct stat& info, std::string name) {
    ++entries_;
    disk_size_ += static_cast<std::uint64_t>(info.st_blocks) * 512;  // inode(7): whatever the file system's block is
    TarEntry entry;
    entry.name = std::move(name);
    entry.mode = info.st_mode & 07777;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mtime = is_too_new(info) ? *options_.latest_time : info.st_mtim.tv_sec;
    return entry;
  }

  bool is_too_new(const struct stat& info) const {
    const auto& latest = options_.latest_time;
    return latest && (info.st_mtim.tv_sec > *latest || (info.st_mtim.tv_sec == *latest && info.st_mtim.tv_nsec > 0));
  }
  // Of reading and writing, as they are to be.
  std::array<timespec, 2> times(const struct stat& info) const {
    const bool limited = is_too_new(info);
    return {timespec{0, UTIME_OMIT}, limited ? timespec{static_cast<time_t>(*options_.latest_time), 0} : info.st_mtim};
  }
  void settle_time(int fd, const struct stat& info, bool touched) const {
    if ((touched || is_too_new(info)) && ::futimens(fd, times(info).data()) != 0) throw_errno("set its time");
  }

  // @return whether the directory was written to
  bool walk(int directory, const std::string& path, std::size_t depth) {
    auto names = sys::list_directory_at(directory, printable(path));
    std::sort(names.begin(), names.end(), comes_before);
    if (depth >= kMaxDepth && !names.empty()) throw_error(ErrorKind::unsupported, "it lies too deep for a layer");
    const std::string prefix = path.empty() ? "" : path + "/";
    const bool opaque = has_opaque_mark(directory) || std::find(names.begin(), names.end(), kOpaque) != names.end();
    if (opaque) mark(prefix + std::string(kOpaque));
    for (const auto& name : names) {
      if (name == kOpaque || (opaque && name == kOpaqueDevice)) continue;
      const std::string child_path = prefix + name;
      current_ = child_path;
      if (child_path.size() > kMaxPath) throw_error(ErrorKind::unsupported, "its path is too long for a layer");
      child(directory, name, child_path, depth);
    }
    return opaque && unify_opaque_mark(directory, {kOpaque, kOpaqueDevice});
  }

  void child(int directory, const std::string& name, const std::string& path, std::size_t depth) {
    struct stat info {};
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) throw_errno("look at it");
    if (S_ISCHR(info.st_mode) && info.st_rdev == 0)
      return mark(path.substr(0, path.size() - name.size()) + std::string(kWhiteout) + name);
    if (S_ISREG(info.st_mode) && info.st_size == 0 && name.starts_with(kWhiteout)) return mark(path);
    if (S_ISSOCK(info.st_mode)) return;
    if (S_ISDIR(info.st_mode)) return subdirectory(directory, name, path, info, depth);
    if (info.st_nlink > 1) {
      // Only what has other names is remembered.
      const auto [first, is_new] = links_.try_emplace({info.st_dev, info.st_ino}, path);
      if (!is_new) return hard_link(info, path, first->second);
    }
    if (S_ISREG(info.st_mode)) return file(directory, name, path, info);
    special(directory, name, path, info);
    if (is_too_new(info) && ::utimensat(directory, name.c_str(), times(info).data(), AT_SYMLINK_NOFOLLOW) != 0)
      throw_errno("set its time");
  }

  // A whiteout has no owner and no time that anybody sees: the same bytes whenever it was made.
  void mark(std::string path) {
    ++entries_;
    TarEntry entry;
    entry.name = std::move(path);
    entry.mode = 0600;
    tar_.entry(entry);
  }

  void hard_link(const struct stat& info, const std::string& path, const std::string& first) {
    ++entries_;
    TarEntry entry;
    entry.type = TarType::hard_link;
    entry.name = path;
    entry.link = first;
    entry.mode = info.st_mode & 07777;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mtime = is_too_new(info) ? *options_.latest_time : info.st_mtim.tv_sec;
    tar_.entry(entry);
  }

  static sys::UniqueFd open_same(int directory, const std::string& name, int flags, const struct stat& seen) {
    auto fd = sys::open_at(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
    if (!is_same(fd.get(), seen)) throw_error(ErrorKind::conflict, "it was replaced while it was read");
    return fd;
  }
  static bool is_same(int fd, const struct stat& seen) {
    struct stat now {};
    if (::fstat(fd, &now) != 0) throw_errno("look at it");
    return now.st_dev == seen.st_dev && now.st_ino == seen.st_ino && now.st_mode == seen.st_mode &&
           now.st_size == seen.st_size && now.st_mtim.tv_sec == seen.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == seen.st_mtim.tv_nsec;
  }

  void file(int directory, const std::string& name, const std::string& path, const struct stat& info) {
    const auto fd = open_same(directory, name, 0, info);
    if (info.st_size >= kWorthAdvice) ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    TarEntry entry = describe(info, path);
    entry.size = static_cast<std::uint64_t>(info.st_size);
    read_attributes(fd.get(), entry, options_.maps.single_id());
    tar_.entry(entry);
    if (info.st_size > 0) {
      tar_.file(fd.get(), path, info);
      if (!is_same(fd.get(), info)) throw_error(ErrorKind::conflict, "it changed while it was read");
    }
    settle_time(fd.get(), info, /*touched=*/false);
  }

  void subdirectory(int directory, const std::string& name, const std::string& path, const struct stat& info,
                    std::size_t depth) {
    if (name.starts_with(kWhiteout))
      throw Error(ErrorKind::unsupported, "a directory of such a name would be a whiteout to all who read the layer")
          .with_hint("name it otherwise: '.wh.' is what image layers mark deleted files with");
    const auto fd = open_same(directory, name, O_DIRECTORY, info);
    TarEntry entry = describe(info, path + "/");
    entry.type = TarType::directory;
    read_attributes(fd.get(), entry, options_.maps.single_id());
    tar_.entry(entry);
    const bool touched = walk(fd.get(), path, depth + 1);
    current_ = path;
    settle_time(fd.get(), info, touched);
  }

  void special(int directory, const std::string& name, const std::string& path, const struct stat& info) {
    TarEntry entry = describe(info, path);
    if (S_ISLNK(info.st_mode)) {
      entry.type = TarType::symlink;
      entry.link = read_target(directory, name);
    } else if (S_ISFIFO(info.st_mode)) {
      entry.type = TarType::fifo;
    } else {
      entry.type = S_ISCHR(info.st_mode) ? TarType::character_device : TarType::block_device;
    }
    tar_.entry(entry, info.st_rdev);
  }

  TarStream tar_;
  const AdoptOptions& options_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;  // of what has several names: the first
  std::string current_;                                   // for error messages
  std::uint64_t disk_size_ = 0, entries_ = 0;
};

}  // namespace

AdoptedLayer adopt_directory(int layer_dir, const AdoptOptions& options) {
  const auto diff = sys::open_at(layer_dir, "diff", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  auto file = sys::open_at(layer_dir, "tar.journal", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  const auto journal_file = sys::duplicate(file.get());  // to ask for its size when it is whole
  JournalWriter journal(std::move(file));
  AdoptedLayer layer = Adoption(journal, options).run(diff.get());
  struct stat info {};
  if (::fstat(journal_file.get(), &info) != 0) throw_errno("look at 'tar.journal'");
  layer.disk_size += static_cast<std::uint64_t>(info.st_blocks) * 512;
  return layer;
}

}  // namespace lichen::image
