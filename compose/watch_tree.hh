// What changes below some paths of the host, as compose watch needs it.
//
// Theory of operation. inotify says where to look, never what has happened: its events may be lost, come in pairs, or
// tell of a temporary file that is gone again. So a path that something happened to is marked, and when its time has
// come what is there is compared with what was there before. An editor that saves by rename is one change then, a file
// that came and went is none, and a full event queue only means that everything is looked at.
//
// Each directory below a path is watched, new ones from the moment that their coming is told. The path itself may be a
// file, and may come and go: the directory that holds it is watched too, or the nearest one that there is.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "libpod/sys/inotify.hh"

struct stat;

namespace lichen::compose {

struct FileChange {
  enum class Kind {
    made,
    changed,
    replaced,  // a directory by something else, or the other way round
    gone,
  };
  std::string path;  // absolute
  Kind kind = Kind::changed;
  bool is_directory = false;  // of what went: what it was
};

class WatchTree {
 public:
  using Filter = std::function<bool(const std::string& path)>;
  /// @param paths    absolute, without symlinks as far as they exist
  /// @param matters  a file that it says no to is never told of; directories are asked for too when they are told of
  /// @param skips    a directory that it says yes to is not looked into
  /// @throws Error{unsupported} the limits of inotify
  WatchTree(const std::vector<std::string>& paths, Filter matters, Filter skips);

  int fd() const { return inotify_.fd(); }
  /// Take what inotify has. @return whether it concerns something that matters
  bool read_events();
  bool has_marks() const { return !marked_.empty(); }
  /// What has changed since the last call, parents before what is in them; what went in the same order.
  std::vector<FileChange> take_changes();
  /// All that is there, as if it were new.
  std::vector<FileChange> all() const;

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::uint32_t mode = 0;
    std::int64_t size = 0, changed_ns = 0;  // of contents or attributes (ctime): no program can set it back
    bool operator==(const Stamp&) const = default;
    bool is_directory() const;
  };
  struct Watched {
    std::string path;
    bool is_anchor = false;  // holds a path that is watched, and is not below one
  };

  void begin(const std::string& path);
  void watch_below(const std::string& directory);
  void forget_below(const std::string& path);
  void take(const sys::Inotify::Event& event);
  void take_of_anchor(const Watched& anchor, const sys::Inotify::Event& event);
  void take_of_directory(const std::string& path, const sys::Inotify::Event& event);
  void begin_again();
  void mark(const std::string& path, bool deep);
  void look(const std::string& path, bool deep, std::vector<FileChange>& changes);
  void look_into(const std::string& directory, std::vector<FileChange>& changes);
  void is_gone(const std::string& path, std::vector<FileChange>& changes);
  void tell(const std::string& path, FileChange::Kind kind, bool is_directory, std::vector<FileChange>& changes) const;
  static Stamp stamp_of(const struct stat& info);

  sys::Inotify inotify_;
  std::vector<std::string> paths_;
  Filter matters_, skips_;
  std::unordered_map<int, Watched> watches_;
  std::map<std::string, int> numbers_;  // path of a watched directory -> its watch
  std::map<std::string, bool> marked_;  // true: with all below it
  std::map<std::string, Stamp> known_;
  bool has_news_ = false;
};

}  // namespace lichen::compose
