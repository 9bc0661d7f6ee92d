// Who has an image or a container mounted in a namespace of his own (image_mount.hh, container_mount.hh).
//
// The kernel tells nobody about mounts of other mount namespaces, so each is noted: <folder>/<id>.mounts has a line
// "mnt:[4026531841]" for each namespace. That a line is there means little, for the namespace may have ended: a process
// in it is looked for. Nothing to clean up: the folder goes with the boot.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lichen::engine {

class MountNotes {
 public:
  explicit MountNotes(std::string folder) : folder_(std::move(folder)) {}

  /// Where `id` is mounted, in each namespace.
  std::string place(const std::string& id) const { return folder_ + "/" + id; }
  /// The ids mounted in our own mount namespace.
  std::vector<std::string> mounted_here() const;
  bool is_mounted_here(const std::string& id) const;

  /// Our namespace has it mounted from now on, or no more. The folder is made.
  void note(const std::string& id, bool mounted) const;
  /// A process in each of the noted namespaces that are still there. Costs nothing when `id` was never mounted.
  std::vector<std::int64_t> processes(const std::string& id) const;

 private:
  std::string folder_;
};

/// Unmount what is mounted here on `place(id)`. @param what  "image web", for errors
/// @param force  although something still uses it @throws Error{conflict} it is not mounted here, or in use
void unmount_noted(const MountNotes& notes, const std::string& id, const std::string& what, bool force);

/// @throws Error{unsupported} we are in no user namespace: to enter U0 by ourselves would mount in a mount namespace
/// that ends with this command. @param example  a line that works
void require_own_namespace(const std::string& what, const std::string& example);

}  // namespace lichen::engine
