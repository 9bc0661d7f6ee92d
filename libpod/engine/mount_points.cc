#include "libpod/engine/mount_points.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/copy_file.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

std::string joined(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

// No symlink on the way is followed: what the runtime made is at these very names, or is not ours any more.
sys::UniqueFd open_plain(const sys::UniqueFd& upper, const std::string& directory) {
  sys::UniqueFd current = sys::duplicate(upper.get());
  for (const auto& part : split(directory, '/')) {
    if (part.empty()) continue;
    sys::UniqueFd next(::openat(current.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return {};
    current = std::move(next);
  }
  return current;
}

bool is_empty_directory(int parent, const char* name) {
  const sys::UniqueFd directory(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return directory && !sys::has_xattr(directory.get(), "user.overlay.opaque", "y") &&
         sys::list_directory(sys::fd_path(directory.get())).empty();
}

}  // namespace

MountPoints::MountPoints(int root, const std::vector<std::string>& destinations) {
  const std::string root_path = sys::read_link(sys::fd_path(root)).value_or("");
  for (const auto& destination : destinations) note(root, root_path, destination);
}

void MountPoints::note(int root, const std::string& root_path, const std::string& destination) {
  std::string known;  // as written, what exists
  sys::UniqueFd deepest = sys::duplicate(root);
  std::vector<std::string> rest;
  for (const auto& part : split(clean_path("/" + destination), '/')) {
    if (part.empty()) continue;
    if (rest.empty())
      if (auto next = sys::open_in_root_if_exists(root, known + "/" + part, O_PATH)) {
        deepest = *std::move(next);
        known += "/" + part;
        continue;
      }
    rest.push_back(part);
  }
  if (rest.empty()) return;
  const std::string real = sys::read_link(sys::fd_path(deepest.get())).value_or("");
  if (root_path.empty() || !is_below(real, root_path)) return;
  std::string path = real.size() > root_path.size() ? real.substr(root_path.size() + 1) : "";
  struct stat info {};
  if (!path.empty() && ::fstat(deepest.get(), &info) == 0)
    parents_.push_back({path, info.st_mode, info.st_uid, info.st_gid});
  for (const auto& part : rest) {
    path = joined(path, part);
    if (std::ranges::find(missing_, path) == missing_.end()) missing_.push_back(path);
  }
}

void MountPoints::remove_from(const std::string& upper) const {
  const sys::UniqueFd root = sys::open_path(upper, O_PATH | O_DIRECTORY);
  for (auto path = missing_.rbegin(); path != missing_.rend(); ++path) {
    const sys::UniqueFd parent = open_plain(root, parent_path("/" + *path));
    const std::string name = base_name(*path);
    struct stat info {};
    if (!parent || ::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(info.st_mode) && info.st_size == 0) ::unlinkat(parent.get(), name.c_str(), 0);
    if (S_ISDIR(info.st_mode)) ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);  // unless something is in it
  }
  for (const auto& noted : parents_) {
    for (std::string path = "/" + noted.path; path != "/"; path = parent_path(path)) {
      const sys::UniqueFd parent = open_plain(root, parent_path(path));
      const std::string name = base_name(path);
      struct stat info {};
      if (!parent || ::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) break;
      const bool as_it_was = path != "/" + noted.path ||
                             (info.st_mode == noted.mode && info.st_uid == noted.uid && info.st_gid == noted.gid);
      if (!S_ISDIR(info.st_mode) || !as_it_was || !is_empty_directory(parent.get(), name.c_str())) break;
      ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
    }
  }
}

}  // namespace lichen::engine
