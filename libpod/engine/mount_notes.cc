#include "libpod/engine/mount_notes.hh"

#include <algorithm>
#include <chrono>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/mountinfo.hh"
#include "libpod/sys/userns.hh"

#include <sys/mount.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

std::set<std::string> read_notes(const std::string& path) {
  const auto lines = split(sys::read_file_if_exists(path).value_or(""), '\n');
  std::set<std::string> notes(lines.begin(), lines.end());
  notes.erase("");
  return notes;
}

}  // namespace

std::vector<std::string> MountNotes::mounted_here() const {
  std::vector<std::string> ids;
  for (const auto& mount : sys::read_mountinfo())
    if (parent_path(mount.mount_point) == folder_ && is_full_id(base_name(mount.mount_point)))
      ids.push_back(base_name(mount.mount_point));
  return ids;
}

bool MountNotes::is_mounted_here(const std::string& id) const {
  const auto ids = mounted_here();
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

void MountNotes::note(const std::string& id, bool mounted) const {
  sys::make_directory(folder_, 0700);
  // Two who mount at the same moment in two namespaces must both be noted.
  const auto lock = sys::wait_lock(folder_, sys::LockMode::exclusive, std::chrono::seconds(5));
  const std::string path = place(id) + ".mounts";
  auto notes = read_notes(path);
  const std::string here = sys::read_link("/proc/self/ns/mnt").value_or("");
  if (mounted)
    notes.insert(here);
  else
    notes.erase(here);
  std::string text;
  for (const auto& note : notes) text += note + "\n";
  sys::write_file_atomic(path, text, 0600, sys::Durability::none);
}

std::vector<std::int64_t> MountNotes::processes(const std::string& id) const {
  auto notes = read_notes(place(id) + ".mounts");
  std::vector<std::int64_t> found;
  if (notes.empty()) return found;
  for (const auto& name : sys::list_directory("/proc")) {
    const auto pid = parse_int(name);
    if (!pid) continue;
    try {
      const auto space = sys::read_link("/proc/" + name + "/ns/mnt");
      if (space && notes.erase(*space) != 0) found.push_back(*pid);
    } catch (const Error&) {
      continue;  // somebody else's
    }
  }
  return found;
}

void unmount_noted(const MountNotes& notes, const std::string& id, const std::string& what, bool force) {
  const std::string path = notes.place(id);
  if (!notes.is_mounted_here(id)) throw_error(ErrorKind::conflict, "{} is not mounted here", what);
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW | (force ? MNT_DETACH : 0)) != 0) {
    const int error = errno;
    Error failure(error == EBUSY ? ErrorKind::conflict : ErrorKind::system,
                  format("unmount {}: {}", what, errno_text(error)), error);
    if (error == EBUSY) failure.with_hint("a process still uses it; --force takes it away once that one has ended");
    throw failure;
  }
  ::rmdir(path.c_str());
  notes.note(id, false);
}

void require_own_namespace(const std::string& what, const std::string& example) {
  if (sys::is_namespace_root()) return;
  throw Error(ErrorKind::unsupported,
              format("{}: a mount lives in the user's own mount namespace, and this shell has none", what))
      .with_hint(example);
}

}  // namespace lichen::engine
