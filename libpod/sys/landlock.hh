// Landlock (landlock(7)): a thread gives up access to files, for good and for its children.
//
// For code of ours that reads hostile bytes: whatever goes wrong in it, it can touch nothing but what it works on. Per
// thread, so other threads of the program (network, credential helpers) are not concerned.
#pragma once

#include <string>

namespace lichen::sys {

/// Give this thread no access to files but everything beneath `directory` (no executing, no sockets, no block devices
/// there). An empty `directory` means no access at all. Descriptors that are open already stay as they are. Sets
/// no_new_privs.
///
/// @return false when the kernel has no Landlock, or one that would forbid hard links between directories (before
/// Linux 5.19)
bool confine_thread_to(const std::string& directory);

}  // namespace lichen::sys
