// The part of containers.conf(5) that is about containers and not about podman's own programs -> Settings.
//
// The file is not ours: keys that lichen does not have are passed over, and so are values that only podman's programs
// know (a log driver, say), with a line at --log-level debug. A value of the wrong type is an error, as for podman. It
// is read only by commands that make or attach to containers: `lichen ps` must not pay for the several hundred lines
// that distributions install.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/settings.hh"

namespace lichen::engine {

/// FOLDER/containers.conf and FOLDER/containers.conf.d/*.conf (sorted) of each folder, those that exist, in the order
/// in which they are read: the last one wins.
std::vector<std::string> containers_conf_files(const std::vector<std::string>& folders);

/// @throws Error{invalid} "FILE:LINE: ..."
void apply_containers_conf(const std::string& path, Settings& settings);

/// /usr/share, /etc and `config_dir`/containers; CONTAINERS_CONF stands for all of them, CONTAINERS_CONF_OVERRIDE is
/// read last.
void load_containers_conf(const std::string& config_dir, const Environment& environment, Settings& settings);

}  // namespace lichen::engine
