// The exit policy `stop` of a pod: the container that ends last ends the pod's holder (engine/pod_holder.hh).
//
// Every monitor of the pod's containers has a shared lock on one file. Who ends tries to have it alone: of two at once
// both let go of the shared one first (flock(2): a conversion is not atomic), so at least one of them gets it. Whoever
// starts a container of the pod meanwhile waits for the lock, and thus for the holder's end.
#pragma once

#include <string>

#include "libpod/sys/unique_fd.hh"

namespace lichen::conmon {

/// Our container will not run again. Ends the holder when no other monitor has the lock, and waits for that, but not
/// for ever. @param lock  none: there is nothing to do
void leave_pod(sys::UniqueFd lock, const std::string& holder_socket);

}  // namespace lichen::conmon
