// help [COMMAND]
#include "src/help.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "src/commands/commands.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/personality.hh"

namespace lichen::cli {

int help_command(Context& context, const ParsedArgs& args) {
  const bool colour = context.terminal.colour_on_stdout();
  if (args.positionals().empty()) {
    write_out(as_called(main_help(colour), personality()));
    return kExitOk;
  }
  const std::string path = join(args.positionals(), " ");
  const CommandSpec* command = find_command(path);
  if (command == nullptr) throw_unknown_command(nullptr, path);
  if (!command->is_done()) {
    write_out(format("lichen {}: {}. It is not done yet.\n", path, command->summary));
    return kExitOk;
  }
  write_out(as_called(command->is_group ? group_help(*command) : command_help(*command, colour), personality()));
  return kExitOk;
}

}  // namespace lichen::cli
