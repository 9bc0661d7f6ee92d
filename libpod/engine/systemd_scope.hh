// A cgroup of our own where the session's is root's: in an ssh or desktop session only the user's systemd manager may
// move processes below user@.service, so it is asked for a transient scope with Delegate=yes.
//
// Asked only for containers with limits: it takes some 10 ms, and everything else works without a cgroup. By busctl(1),
// the command line of sd-bus. The scope goes with its last process, so nothing has to be removed.
#pragma once

#include <string>

namespace lichen::engine {

/// Move this process into "<name>.scope" of the user's manager, into a cgroup "monitor" there, and switch on all its
/// controllers for the cgroups beside that. Outside systemd nothing happens.
/// @return whether we are in the scope; why not is a debug message: the caller warns about the limits
bool enter_systemd_scope(const std::string& name);

}  // namespace lichen::engine
