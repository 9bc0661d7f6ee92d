// Help as text, printed from the table. Teaching by example: examples come before the flags.
#pragma once

#include <string>

#include "src/command.hh"

namespace lichen::cli {

/// `lichen --help`: a start by example, then the commands by what they are for.
std::string main_help(bool colour);
/// `lichen image`, `lichen image --help`.
std::string group_help(const CommandSpec& group);
/// `lichen CMD --help`.
std::string command_help(const CommandSpec& command, bool colour);

/// "lichen run [OPTIONS] IMAGE ..." without "Usage:".
std::string usage_line(const CommandSpec& command);
/// The options that help, manual and completion show, in table order.
std::vector<const OptionSpec*> visible_options(const CommandSpec& command);
/// "-p, --publish [ip:][host:]port[/proto]".
std::string option_heading(const OptionSpec& option);
/// "When to pull the image: always, missing, never or newer (default missing)".
std::string option_text(const OptionSpec& option);

/// The heading of a group of commands: "Run and control containers".
std::string_view group_title(HelpGroup group);
inline constexpr HelpGroup kHelpGroups[] = {HelpGroup::run, HelpGroup::look, HelpGroup::images, HelpGroup::volumes,
                                            HelpGroup::host};

}  // namespace lichen::cli
