#include "libpod/image/archive_members.hh"

#include <map>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/image/inflate.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/tar_reader.hh"
#include "libpod/image/unpack.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr std::size_t kMaxMembers = 100'000;
constexpr int kMaxLinks = 16;

std::string key_of(const std::string& name) {
  std::string clean = clean_path(name);
  if (clean.starts_with('/')) clean.erase(0, 1);
  return clean;
}

[[noreturn]] void missing(const std::string& what, const std::string& name) {
  throw_error(ErrorKind::invalid, "'{}': it has no member '{}'", what, printable(name));
}

class TarMembers : public ArchiveMembers {
 public:
  struct Member {
    std::uint64_t offset = 0, size = 0;
    int spooled = -1;
    std::string link;
  };

  TarMembers(sys::UniqueFd file, std::string what) : file_(std::move(file)), what_(std::move(what)) {}

  void index(std::uint64_t file_size) {
    FdSource source(file_.get(), what_, 0, file_size);
    TarReader reader(source, {});
    while (const auto entry = reader.next()) {
      Member member{reader.position(), entry->stored, -1, {}};
      add(*entry, std::move(member));
    }
  }

  void spool(const store::Paths& paths, ByteSource& tar) {
    spool_ = std::make_unique<store::StagingDir>(paths);
    SpaceGuard space(spool_->path(), UINT64_MAX);
    TarReader reader(tar, {});
    while (const auto entry = reader.next()) {
      Member member{0, entry->stored, -1, {}};
      if (entry->type == TarType::file) {
        member.spooled = spooled_++;
        const auto out = sys::open_path(spool_path(member), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        reader.read_data([&](Bytes data) {
          space.add(data.size());
          sys::write_all(out.get(), {reinterpret_cast<const char*>(data.data()), data.size()},
                         "a member of the archive");
        });
      }
      add(*entry, std::move(member));
    }
    reader.drain();  // a pipe's writer must not die of SIGPIPE
  }

  bool empty() const { return members_.empty(); }
  bool has(const std::string& name) const override { return find(name) != nullptr; }
  std::uint64_t size(const std::string& name) const override { return get(name).size; }
  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    const Member& member = get(name);
    if (member.spooled < 0)
      return std::make_unique<FdSource>(file_.get(), what_ + ": " + name, member.offset, member.size);
    return std::make_unique<OwnedFdSource>(sys::open_path(spool_path(member), O_RDONLY | O_NOFOLLOW),
                                           what_ + ": " + name, member.size);
  }

 private:
  class OwnedFdSource : public FdSource {
   public:
    OwnedFdSource(sys::UniqueFd fd, std::string what, std::uint64_t size)
        : FdSource(fd.get(), std::move(what), 0, size), fd_(std::move(fd)) {}

   private:
    sys::UniqueFd fd_;
  };

  void add(const TarEntry& entry, Member member) {
    if (members_.size() >= kMaxMembers)
      throw_error(ErrorKind::invalid, "'{}': more than {} members", what_, kMaxMembers);
    const std::string key = key_of(entry.name);
    if (entry.type == TarType::symlink)
      member.link = key_of(parent_path(key) + "/" + entry.link);
    else if (entry.type == TarType::hard_link)
      member.link = key_of(entry.link);
    else if (entry.type != TarType::file || entry.is_sparse)
      return;
    if (!members_.emplace(key, std::move(member)).second)
      throw_error(ErrorKind::invalid, "'{}': member '{}' is there twice", what_, printable(key));
  }
  const Member* find(const std::string& name) const {
    auto found = members_.find(key_of(name));
    for (int i = 0; found != members_.end() && !found->second.link.empty(); ++i) {
      if (i == kMaxLinks) return nullptr;
      found = members_.find(found->second.link);
    }
    return found == members_.end() ? nullptr : &found->second;
  }
  const Member& get(const std::string& name) const {
    const Member* member = find(name);
    if (member == nullptr) missing(what_, name);
    return *member;
  }
  std::string spool_path(const Member& member) const { return format("{}/{}", spool_->path(), member.spooled); }

