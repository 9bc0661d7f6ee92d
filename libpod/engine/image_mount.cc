#include "libpod/engine/image_mount.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/mount_notes.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

MountNotes notes_of(const Engine& engine) { return MountNotes(engine.paths.boot_dir() + "/images"); }

void require_namespace(const std::string& what, const std::string& image) {
  require_own_namespace(
      what, format("lichen unshare sh -c 'cd \"$(lichen image mount {})\" && ls'", image.empty() ? "IMAGE" : image));
}

MountedImage describe(const Engine& engine, const std::string& id) {
  MountedImage out{.id = id, .path = notes_of(engine).place(id), .names = {}};
  for (const auto& name : names_of_image(engine.images.refs(), id)) out.names.push_back(familiar(name));
  return out;
}

}  // namespace

MountedImage mount_image_here(Engine& engine, const std::string& image) {
  require_namespace("image mount", image);
  const auto found = require_image(engine, image);
  engine.enter_userns();
  const auto lock = hold_image(engine, found.id);
  const auto out = describe(engine, found.id);
  const auto notes = notes_of(engine);
  if (notes.is_mounted_here(found.id)) return out;
  notes.note(found.id, true);
  sys::make_directory(out.path, 0700);
  mount_image(engine, found.id, choose_storage_driver(engine), out.path);
  return out;
}

std::vector<MountedImage> mounted_images(Engine& engine) {
  std::vector<MountedImage> found;
  for (const auto& id : notes_of(engine).mounted_here()) found.push_back(describe(engine, id));
  return found;
}

void unmount_image(Engine& engine, const std::string& image, bool force) {
  require_namespace("image unmount", "");
  const std::string id = is_full_id(image) ? image : require_image(engine, image).id;
  unmount_noted(notes_of(engine), id, "image " + image, force);
}

std::optional<std::int64_t> process_with_mount(const Engine& engine, const std::string& id) {
  const auto processes = notes_of(engine).processes(id);
  return processes.empty() ? std::nullopt : std::optional(processes[0]);
}

}  // namespace lichen::engine
