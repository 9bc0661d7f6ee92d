// One function per command. To wire a command: declare it here, write src/commands/NAME.cc, and name it as `.handler` in the
// command's row in src/tables.
#pragma once

#include "src/context.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

int version_command(Context& context, const ParsedArgs& args);
int completion_command(Context& context, const ParsedArgs& args);
int help_command(Context& context, const ParsedArgs& args);
int complete_command(Context& context, const ParsedArgs& args);
int man_command(Context& context, const ParsedArgs& args);

}  // namespace lichen::cli
