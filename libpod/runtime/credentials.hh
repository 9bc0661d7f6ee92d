// From init to the container's program: ids, groups, capabilities, limits, umask, no_new_privs, labels, seccomp. One
// code path for `create` and `exec`.
#pragma once

#include <string>
#include <vector>

#include "libpod/runtime/seccomp.hh"
#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/capabilities.hh"
#include "libpod/sys/procfs.hh"

namespace lichen::runtime {

/// Masks of the five sets. @throws Error{invalid} an unknown name; names newer than this kernel are an
/// Error{unsupported}
sys::CapabilitySets capability_sets(const spec::OciProcess& process);

/// What can be done with all privileges, before the wait for `start`: limits, oom_score_adj, LSM label, scheduler.
/// @param proc  of the host, opened before the root changed
void apply_limits(const spec::OciProcess& process, const sys::ProcFs& proc);

/// Labels of AppArmor and SELinux for the next execve. @throws Error{unsupported} the module is not there: never run
/// without
void apply_labels(const spec::OciProcess& process, const sys::ProcFs& proc);

/// A new session keyring, so that the caller's keys stay out (keyrings(7)).
/// @param filtered  a seccomp filter follows: then a full quota (EDQUOT, 200 keyrings per user) is no reason to fail
void join_new_keyring(const std::string& id, bool filtered);

/// Become the user with these capabilities and the filter; nothing that needs a privilege can follow.
/// Should: end with exactly the five sets of the spec. Mustn't: be called with descriptors open that the program must
/// not reach.
void become_user(const spec::OciProcess& process, const SeccompFilter& filter, bool die_with_parent);

/// Pipes and sockets on 0, 1, 2 get the user as owner, so that /dev/stdout can be opened again.
void give_standard_streams(const spec::OciUser& user);

}  // namespace lichen::runtime
