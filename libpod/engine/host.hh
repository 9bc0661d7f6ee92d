// What doctor, info and unshare ask.
#pragma once

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct Finding {
  std::string name, state, detail, fix;  // state: ok warning missing error
};

/// Look at everything that containers need on this host. Works when nothing else does: no engine is opened.
/// @mustnot be called inside U0
std::vector<Finding> examine_host(const Environment& environment, const std::string& root);

/// Sections Host, Store, Versions ... as nested objects; docker's top-level names (Containers, Images, Driver, ...)
/// too.
Json host_info(Engine& engine, const std::string& version);

/// Run a command in U0 with a mount namespace of its own; its exit code. Signals of the terminal reach it by
/// themselves.
int run_in_userns(Engine& engine, const std::vector<std::string>& command);

}  // namespace lichen::engine
