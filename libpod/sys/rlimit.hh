// Resource limits by the names that the OCI runtime specification has for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lichen::sys {

/// The number of "RLIMIT_NOFILE"; nullopt: there is no limit of that name.
std::optional<int> rlimit_number(std::string_view name);

/// The hard limit of this process, which none below it can exceed without root; UINT64_MAX: there is none.
std::uint64_t hard_limit(int number);

}  // namespace lichen::sys
