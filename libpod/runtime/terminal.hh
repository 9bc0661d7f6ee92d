// The container's terminal: a pty from its own devpts, its master given to who asked for it.
#pragma once

#include <optional>
#include <string>

#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/pty.hh"

namespace lichen::runtime {

/// Open a pair in the devpts that is mounted at /dev/pts in the root; the host's when there is none.
/// @param root  O_PATH
sys::Pty open_container_pty(int root);

/// Size, owner, then session, controlling terminal and standard streams of this process.
/// @stage the process that becomes the container's, session leader or able to become one
void use_terminal(int slave, const spec::OciProcess& process);

/// Connect to a console socket (before namespaces change). @throws Error{not_found} nobody listens
sys::UniqueFd connect_console(const std::string& path);
/// Give the master away with SCM_RIGHTS, as runc's protocol has it: any data, one descriptor.
void send_console(int socket, int master);

/// Copy between our own terminal (raw for the time) and `master` until the process ends; window sizes follow, other
/// signals are passed on.
/// @param signals  non-blocking signalfd
/// @return when `pidfd` is readable and the output is drained
void proxy_terminal(int master, int pidfd, int signals);

}  // namespace lichen::runtime
