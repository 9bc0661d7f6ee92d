#include "libpod/engine/image_mount.hh"

#include <algorithm>
#include <chrono>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/mountinfo.hh"
#include "libpod/sys/proc_table.hh"
#include "libpod/sys/userns.hh"

#include <sys/mount.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

std::string folder(const Engine& engine) { return engine.paths.boot_dir() + "/images"; }

// Entering U0 by ourselves would mount in a namespace that ends with this command.
void require_namespace(const char* verb, const std::string& image) {
  if (sys::is_namespace_root()) return;
  throw Error(ErrorKind::unsupported,
              format("image {}: a mount lives in the user's own mount namespace, and this shell has none", verb))
      .with_hint(
          format("lichen unshare sh -c 'cd \"$(lichen image mount {})\" && ls'", image.empty() ? "IMAGE" : image));
}

bool is_mounted(const std::string& path) {
  const auto mounts = sys::read_mountinfo();
  return std::any_of(mounts.begin(), mounts.end(), [&](const auto& mount) { return mount.mount_point == path; });
}

// Mount namespaces in which the image was mounted, one "mnt:[4026531841]" a line. That a line is there means nothing
// yet: the namespace may have ended.
std::string note_path(const Engine& engine, const std::string& id) { return folder(engine) + "/" + id + ".mounts"; }

std::set<std::string> read_notes(const Engine& engine, const std::string& id) {
  const auto lines = split(sys::read_file_if_exists(note_path(engine, id)).value_or(""), '\n');
  std::set<std::string> notes(lines.begin(), lines.end());
  notes.erase("");
  return notes;
}

// Two who mount at the same moment in two namespaces must both be noted.
void change_note(const Engine& engine, const std::string& id, bool mounted) {
  const auto lock = sys::wait_lock(folder(engine), sys::LockMode::exclusive, std::chrono::seconds(5));
  auto notes = read_notes(engine, id);
  const std::string here = sys::read_link("/proc/self/ns/mnt").value_or("");
  if (mounted)
    notes.insert(here);
  else
    notes.erase(here);
  std::string text;
  for (const auto& note : notes) text += note + "\n";
  sys::write_file_atomic(note_path(engine, id), text, 0600, sys::Durability::none);
}

MountedImage describe(const Engine& engine, const std::string& id) {
  MountedImage out{.id = id, .path = folder(engine) + "/" + id, .names = {}};
  for (const auto& name : names_of_image(engine.images.refs(), id)) out.names.push_back(familiar(name));
  return out;
}

}  // namespace

MountedImage mount_image_here(Engine& engine, const std::string& image) {
  require_namespace("mount", image);
  const auto found = require_image(engine, image);
  engine.enter_userns();
  const auto lock = hold_image(engine, found.id);
  const auto out = describe(engine, found.id);
  if (is_mounted(out.path)) return out;
  sys::make_directory(folder(engine), 0700);
  sys::make_directory(out.path, 0700);
  change_note(engine, found.id, true);
  mount_image(engine, found.id, choose_storage_driver(engine), out.path);
  return out;
}

std::vector<MountedImage> mounted_images(Engine& engine) {
  std::vector<MountedImage> found;
  for (const auto& mount : sys::read_mountinfo())
    if (parent_path(mount.mount_point) == folder(engine) && is_full_id(base_name(mount.mount_point)))
      found.push_back(describe(engine, base_name(mount.mount_point)));
  return found;
}

void unmount_image(Engine& engine, const std::string& image, bool force) {
  require_namespace("unmount", "");
  const std::string id = is_full_id(image) ? image : require_image(engine, image).id;
  const std::string path = folder(engine) + "/" + id;
  if (!is_mounted(path)) throw_error(ErrorKind::conflict, "image {} is not mounted here", image);
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW | (force ? MNT_DETACH : 0)) != 0) {
    const int error = errno;
    Error failure(error == EBUSY ? ErrorKind::conflict : ErrorKind::system,
                  format("unmount image {}: {}", image, errno_text(error)), error);
    if (error == EBUSY) failure.with_hint("a process still uses it; --force takes it away once that one has ended");
    throw failure;
  }
  ::rmdir(path.c_str());
  change_note(engine, id, false);
}

std::optional<std::int64_t> process_with_mount(const Engine& engine, const std::string& id) {
  const auto notes = read_notes(engine, id);
  if (notes.empty()) return std::nullopt;
  for (const pid_t pid : sys::all_processes()) {
    try {
      const auto space = sys::read_link(format("/proc/{}/ns/mnt", pid));
      if (space && notes.contains(*space)) return pid;
    } catch (const Error&) {
      continue;  // somebody else's
    }
  }
  return std::nullopt;
}

}  // namespace lichen::engine
