// Seccomp profiles: the default one (docker's allow-list, ENOSYS for the unknown; design section 7) and files in
// docker's format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libpod/spec/oci_spec.hh"

namespace lichen::spec {

/// The default profile for a process with these capabilities ("CAP_..." names).
SeccompSpec default_seccomp_profile(const std::vector<std::string>& effective_caps);

/// A profile file in docker's format: includes and excludes by capability, architecture and kernel are resolved here.
/// @param what  names the document in errors
/// @throws Error{invalid} not JSON, wrong types, unknown actions; the message has the JSON path
SeccompSpec seccomp_profile_from_json(std::string_view text, std::string_view what,
                                      const std::vector<std::string>& effective_caps);

}  // namespace lichen::spec
