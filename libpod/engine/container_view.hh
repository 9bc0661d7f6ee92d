// A container's file tree as a descriptor of its root, for commands that read and write in it from outside.
//
// Theory of operation. A running container's tree is that of its first process: /proc/PID/root, opened while a pidfd
// proves that it is that process, shows its volumes, binds and tmpfs, for a path walk that begins at a descriptor
// crosses mounts of the namespace that the descriptor is from. Between two runs of a restarting one its monitor still
// has the root file system mounted, and that mount is used: an overlay must not be mounted twice. A stopped one is
// mounted, with its volumes and binds, in a mount namespace of this process, and the kernel unmounts all of it when the
// command ends; who mounts it to write holds a lock on the container's directory for so long, and a start holds it
// until the container runs. Whoever gets the descriptor goes on from it with sys/resolve only (C37).
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/sys/lock.hh"

namespace lichen::engine {

enum class ViewMode {
  read,     // of a stopped container the root file system is mounted read-only
  write,    // as the container itself could write: read-only mounts stay so
  archive,  // read, without volumes and binds: what export and an image hold
};

/// Keep others from mounting the container's files to write in them. Taken before monitor.lock.
/// @throws Error{conflict} somebody else does, and who
sys::FileLock lock_container_files(const Engine& engine, const spec::ContainerConfig& config);

/// An O_PATH descriptor of the container's "/".
/// @stage enters U0, and for a stopped container a mount namespace of our own: the process must have one thread
/// @throws Error{conflict} it ends at this moment, or another command holds its files
sys::UniqueFd open_container_root(Engine& engine, const store::ContainerRecord& record, ViewMode mode);

}  // namespace lichen::engine
