// The five capability sets of a process, as bit masks; capabilities(7). Bit n is capability number n.
#pragma once

#include <cstdint>

namespace lichen::sys {

struct CapabilitySets {
  std::uint64_t bounding = 0;
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t ambient = 0;
};

/// Highest capability number of this kernel (PR_CAPBSET_READ answers for it), for example 40.
int last_capability();
CapabilitySets current_capabilities();

/// Drop from the bounding set what is not in `keep`. Needs CAP_SETPCAP; unknown bits are ignored.
void limit_bounding_set(std::uint64_t keep);
/// capset(2). @throws Error{permission} more than we have
void set_capabilities(std::uint64_t effective, std::uint64_t permitted, std::uint64_t inheritable);
/// Clear the ambient set and raise these; they must be permitted and inheritable.
void set_ambient(std::uint64_t ambient);
/// Whether permitted capabilities survive a change from uid 0 (PR_SET_KEEPCAPS); execve clears it.
void keep_capabilities(bool on);
void set_no_new_privs();
void set_dumpable(bool on);

}  // namespace lichen::sys
