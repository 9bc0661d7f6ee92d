#include "buildah/source_tree.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::size_t kMaxDepth = 500;  // each level holds a descriptor
constexpr std::size_t kBlock = 256 * 1024;

std::string joined(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

// "a/../../b" is "b": the root is its own parent, as for a process in a chroot.
std::string cleaned(const std::string& path) {
  std::string clean = clean_path("/" + path);
  return clean.substr(1);
}

SourceEntry open_entry(const SourceTree& tree, const std::string& path) {
  SourceEntry entry;
  entry.path = path;
  auto fd = sys::open_in_root_if_exists(tree.root.get(), path.empty() ? "/" : path, O_PATH);
  if (!fd) throw_error(ErrorKind::not_found, "'{}' is not in {}", path, tree.name);
  entry.fd = *std::move(fd);
  if (::fstat(entry.fd.get(), &entry.info) != 0) throw_errno("look at '{}'", path);
  return entry;
}

class Walker {
 public:
  Walker(const SourceTree& tree, const SourceEntry& entry, const language::IgnoreRules& excluded, const Visit& visit,
         const Visit& left)
      : tree_(tree), entry_(entry), excluded_(excluded), visit_(visit), left_(left) {}

  void run() {
    const WalkItem item{entry_.fd.get(), ".", "", entry_.path, &entry_.info};
    visit_(item);
    if (!S_ISDIR(entry_.info.st_mode)) return;
    enter(sys::open_path(sys::fd_path(entry_.fd.get()), O_RDONLY | O_DIRECTORY), "", 0);
    if (left_) left_(item);
  }

 private:
  bool is_hidden(const std::string& path, const std::string& relative) const {
    return tree_.ignored.ignores(path) || excluded_.ignores(relative);
  }
  bool may_skip(const std::string& path, const std::string& relative) const {
    return tree_.ignored.may_skip_directory(path) || excluded_.may_skip_directory(relative);
  }

  void enter(const sys::UniqueFd& directory, const std::string& relative, std::size_t depth) {
    if (depth > kMaxDepth) throw_error(ErrorKind::invalid, "'{}': directories lie too deep", entry_.path);
    auto names = sys::list_directory_at(directory.get(), joined(entry_.path, relative));
    std::ranges::sort(names);
    for (const auto& name : names) meet(directory.get(), name, joined(relative, name), depth);
  }

  void meet(int directory, const std::string& name, const std::string& relative, std::size_t depth) {
    const std::string path = joined(entry_.path, relative);
    const bool hidden = is_hidden(path, relative);
    struct stat info {};
    if (hidden && may_skip(path, relative)) return;
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return;  // gone meanwhile: a context is somebody's work place
      throw_errno("look at '{}'", path);
    }
    if (hidden && !S_ISDIR(info.st_mode)) return;
    const WalkItem item{directory, name, relative, path, &info};
    if (!hidden) visit_(item);
    if (!S_ISDIR(info.st_mode)) return;
    // A hidden directory may hold what a later "!" brings back; it is made when such a thing is met.
    enter(sys::open_at(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), relative, depth + 1);
    if (!hidden && left_) left_(item);
  }

  const SourceTree& tree_;
  const SourceEntry& entry_;
  const language::IgnoreRules& excluded_;
  const Visit& visit_;
  const Visit& left_;
};

void hash_content(int fd, const std::string& path, Sha256& hash) {
  static std::string buffer(kBlock, '\0');
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("read '{}'", path);
    if (count == 0) break;
    hash.update(buffer.data(), static_cast<std::size_t>(count));
    total += static_cast<std::uint64_t>(count);
  }
  hash.update(&total, sizeof total);
}

}  // namespace

std::vector<SourceEntry> find_entries(const SourceTree& tree, const std::string& source) {
  const std::string clean = cleaned(source);
  const language::Glob glob(clean.empty() ? "." : clean);
  std::vector<SourceEntry> entries;
  if (clean.empty() || !glob.has_wildcards()) {
    const std::string path = clean.empty() ? "" : glob.literal();
    if (!path.empty() && tree.ignored.ignores(path) && tree.ignored.may_skip_directory(path))
      throw Error(ErrorKind::not_found, format("'{}' is excluded from {}", path, tree.name))
          .with_hint("its .dockerignore names it; a line '!" + path + "' brings it back");
    entries.push_back(open_entry(tree, path));
    return entries;
  }
  const std::string start = glob.fixed_directory();
  auto top = sys::open_in_root_if_exists(tree.root.get(), start.empty() ? "/" : start, O_PATH);
  struct stat info {};
  if (top && ::fstat(top->get(), &info) == 0 && S_ISDIR(info.st_mode)) {
    SourceEntry from{start, *std::move(top), info};
    std::vector<std::string> found;
    walk(tree, from, {}, [&](const WalkItem& item) {
      if (!item.relative.empty() && glob.matches(item.path)) found.push_back(item.path);
    });
    for (const auto& path : found) entries.push_back(open_entry(tree, path));
  }
  if (entries.empty()) throw Error(ErrorKind::not_found, format("nothing in {} matches '{}'", tree.name, source));
  return entries;
}

void walk(const SourceTree& tree, const SourceEntry& entry, const language::IgnoreRules& excluded, const Visit& visit,
          const Visit& left) {
  Walker(tree, entry, excluded, visit, left).run();
}

void hash_entry(const SourceTree& tree, const SourceEntry& entry, const language::IgnoreRules& excluded, Sha256& hash) {
  walk(tree, entry, excluded, [&](const WalkItem& item) {
    const mode_t mode = item.info->st_mode;
    hash.field(item.relative);
    hash.update(&mode, sizeof mode);
    if (tree.keeps_owners) {
      hash.update(&item.info->st_uid, sizeof item.info->st_uid);
      hash.update(&item.info->st_gid, sizeof item.info->st_gid);
    }
    if (S_ISLNK(mode)) hash.field(sys::read_link_at(item.directory, item.name));
    if (!S_ISREG(mode)) return;
    const sys::UniqueFd file = item.relative.empty()
                                   ? sys::open_path(sys::fd_path(item.directory), O_RDONLY)
                                   : sys::open_at(item.directory, item.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    hash_content(file.get(), item.path, hash);
  });
}

}  // namespace lichen::buildah
