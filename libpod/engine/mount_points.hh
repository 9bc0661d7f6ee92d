// The mount points that a step's container needs and its image lacks: made by the runtime, taken out afterwards.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace lichen::engine {

class MountPoints {
 public:
  /// Note those of `destinations` (as seen from inside) that are missing beneath `root`. @param root  of the merged
  /// file system, before the runtime makes them
  MountPoints(int root, const std::vector<std::string>& destinations);
  /// Take them out of the upper directory when they are as they were made: empty. So are directories above them which
  /// came into the upper one for their sake alone. @stage after the file system is unmounted
  void remove_from(const std::string& upper) const;

 private:
  struct Parent {
    std::string path;
    mode_t mode;
    uid_t uid;
    gid_t gid;
  };
  void note(int root, const std::string& root_path, const std::string& destination);
  std::vector<std::string> missing_;  // relative to the root, each after its parent
  std::vector<Parent> parents_;       // that were there, deepest last
};

}  // namespace lichen::engine
