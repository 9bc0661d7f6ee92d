// Namespaces: their names, opened and joined by descriptor.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

struct NamespaceKind {
  std::string_view oci_type;   // "network"
  std::string_view proc_name;  // "net": /proc/PID/ns/net
  int clone_flag;              // CLONE_NEWNET
};

/// In an order in which they can be joined: user first, mount last.
std::span<const NamespaceKind> namespace_kinds();
/// By OCI type; nullptr for an unknown one.
const NamespaceKind* find_namespace_kind(std::string_view oci_type);

/// Open a namespace file of the host, sure that it is one and of this kind (NS_GET_NSTYPE): a path that leads to
/// something else, a device for example, is never opened for real.
/// @throws Error{invalid} it is not a namespace of that kind
UniqueFd open_namespace(const std::string& path, int clone_flag);
/// /proc/PID/ns/... of a process.
UniqueFd open_process_namespace(int pid, const NamespaceKind& kind);

/// setns(2). Joining "pid" counts for children only, joining "mount" changes root and working directory to those of the
/// namespace.
void join_namespace(int fd, int clone_flag, std::string_view what);
/// All given namespaces of a process at once, by its pidfd (Linux 5.8): all or none.
void join_process_namespaces(int pidfd, int clone_flags);
void unshare_namespaces(int clone_flags, std::string_view what);

/// Whether both descriptors are open on the same namespace.
bool same_namespace(int a, int b);

}  // namespace lichen::sys
