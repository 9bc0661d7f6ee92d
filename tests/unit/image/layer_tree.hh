// Trees as a container leaves them in its upper directory, and their description for comparisons.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "libpod/base/format.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::image {

class LayerTree {
 public:
  explicit LayerTree(std::string root) : root_(std::move(root)) {}

  LayerTree& directory(const std::string& name, mode_t mode = 0755) {
    sys::make_directories(at(name), 0755);
    EXPECT_EQ(::chmod(at(name).c_str(), mode), 0);
    return *this;
  }
  LayerTree& file(const std::string& name, const std::string& text = "text", mode_t mode = 0644) {
    sys::make_directories(parent_path(at(name)), 0755);
    sys::write_file(at(name), text, 0600);
    EXPECT_EQ(::chmod(at(name).c_str(), mode), 0);
    return *this;
  }
  LayerTree& symlink(const std::string& name, const std::string& target) {
    sys::make_directories(parent_path(at(name)), 0755);
    EXPECT_EQ(::symlink(target.c_str(), at(name).c_str()), 0);
    return *this;
  }
  LayerTree& fifo(const std::string& name, mode_t mode = 0644) {
    EXPECT_EQ(::mkfifo(at(name).c_str(), mode), 0);
    return *this;
  }
  LayerTree& whiteout(const std::string& name) {
    sys::make_directories(parent_path(at(name)), 0755);
    EXPECT_EQ(::mknod(at(name).c_str(), S_IFCHR, makedev(0, 0)), 0);
    return *this;
  }
  LayerTree& opaque(const std::string& name) {
    EXPECT_EQ(::setxattr(at(name).c_str(), "user.overlay.opaque", "y", 1, 0), 0);
    return *this;
  }
  LayerTree& time(const std::string& name, std::int64_t seconds, long nanoseconds) {
    const timespec times[] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    EXPECT_EQ(::utimensat(AT_FDCWD, at(name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
    return *this;
  }
  // The same time for all, so that when the test ran says nothing.
  LayerTree& settle(const std::string& name = "") {
    if (S_ISDIR(info(name).st_mode))
      for (const auto& entry : sys::list_directory(at(name))) settle(name.empty() ? entry : name + "/" + entry);
    return time(name, 1'600'000'000, 0);
  }

  struct stat info(const std::string& name) const {
    struct stat result {};
    EXPECT_EQ(::lstat(at(name).c_str(), &result), 0) << name;
    return result;
  }
  static gid_t own_gid() { return ::getegid(); }

  /// One line for each entry: all that a layer keeps of it. The root's time is nobody's affair.
  std::vector<std::string> describe() const {
    std::vector<std::string> lines{format("/ {:o}", info("").st_mode)};
    add("", lines);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

 private:
  std::string at(const std::string& name) const { return name.empty() ? root_ : root_ + "/" + name; }

  void add(const std::string& directory, std::vector<std::string>& lines) const {
    for (const auto& entry : sys::list_directory(at(directory))) {
      const std::string name = directory.empty() ? entry : directory + "/" + entry;
      const auto about = info(name);
      const bool is_mark = S_ISCHR(about.st_mode);
      lines.push_back(name +
                      format(" {:o} {}:{} {} {}", about.st_mode & (is_mark ? S_IFMT : ~mode_t{0}), about.st_uid,
                             about.st_gid, about.st_nlink > 1 && !S_ISDIR(about.st_mode) ? "linked" : "",
                             is_mark ? 0 : about.st_mtim.tv_sec) +
                      content(name, about.st_mode));
      if (S_ISDIR(about.st_mode)) add(name, lines);
    }
  }

  std::string content(const std::string& name, mode_t mode) const {
    if (S_ISLNK(mode)) return " -> " + sys::read_link(at(name)).value_or("?");
    std::string text;
    if (S_ISREG(mode)) text += " " + sys::read_file(at(name), std::size_t{64} << 20);
    if (!S_ISREG(mode) && !S_ISDIR(mode)) return text;
    std::string list(4096, '\0');
    const ssize_t size = ::llistxattr(at(name).c_str(), list.data(), list.size());
    std::vector<std::string> names;
    for (std::size_t i = 0; size > 0 && i < static_cast<std::size_t>(size); i += names.back().size() + 1)
      names.emplace_back(list.c_str() + i);
    std::sort(names.begin(), names.end());
    for (const auto& key : names) {
      std::string value(256, '\0');
      const ssize_t length = ::lgetxattr(at(name).c_str(), key.c_str(), value.data(), value.size());
      text += " " + key + "=" + value.substr(0, length < 0 ? 0 : static_cast<std::size_t>(length));
    }
    return text;
  }

  std::string root_;
};

}  // namespace lichen::image
