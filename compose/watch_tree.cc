#include "compose/watch_tree.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/fs.hh"

#include <sys/stat.h>

namespace lichen::compose {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kComes = IN_CREATE | IN_MOVED_TO, kGoes = IN_DELETE | IN_MOVED_FROM;

std::string joined(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

bool is_real_directory(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// What is in a directory that may have gone, or that we may not read.
std::vector<std::string> names_in(const std::string& directory) {
  try {
    auto names = sys::list_directory(directory);
    std::ranges::sort(names);
    return names;
  } catch (const Error& error) {
    if (error.saved_errno() != ENOTDIR) log_warn("{}", error.what());
    return {};
  }
}

// A range of a sorted map: what is below a directory, whose name it is not among.
template <typename Map>
auto below(Map& map, const std::string& directory) {
  const std::string from = joined(directory, "");
  std::string to = from;
  to.back() = static_cast<char>('/' + 1);
  return std::pair(map.lower_bound(from), map.lower_bound(to));
}

}  // namespace

bool WatchTree::Stamp::is_directory() const { return S_ISDIR(mode); }

WatchTree::Stamp WatchTree::stamp_of(const struct stat& info) {
  // What is in a directory changes its size and times, and is told of by itself.
  if (S_ISDIR(info.st_mode)) return {.inode = 0, .mode = info.st_mode, .size = 0, .changed_ns = 0};
  return {.inode = info.st_ino,
          .mode = info.st_mode,
          .size = info.st_size,
          .changed_ns = info.st_ctim.tv_sec * 1'000'000'000LL + info.st_ctim.tv_nsec};
}

WatchTree::WatchTree(const std::vector<std::string>& paths, Filter matters, Filter skips)
    : matters_(std::move(matters)), skips_(std::move(skips)) {
  std::vector<std::string> sorted = paths;
  std::ranges::sort(sorted, {}, &std::string::size);
  for (const auto& path : sorted)
    if (std::ranges::none_of(paths_, [&](const std::string& known) { return is_below(path, known); }))
      paths_.push_back(path);
  begin_again();
  take_changes();
}

void WatchTree::begin_again() {
  for (const auto& [number, watched] : watches_) inotify_.remove(number);
  watches_.clear();
  numbers_.clear();
  for (const auto& path : paths_) begin(path);
}

// From the nearest directory that there is down to the path; what comes between a look and its watch is seen by the
// next look.
void WatchTree::begin(const std::string& path) {
  mark(path, /*deep=*/true);
  std::string holder = parent_path(path);
  while (path != "/") {
    const int number = inotify_.add(holder, kEvents);
    if (number < 0) {
      if (holder == "/") break;
      holder = parent_path(holder);
      continue;
    }
    watches_[number] = {holder, /*is_anchor=*/true};
    const std::string rest = path.substr(joined(holder, "").size());
    const std::string next = joined(holder, rest.substr(0, rest.find('/')));
    if (next == path || !sys::is_directory(next)) break;
    holder = next;
  }
  if (is_real_directory(path)) watch_below(path);
}

void WatchTree::watch_below(const std::string& directory) {
  const int number = inotify_.add(directory, kEvents | IN_DONT_FOLLOW);
  if (number < 0) return;
  watches_[number] = {directory, /*is_anchor=*/false};
  numbers_[directory] = number;
  for (const auto& name : names_in(directory)) {
    const std::string path = joined(directory, name);
    if (is_real_directory(path) && !skips_(path)) watch_below(path);
  }
}

void WatchTree::forget_below(const std::string& path) {
  const auto forget = [this](int number) {
    inotify_.remove(number);
    watches_.erase(number);
  };
  const auto [first, last] = below(numbers_, path);
  for (auto it = first; it != last; ++it) forget(it->second);
  numbers_.erase(first, last);
  if (const auto own = numbers_.extract(path)) forget(own.mapped());
}

bool WatchTree::read_events() {
  has_news_ = false;
  const auto events = inotify_.read();
  if (std::ranges::any_of(events, [](const auto& event) { return event.watch < 0; }))
    begin_again();
  else
    for (const auto& event : events) take(event);
  return has_news_;
}

void WatchTree::take(const sys::Inotify::Event& event) {
  const auto found = watches_.find(event.watch);
  if (found == watches_.end()) return;
  const Watched watched = found->second;
  if ((event.mask & IN_IGNORED) != 0) {
    watches_.erase(found);
    if (const auto own = numbers_.find(watched.path); own != numbers_.end() && own->second == event.watch)
      numbers_.erase(own);
  }
  if (watched.is_anchor) return take_of_anchor(watched, event);
  if (!event.name.empty()) take_of_directory(joined(watched.path, event.name), event);
}

void WatchTree::take_of_anchor(const Watched& anchor, const sys::Inotify::Event& event) {
  const std::string path = event.name.empty() ? anchor.path : joined(anchor.path, event.name);
  if (event.name.empty() && (event.mask & (IN_IGNORED | IN_MOVE_SELF)) == 0) return;
  if ((event.mask & IN_MOVE_SELF) != 0) {
    inotify_.remove(event.watch);
    watches_.erase(event.watch);
  }
  for (const auto& watched : paths_) {
    if (!is_below(watched, path)) continue;
    if ((event.mask & (kGoes | IN_MOVE_SELF | IN_IGNORED)) != 0) forget_below(watched);
    if (event.name.empty() || (event.mask & (kGoes | kComes)) != 0)
      begin(watched);
    else if (watched == path)
      mark(path, /*deep=*/false);
  }
}

void WatchTree::take_of_directory(const std::string& path, const sys::Inotify::Event& event) {
  if ((event.mask & IN_ISDIR) == 0) {
    if (matters_(path) || known_.contains(path)) mark(path, /*deep=*/false);
    return;
  }
  if (skips_(path)) return;
  if ((event.mask & kGoes) != 0) forget_below(path);
  if ((event.mask & kComes) != 0) watch_below(path);
  mark(path, (event.mask & (kGoes | kComes)) != 0);
}

void WatchTree::mark(const std::string& path, bool deep) {
  bool& known = marked_[path];
  known = known || deep;
  has_news_ = true;
}

std::vector<FileChange> WatchTree::take_changes() {
  std::vector<FileChange> changes;
  for (const auto& [path, deep] : std::exchange(marked_, {})) look(path, deep, changes);
  return changes;
}

std::vector<FileChange> WatchTree::all() const {
  std::vector<FileChange> changes;
  for (const auto& [path, stamp] : known_) tell(path, FileChange::Kind::made, stamp.is_directory(), changes);
  return changes;
}

void WatchTree::look(const std::string& path, bool deep, std::vector<FileChange>& changes) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return is_gone(path, changes);
  const Stamp now = stamp_of(info);
  if (!now.is_directory() && !matters_(path)) return is_gone(path, changes);
  const auto [known, is_new] = known_.try_emplace(path, now);
  const bool was_directory = known->second.is_directory();
  if (is_new) {
    tell(path, FileChange::Kind::made, now.is_directory(), changes);
  } else if (was_directory != now.is_directory()) {
    const auto [first, last] = below(known_, path);
    known_.erase(first, last);
    tell(path, FileChange::Kind::replaced, now.is_directory(), changes);
  } else if (known->second != now) {
    tell(path, FileChange::Kind::changed, now.is_directory(), changes);
  }
  known->second = now;
  if (now.is_directory() && (deep || is_new || !was_directory)) look_into(path, changes);
}

void WatchTree::look_into(const std::string& directory, std::vector<FileChange>& changes) {
  std::vector<std::string> gone;
  const std::size_t prefix = joined(directory, "").size();
  const auto [first, last] = below(known_, directory);
  struct stat info {};
  for (auto it = first; it != last; ++it)
    if (it->first.find('/', prefix) == std::string::npos && ::lstat(it->first.c_str(), &info) != 0)
      gone.push_back(it->first);
  for (const auto& path : gone) is_gone(path, changes);
  for (const auto& name : names_in(directory)) {
    const std::string path = joined(directory, name);
    if (is_real_directory(path) && skips_(path)) continue;
    look(path, /*deep=*/true, changes);
  }
}

void WatchTree::is_gone(const std::string& path, std::vector<FileChange>& changes) {
  const auto own = known_.find(path);
  if (own == known_.end()) return;
  tell(path, FileChange::Kind::gone, own->second.is_directory(), changes);
  known_.erase(own);
  const auto [first, last] = below(known_, path);
  for (auto it = first; it != last; ++it) tell(it->first, FileChange::Kind::gone, it->second.is_directory(), changes);
  known_.erase(first, last);
}

void WatchTree::tell(const std::string& path, FileChange::Kind kind, bool is_directory,
                     std::vector<FileChange>& changes) const {
  if (matters_(path)) changes.push_back({.path = path, .kind = kind, .is_directory = is_directory});
}

}  // namespace lichen::compose
