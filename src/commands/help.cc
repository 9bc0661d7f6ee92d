// help [COMMAND]
#include "src/help.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "src/commands/commands.hh"
#include "src/exit_code.hh"
#include "src/output.hh"

namespace lichen::cli {

int help_command(Context& context, const ParsedArgs& args) {
  const bool colour = context.terminal.colour_on_stdout();
  if (args.positionals().empty()) {
    write_out(main_help(colour));
    return kExitOk;
  }
  const std::string path = join(args.positionals(), " ");
  const CommandSpec* command = find_command(path);
  if (command == nullptr) throw_unknown_command(nullptr, path);
  if (!command->is_done()) {
    write_out(format("lichen {}: {}. It is not done yet.\n", path, command->summary));
    return kExitOk;
  }
  write_out(command->is_group ? group_help(*command) : command_help(*command, colour));
  return kExitOk;
}

}  // namespace lichen::cli
