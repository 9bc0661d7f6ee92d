// What a user without root can have of the limits that a compose file asks for.
#pragma once

#include <string>

#include "libpod/spec/container_config.hh"

namespace lichen::compose {

/// A limit over the hard one of this process is lowered to it, with a warning: databases ask for more than they need,
/// and the kernel lets only root raise a hard limit.
/// @throws Error{invalid} there is no limit of that name
spec::UlimitConfig possible_ulimit(const std::string& service, spec::UlimitConfig wanted);

}  // namespace lichen::compose
