// Linux capabilities: names, the default set, and docker's arithmetic of --cap-add and --cap-drop.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::spec {

/// All names that we know ("CAP_CHOWN" ...), index = the kernel's number (linux/capability.h, 41 up to Linux 6.x).
std::span<const std::string_view> all_capabilities();
/// What a container has when nothing is asked for (design section 7), in the order of the kernel's numbers.
std::span<const std::string_view> default_capabilities();

/// "net_raw", "CAP_NET_RAW", "all" -> "CAP_NET_RAW", "ALL".
/// @param option  names the option in the error ("--cap-add")
/// @throws Error{usage} no such capability; a near name is suggested
std::string normalize_capability(std::string_view text, std::string_view option);

/// The set after adds and drops, as docker computes it: privileged gives all; ALL among the adds gives all but the
/// drops; ALL among the drops gives the adds alone; else the defaults without the drops plus the adds (so one that is
/// both dropped and added stays).
///
/// @param available  the capabilities that the user namespace can give; empty = all
/// @param defaults   in place of default_capabilities() (a default_capabilities of the configuration); empty = those
/// @return names in the order of the kernel's numbers
/// @throws Error{usage}        an unknown name
/// @throws Error{unsupported}  one asked for by name is not available
std::vector<std::string> compute_capabilities(std::span<const std::string> add, std::span<const std::string> drop,
                                              bool privileged, std::span<const std::string> available = {},
                                              std::span<const std::string> defaults = {});

}  // namespace lichen::spec
