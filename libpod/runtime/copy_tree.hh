// A directory's content copied into another one by descriptors: for tmpcopyup.
#pragma once

#include <string>

namespace lichen::runtime {

/// Copy what is in the directory `source` (O_PATH is fine) into `target`, with modes, owners, times and extended
/// attributes; symlinks are copied, never followed; mounts beneath `source` are not entered; devices, sockets and FIFOs
/// are left out. The mode and owner of `source` itself are copied too. @param what for errors
void copy_tree_contents(int source, int target, const std::string& what);

}  // namespace lichen::runtime
