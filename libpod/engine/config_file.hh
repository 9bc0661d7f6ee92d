// ~/.config/lichen/config.toml -> Settings.
#pragma once

#include <string>

#include "libpod/engine/settings.hh"

namespace lichen::engine {

/// Known keys: [storage] driver root runroot fuse_overlayfs keep_blobs; [engine] runtime stop_timeout detach_keys
/// pull_policy cdi_spec_dirs; [containers] log_driver log_size_max default_capabilities; [network] default.
/// @throws Error{invalid} syntax, unknown key (with the nearest known one), wrong type: "config.toml:3: ..."
void apply_config_file(const std::string& path, Settings& settings);

}  // namespace lichen::engine
