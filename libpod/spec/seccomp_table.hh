// The default seccomp profile as data: which system calls are allowed always, which with a capability, which are
// refused with EPERM. Whatever is not named here gives ENOSYS, as if this kernel did not have it, so that programs fall
// back (design section 7).
//
// The selection follows docker's published default profile: known names that it leaves out give EPERM here, because
// that is what programs and people expect of docker; clone3 alone gives ENOSYS, for a filter cannot look at its
// arguments and the C library falls back to clone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lichen::spec {

struct CapabilityCalls {
  std::string_view capability;
  std::span<const std::string_view> calls;
};

std::span<const std::string_view> seccomp_allowed_calls();
/// Allowed when the process has the capability; a name may stand in several rows.
std::span<const CapabilityCalls> seccomp_capability_calls();
/// EPERM, beside those of seccomp_capability_calls whose capability is missing.
std::span<const std::string_view> seccomp_refused_calls();

}  // namespace lichen::spec
