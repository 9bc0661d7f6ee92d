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

/// Become id 0 of the new user namespace, or the lowest that is mapped.
void take_first_id(const spec::OciLinux& linux);

}  // namespace lichen::runtime
