// What the commands about pods share.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// The words of the line, those in --pod-id-file, the newest with --latest, all with --all. @throws Error{usage} none
std::vector<std::string> chosen_pods(engine::Engine& engine, const ParsedArgs& args);
/// @throws Error{not_found} there is none
std::string newest_pod(engine::Engine& engine);

}  // namespace lichen::cli
