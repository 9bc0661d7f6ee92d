// /dev of a container: the devices that every container has (OCI config-linux.md "Default Devices"), those of
// linux.devices, and the usual symlinks.
//
// A user namespace may not make device nodes (mknod(2), EPERM): then the host's node is bind-mounted, after its type
// and numbers were checked on the descriptor that is mounted, so that nobody can slip in another one (C05).
#pragma once

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

/// @param root  the container's root, O_PATH; /dev is mounted already
/// @stage init, before the root changes: the host's nodes are still there
void make_devices(int root, const spec::OciSpec& spec);

/// Whether this process could make a node of any device and open it. Pure, but for the kernel's number of capabilities.
/// @param initial_user_namespace  we are in it, and the spec makes no other
bool needs_device_filter(const spec::OciProcess& process, const spec::OciSpec& spec, bool initial_user_namespace);

/// Nobody filters device access here (that takes a BPF program in a cgroup that root owns). A user namespace needs no
/// filter: the kernel opens no device node that was made in one. Real root with CAP_MKNOD could reach every disk.
/// @throws Error{unsupported} unless linux.resources.devices ends by allowing all, as that of a privileged container
void refuse_unfiltered_mknod(const spec::OciProcess& process, const spec::OciSpec& spec);

/// Put the terminal at /dev/console. @param slave  from sys::open_pty_from
void mount_console(int root, int slave);

}  // namespace lichen::runtime
