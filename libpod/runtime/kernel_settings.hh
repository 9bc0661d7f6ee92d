// Settings of the container's namespaces that are not mounts: host name, sysctls, clock offsets, personality, and the
// first id.
#pragma once

#include <string>

#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/procfs.hh"

namespace lichen::runtime {

void set_names(const spec::OciSpec& spec, bool own_uts_namespace);

/// linux.sysctl. Only keys of namespaces are taken, and only when that namespace is the container's own (C48).
/// @throws Error{invalid} another key, or a malformed one
void set_sysctls(const spec::OciSpec& spec, const sys::ProcFs& proc);
/// The path below /proc/sys for a key, both spellings: "net.ipv4.ip_forward", "net/ipv4/conf/eth0.1/forwarding". Pure.
/// @throws Error{invalid} empty parts, "..", other characters, not a namespaced key
std::string sysctl_path(const std::string& key);

/// linux.timeOffsets, for the time namespace made just before.
void set_time_offsets(const spec::OciSpec& spec, const sys::ProcFs& proc);
void set_personality(const spec::OciSpec& spec);

/// Become id 0 of the user namespace that we have entered, or the lowest that is mapped; which ones are is read from
/// the kernel, as a namespace that was joined by its path has no mappings in the spec.
/// @param keep_groups  leave the supplementary groups of the caller (--group-add keep-groups)
void take_first_id(const sys::ProcFs& proc, bool keep_groups);

/// What entering the user namespace of `process` took away: the right over our pipes, whose owner may have no id there.
/// Done from outside it: the standard streams that are pipes or sockets are given to `user`, so that it may open
/// /dev/stdout again.
/// @param process  pid of one that is in the user namespace
void give_streams_from_outside(const sys::ProcFs& proc, pid_t process, const spec::OciUser& user);

}  // namespace lichen::runtime
