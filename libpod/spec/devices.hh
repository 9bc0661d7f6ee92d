// --device HOST[:CONTAINER][:PERMISSIONS], --device-cgroup-rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// The container's path is the host's when it is not given; permissions are a subset of "rwm", each letter once.
/// "vendor.com/class=name" is none of these: see cdi.hh.
/// @throws Error{usage} wrong form, relative paths, other letters
DeviceConfig parse_device_option(std::string_view text);

/// --device-cgroup-rule: "c 1:3 mr". @return the text @throws Error{usage}
std::string parse_device_rule(std::string_view text);

/// Values of --device, and of compose's `devices`: devices of the host, and one request for all CDI names among them.
/// @throws Error{usage} as parse_device_option; nothing is added then
void add_device_options(const std::vector<std::string>& texts, std::vector<DeviceConfig>& devices,
                        std::vector<DeviceRequest>& requests);

/// As --device would read it.
std::string format_device_option(const DeviceConfig& device);

}  // namespace lichen::spec
