// What doctor says about containers that are to come back after a reboot.
#pragma once

#include <optional>
#include <string>

#include "libpod/engine/host.hh"
#include "libpod/store/paths.hh"

namespace lichen::engine {

/// The unit that starts them; packaging/systemd.
inline constexpr const char* kRestartUnit = "lichen-restart.service";

/// nullopt where there is nothing to say: no such container, or no systemd to start them.
/// @param config_home  ~/.config; links of enabled units are below it
/// @param host  directory with the host's etc and run, "" for the real one
std::optional<Finding> examine_boot_restart(const store::Paths& paths, const std::string& config_home,
                                            const std::string& host = "");

}  // namespace lichen::engine
