// argv -> one command's handler. main() owns the process (descriptors, signals, the catch); this owns the reading of
// the line.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "src/context.hh"

namespace lichen::cli {

/// The options before the command that `words` begin with. @throws Error{usage}
GlobalOptions global_options_of(std::span<const std::string> words);

/// Read the options before the command, find the command, parse its options and run it.
///
/// @param argv  the whole line, argv[0] first
/// @return the exit code
/// @throws Error  whatever goes wrong; usage and unsupported for the line itself
int dispatch(std::vector<std::string> argv);

}  // namespace lichen::cli
