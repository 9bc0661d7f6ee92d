// volume create, rm, prune, export, import, exists.
#include "libpod/engine/volumes.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/volume_mount.hh"
#include "libpod/spec/options.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {

int volume_create_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  engine::VolumeRequest request;
  if (!args.positionals().empty()) request.name = args.positionals()[0];
  request.driver = args.get_string("driver");
  for (const auto& text : args.get_list("label"))
    request.labels.insert_or_assign(spec::parse_label(text, "--label").first,
                                    spec::parse_label(text, "--label").second);
  for (const auto& text : args.get_list("opt")) {
    const auto pair = cut(text, '=');
    request.options[pair ? pair->first : text] = pair ? pair->second : "";
  }
  write_out(engine::create_volume(*engine, request) + "\n");
  return kExitOk;
}

int volume_rm_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(named_or_all(args, "volume", [&] { return engine->volumes.list(); }),
                       [&](const std::string& name) {
                         engine::remove_volume(*engine, name, args.get_bool("force"));
                         write_out(name + "\n");
                       });
}

int volume_prune_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool all = args.get_bool("all");
  if (!confirmed(args, all ? "This will remove all volumes that no container uses."
                           : "This will remove anonymous volumes that no container uses."))
    return kExitOk;
  const auto done = engine::prune_volumes(*engine, all, args.get_list("filter"));
  std::string text;
  if (!done.removed.empty()) {
    text = "Deleted Volumes:\n";
    for (const auto& name : done.removed) text += name + "\n";
    text += "\n";
  }
  write_out(text + reclaimed_line(done.bytes));
  return kExitOk;
}

int volume_mount_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  write_out(engine::mount_volume_here(*engine, args.positionals()[0]) + "\n");
  return kExitOk;
}

int volume_unmount_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(args.positionals(), [&](const std::string& name) {
    engine::unmount_volume_here(*engine, name);
    write_out(name + "\n");
  });
}

int volume_export_command(Context& context, const ParsedArgs& args) {
  const std::string output = args.get_string("output");
  if ((output.empty() || output == "-") && ::isatty(STDOUT_FILENO) == 1)
    throw Error(ErrorKind::usage, "volume export: standard output is a terminal")
        .with_hint("give a file: lichen volume export -o FILE VOLUME");
  const auto engine = open_engine(context);
  engine::export_volume(*engine, args.positionals()[0], output.empty() ? "-" : output);
  return kExitOk;
}

int volume_import_command(Context& context, const ParsedArgs& args) {
  const std::string& input = args.positionals()[1];
  if (input == "-" && ::isatty(STDIN_FILENO) == 1)
    throw Error(ErrorKind::usage, "volume import: standard input is a terminal")
        .with_hint("give an archive: lichen volume import VOLUME FILE");
  const auto engine = open_engine(context);
  engine::import_volume(*engine, args.positionals()[0], input);
  return kExitOk;
}

int volume_exists_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return engine->volumes.has(args.positionals()[0]) ? kExitOk : kExitNo;
}

}  // namespace lichen::cli
