// What main hands to a command: the options before the command, and what is known about this process. Narrow on
// purpose: a command builds the stores and the engine that it needs itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/base/log.hh"
#include "src/parsed_args.hh"
#include "src/style.hh"

namespace lichen::cli {

/// The options before the command; nullopt = not given.
struct GlobalOptions {
  std::optional<std::string> config;          // --config: docker's directory with config.json
  std::optional<std::string> root;            // --root
  std::optional<std::string> runroot;         // --runroot
  std::optional<std::string> storage_driver;  // --storage-driver: overlay, fuse-overlayfs, vfs
  std::optional<std::string> runtime;         // --runtime
  LogLevel log_level = LogLevel::warn;        // --log-level, --debug
};

struct Context {
  GlobalOptions global;
  std::vector<std::string> argv;  // the whole line, argv[0] first; inspect shows it as the create command
  TerminalFacts terminal;
  /// The options between a group's name and its command (lichen compose -f FILE up); nullopt: the group has none.
  std::optional<ParsedArgs> group;
};

}  // namespace lichen::cli
