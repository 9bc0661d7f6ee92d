#include "libpod/engine/image_diff.hh"

#include <algorithm>
#include <map>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kMaxDepth = 2000;
constexpr std::string_view kWhiteoutPrefix = ".wh.";

bool is_whiteout(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == ::makedev(0, 0); }

bool is_opaque(int directory) {
  for (const char* name : {"user.overlay.opaque", "trusted.overlay.opaque", "user.fuseoverlayfs.opaque"}) {
    char value[4] = "";
    if (::fgetxattr(directory, name, value, sizeof value) == 1 && value[0] == 'y') return true;
  }
  return ::faccessat(directory, ".wh..wh..opq", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

struct Entry {
  std::size_t layer = 0;  // the topmost of the view that has it
  struct stat info {};
};

// One directory as overlayfs shows it: the same path in several layers, topmost first.
class View {
 public:
  void add(sys::UniqueFd directory, const std::string& path, bool of_top) {
    struct stat info {};
    if (::fstat(directory.get(), &info) != 0) throw_errno("look at '{}'", path);
    if (directories_.empty()) begins_at_top_ = of_top;
    ids_.emplace_back(info.st_dev, info.st_ino);
    directories_.push_back(std::move(directory));
  }

  bool is_empty() const { return directories_.empty(); }
  bool is_of_top(std::size_t layer) const { return begins_at_top_ && layer == 0; }  // of the first directory of all
  bool same_as(const View& other) const { return ids_ == other.ids_; }

  std::map<std::string, Entry> entries(const std::string& path) const {
    std::map<std::string, Entry> found;
    std::set<std::string> hidden;  // as fuse-overlayfs without mknod(2) spells whiteouts
    for (std::size_t layer = 0; layer < directories_.size(); ++layer) {
      std::vector<std::string> hides;
      for (auto& name : sys::list_directory_at(directories_[layer].get(), path)) {
        if (name.starts_with(kWhiteoutPrefix)) hides.push_back(name.substr(kWhiteoutPrefix.size()));
        if (name.starts_with(kWhiteoutPrefix) || found.contains(name) || hidden.contains(name)) continue;
        Entry entry{.layer = layer};
        if (::fstatat(directories_[layer].get(), name.c_str(), &entry.info, AT_SYMLINK_NOFOLLOW) == 0)
          found.emplace(std::move(name), entry);
      }
      hidden.insert(hides.begin(), hides.end());
    }
    std::erase_if(found, [](const auto& row) { return is_whiteout(row.second.info); });
    return found;
  }

  View enter(const std::string& name, std::size_t first, const std::string& path) const {
    View below;
    for (std::size_t layer = first; layer < directories_.size(); ++layer) {
      struct stat info {};
      const int here = directories_[layer].get();
      if (::fstatat(here, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (::faccessat(here, (std::string(kWhiteoutPrefix) + name).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) break;
        continue;
      }
      if (!S_ISDIR(info.st_mode)) break;  // a file or a whiteout hides what is beneath
      auto directory = sys::open_at(here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      const bool last = is_opaque(directory.get());
      below.add(std::move(directory), path, is_of_top(layer));
      if (last) break;
    }
    return below;
  }

  std::string link(const std::string& name, std::size_t layer) const {
    char target[PATH_MAX];
    const ssize_t length = ::readlinkat(directories_[layer].get(), name.c_str(), target, sizeof target);
    return length < 0 ? "" : std::string(target, static_cast<std::size_t>(length));
  }

 private:
  std::vector<sys::UniqueFd> directories_;
  std::vector<std::pair<dev_t, ino_t>> ids_;
  bool begins_at_top_ = false;
};

// The id that the container has for one of ours.
std::uint32_t inside_id(const spec::IdMap& map, std::uint32_t id) {
  for (const auto& range : map)
    if (id >= range.host && id - range.host < range.size) return range.container + (id - range.host);
  return id;
}

class Comparison {
 public:
  explicit Comparison(const StackRules& rules) : rules_(rules) {}

  std::vector<FileChange> run(const View& now, const View& before) {
    compare(now, before, "", 0);
    return std::move(changes_);
  }

 private:
  void add(char kind, std::string path) { changes_.push_back({kind, std::move(path)}); }

  bool is_same(const View& now, const View& before, const std::string& name, Entry a, const Entry& b) const {
    if (a.info.st_dev == b.info.st_dev && a.info.st_ino == b.info.st_ino) return true;
    if (now.is_of_top(a.layer)) {
      a.info.st_uid = inside_id(rules_.uids, a.info.st_uid);
      a.info.st_gid = inside_id(rules_.gids, a.info.st_gid);
    }
    if (a.info.st_mode != b.info.st_mode || a.info.st_uid != b.info.st_uid || a.info.st_gid != b.info.st_gid)
      return false;
    if (S_ISLNK(a.info.st_mode)) return now.link(name, a.layer) == before.link(name, b.layer);
    if (S_ISCHR(a.info.st_mode) || S_ISBLK(a.info.st_mode)) return a.info.st_rdev == b.info.st_rdev;
    if (S_ISDIR(a.info.st_mode)) return true;  // its time says only that something was in it for a while
    // Docker's rule: a file with the same size and time is the same file.
    return a.info.st_mtim.tv_sec == b.info.st_mtim.tv_sec && a.info.st_mtim.tv_nsec == b.info.st_mtim.tv_nsec &&
           (!S_ISREG(a.info.st_mode) || a.info.st_size == b.info.st_size);
  }

  void compare(const View& now, const View& before, const std::string& path, std::size_t depth) {
    if (now.same_as(before)) return;
    if (depth > kMaxDepth)
      throw_error(ErrorKind::unsupported, "compare images: '{}...' is too deep", path.substr(0, 60));
    const auto old = before.entries(path);
    const auto found = now.entries(path);
    for (const auto& [name, entry] : old)
      if (!found.contains(name) && !rules_.hidden.contains(path + "/" + name)) add('D', path + "/" + name);
    for (const auto& [name, entry] : found) {
      const std::string here = path + "/" + name;
      if (rules_.hidden.contains(here)) continue;
      const auto known = old.find(name);
      const std::size_t at = changes_.size();
      if (known == old.end())
        add('A', here);
      else if (!is_same(now, before, name, entry, known->second))
        add('C', here);
      if (!S_ISDIR(entry.info.st_mode)) continue;
      const View below = now.enter(name, entry.layer, here);
      const View below_before = known != old.end() && S_ISDIR(known->second.info.st_mode)
                                    ? before.enter(name, known->second.layer, here)
                                    : View();
      compare(below, below_before, here, depth + 1);
      if (known == old.end() && changes_.size() == at + 1 && leads_to_hidden(here)) {
        changes_.pop_back();
        continue;
      }
      // A directory in which something changed has changed, as docker shows it.
      if (changes_.size() > at && changes_[at].path != here)
        changes_.insert(changes_.begin() + static_cast<std::ptrdiff_t>(at), {'C', here});
    }
  }

  bool leads_to_hidden(const std::string& directory) const {
    const auto next = rules_.hidden.lower_bound(directory + "/");
    return next != rules_.hidden.end() && next->starts_with(directory + "/");
  }

  const StackRules& rules_;
  std::vector<FileChange> changes_;
};

View open_layers(const std::vector<std::string>& directories) {
  View view;
  for (const auto& directory : directories)
    view.add(sys::open_path(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), directory, view.is_empty());
  return view;
}

}  // namespace

std::vector<FileChange> compare_stacks(const std::vector<std::string>& now, const std::vector<std::string>& before,
                                       const StackRules& rules) {
  auto changes = Comparison(rules).run(open_layers(now), open_layers(before));
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return changes;
}

std::vector<FileChange> diff_images(Engine& engine, const std::string& image, const std::string& base) {
  const auto found = require_image(engine, image);
  engine.enter_userns();
  const auto lock = hold_image(engine, found.id);
  auto layers = layer_directories(engine, found.id);
  const auto now = layers;
  if (!layers.empty()) layers.erase(layers.begin());
  sys::FileLock base_lock;
  if (!base.empty()) {
    const auto other = require_image(engine, base);
    base_lock = hold_image(engine, other.id);
    layers = layer_directories(engine, other.id);
  }
  return compare_stacks(now, layers, {});
}

}  // namespace lichen::engine