  sys::UniqueFd file_;
  std::string what_;
  std::unique_ptr<store::StagingDir> spool_;
  int spooled_ = 0;
  std::map<std::string, Member> members_;
};

class DirectoryMembers : public ArchiveMembers {
 public:
  DirectoryMembers(sys::UniqueFd root, std::string what) : root_(std::move(root)), what_(std::move(what)) {}

  bool has(const std::string& name) const override {
    struct stat info {};
    return inspect(name, info);
  }
  std::uint64_t size(const std::string& name) const override {
    struct stat info {};
    if (!inspect(name, info)) missing(what_, name);
    return static_cast<std::uint64_t>(info.st_size);
  }
  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    auto fd = sys::open_in_root_if_exists(root_.get(), name, O_RDONLY | O_NONBLOCK);
    if (!fd) missing(what_, name);
    return std::make_unique<Owned>(*std::move(fd), what_ + "/" + name, size(name));
  }

 private:
  class Owned : public FdSource {
   public:
    Owned(sys::UniqueFd fd, std::string what, std::uint64_t size)
        : FdSource(fd.get(), std::move(what), 0, size), fd_(std::move(fd)) {}

   private:
    sys::UniqueFd fd_;
  };
  bool inspect(const std::string& name, struct stat& info) const {
    const auto fd = sys::open_in_root_if_exists(root_.get(), name, O_PATH);
    return fd && ::fstat(fd->get(), &info) == 0 && S_ISREG(info.st_mode);
  }

  sys::UniqueFd root_;
  std::string what_;
};

// A tar begins with a header of valid checksum or an empty block; anything else gets a word about what it looks like.
[[noreturn]] void not_an_archive(const std::string& what, Error& error) {
  error.add_context(format("'{}' is not an image archive", what));
  error.with_hint(
      "docker-archive and oci-archive files (tar, also gzip, zstd, bzip2, xz) and OCI layout directories can be "
      "loaded");
  throw error;
}

}  // namespace

std::string ArchiveMembers::read(const std::string& name, std::size_t limit) const {
  if (size(name) > limit)
    throw_error(ErrorKind::invalid, "'{}': larger than the {} bytes allowed", printable(name), limit);
  return read_source_all(*open(name), name, limit);
}

std::unique_ptr<ArchiveMembers> open_archive(const store::Paths& paths, const std::string& input) {
  const bool from_stdin = input.empty() || input == "-";
  const std::string what = from_stdin ? "standard input" : input;
  sys::UniqueFd file = from_stdin ? sys::duplicate(STDIN_FILENO) : sys::open_path(input, O_RDONLY);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw_errno("look at '{}'", what);
  if (S_ISDIR(info.st_mode)) return std::make_unique<DirectoryMembers>(std::move(file), what);
  if (from_stdin && ::isatty(STDIN_FILENO) == 1)
    throw Error(ErrorKind::usage, "load from standard input: it is a terminal")
        .with_hint("give a file with -i, or redirect one to standard input");
  const int fd = file.get();
  auto members = std::make_unique<TarMembers>(std::move(file), what);
  try {
    const bool plain_file = S_ISREG(info.st_mode) && ::lseek(fd, 0, SEEK_CUR) == 0;
    if (plain_file) {
      std::uint8_t start[6]{};
      const ssize_t count = ::pread(fd, start, sizeof start, 0);
      if (count > 0 && detect_compression(Bytes(start, static_cast<std::size_t>(count))) == Compression::none) {
        members->index(static_cast<std::uint64_t>(info.st_size));
        if (members->empty()) throw_error(ErrorKind::invalid, "it has no members");
        return members;
      }
    }
    FdSource raw(fd, what);
    const auto tar =
        decompress(raw, Allowed::archives, S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0);
    members->spool(paths, *tar);
    if (members->empty()) throw_error(ErrorKind::invalid, "it has no members");
  } catch (Error& error) {
    if (error.kind() == ErrorKind::invalid || error.kind() == ErrorKind::unsupported) not_an_archive(what, error);
    throw;
  }
  return members;
}

}  // namespace lichen::image
