// A container's root file system: image layers below, its own read-write layer on top, mounted by one of three drivers.
//
// The mount is made in the mount namespace of the process that becomes the monitor (or of a short-lived command): when
// that is gone the kernel unmounts it. There are no mount counts and no stale mounts.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"
#include "libpod/sys/overlay.hh"

namespace lichen::engine {

/// "overlay" when a real mount works here, "fuse-overlayfs" when that works, else "vfs" (said once, never silently).
/// The answer is kept in <root>/cache/storage-driver with the kernel's release, so that the probe runs once a kernel.
/// @must be called in U0
std::string choose_storage_driver(const Engine& engine);

/// Mount the root file system of `config` on containers/<id>/rootfs (made when missing) and give that path.
///
/// @param read_only  without the container's own layer being writable (inspection of stopped containers)
/// @stage in U0 and in a mount namespace of our own
std::string mount_rootfs(const Engine& engine, const spec::ContainerConfig& config, bool read_only = false);
/// The same on a directory of the caller's. Writable, it is a copy of the mount that `lichen mount` has made when there
/// is one: two overlays must not share an upper directory.
void mount_rootfs_at(const Engine& engine, const spec::ContainerConfig& config, const std::string& target,
                     bool read_only);

/// Mount directories over one another on `target` (a host path), by the driver "overlay" or "fuse-overlayfs"; with an
/// upper one it can be written to. @stage in U0 and in a mount namespace of our own
void mount_layers(const Engine& engine, const std::string& driver, sys::OverlayOptions options,
                  const std::string& target);
/// An upper directory that becomes "/" must look like the topmost directory beneath it.
void make_upper(const std::string& upper, const std::string& topmost);
/// A directory without anything in it, for what has no layers.
std::string empty_layer(const Engine& engine);

/// Mount an image alone, read-only, on `target`.
void mount_image(const Engine& engine, const std::string& image_id, const std::string& driver,
                 const std::string& target);

/// The layers' diff directories of an image, topmost first. @throws Error{not_found} a layer is missing
std::vector<std::string> layer_directories(const Engine& engine, const std::string& image_id);

}  // namespace lichen::engine
