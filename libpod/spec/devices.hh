// --device HOST[:CONTAINER][:PERMISSIONS].
#pragma once

#include <string>
#include <string_view>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// The container's path is the host's when it is not given; permissions are a subset of "rwm", each letter once.
/// "vendor.com/class=name" is a CDI name.
/// @throws Error{usage}        wrong form, relative paths, other letters
/// @throws Error{unsupported}  a CDI name
DeviceConfig parse_device_option(std::string_view text);

/// As --device would read it.
std::string format_device_option(const DeviceConfig& device);

}  // namespace lichen::spec
