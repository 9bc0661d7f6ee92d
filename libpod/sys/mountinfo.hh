// /proc/self/mountinfo, read: proc_pid_mountinfo(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lichen::sys {

struct MountInfo {
  int id = 0;
  int parent_id = 0;
  unsigned major = 0, minor = 0;
  std::string root;  // within the file system; octal escapes are decoded here and below
  std::string mount_point;
  std::vector<std::string> options;   // per mount: ro, nosuid, ...
  std::vector<std::string> optional;  // "shared:5", "master:3", "unbindable"
  std::string type;
  std::string source;
  std::vector<std::string> super_options;
};

/// Lines that do not parse are skipped: the kernel may add forms.
std::vector<MountInfo> parse_mountinfo(std::string_view text);
/// Of this process, in the kernel's order (later ones may hide earlier ones).
std::vector<MountInfo> read_mountinfo();
/// "\040" -> " ".
std::string decode_mount_escapes(std::string_view text);

}  // namespace lichen::sys
