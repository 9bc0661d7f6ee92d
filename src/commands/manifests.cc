// manifest create, add, annotate, inspect, push, rm, remove, exists.
#include "libpod/base/error.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/manifest_lists.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/push_flags.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

engine::ListImages list_images(const engine::Engine& engine, const ParsedArgs& args) {
  engine::ListImages images;
  const auto& words = args.positionals();
  images.names.assign(words.begin() + 1, words.end());
  images.all_platforms = args.get_bool("all");
  images.request = registry_request(engine, args);
  return images;
}

engine::EntryNotes entry_notes(const ParsedArgs& args) {
  engine::EntryNotes notes;
  notes.os = args.get_string("os");
  notes.architecture = args.get_string("arch");
  notes.variant = args.get_string("variant");
  notes.os_version = args.get_string("os-version");
  notes.features = args.get_list("features");
  notes.annotations = args.get_list("annotation");
  return notes;
}

int print_id(const std::string& id) {
  write_out(id + "\n");
  return kExitOk;
}

}  // namespace

int manifest_create_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return print_id(engine::create_list(*engine, args.positionals()[0], list_images(*engine, args),
                                      args.get_list("annotation"), args.get_bool("amend")));
}

int manifest_add_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto images = list_images(*engine, args);
  images.notes = entry_notes(args);
  return print_id(engine::add_to_list(*engine, args.positionals()[0], images));
}

int manifest_annotate_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& words = args.positionals();
  auto notes = entry_notes(args);
  notes.os_features = args.get_list("os-features");
  if (!args.get_bool("index")) {
    if (words.size() != 2) throw_usage(args.command(), "which image of the list? (--index annotates the list itself)");
    return print_id(engine::annotate_list_entry(*engine, words[0], words[1], notes));
  }
  for (const char* other : {"os", "arch", "variant", "os-version", "os-features", "features"})
    if (args.has(other)) throw_usage(args.command(), format("--index and --{} exclude each other", other));
  if (words.size() != 1) throw_usage(args.command(), "--index annotates the list itself: name no image");
  return print_id(engine::annotate_list(*engine, words[0], notes.annotations));
}

int manifest_inspect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const std::string& name = args.positionals()[0];
  if (without_transport(name) == name && engine::find_list(*engine, name)) {
    write_out(dump_json_pretty(engine::inspect_list(*engine, name)));
    return kExitOk;
  }
  auto request = registry_request(*engine, args);
  request.names = {without_transport(name)};
  const auto result = engine::run_image_program(*engine, "manifest", request);
  const std::string text = JsonView(result.documents.at(0), "lichen-image:").get_string("text");
  write_out(dump_json_pretty(parse_json(text, "manifest")));
  return kExitOk;
}

int manifest_push_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& words = args.positionals();
  const auto list = engine::require_list(*engine, words[0]);
  const auto done = [&] {
    if (args.get_bool("rm") || args.get_bool("purge")) engine::remove_list(*engine, list);
    return kExitOk;
  };
  if (words.size() > 1 && push_to_place(*engine, args, words[1], /*list=*/true)) return done();
  auto request = registry_request(*engine, args);
  request.names = {words[0]};
  if (words.size() > 1) request.reference = without_transport(words[1]);
  request.list_only = !args.get_bool("all");
  request.quiet = args.get_bool("quiet");
  set_push_flags(args, request);
  const auto result = push_image(*engine, args, request);
  if (!request.quiet) write_out(result.images.at(0).digest + "\n");
  return done();
}

int manifest_rm_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(args.positionals(), [&](const std::string& name) {
    try {
      std::string text;
      for (const auto& line : engine::remove_list(*engine, engine::require_list(*engine, name)).lines())
        text += line + "\n";
      write_out(text);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found || !args.get_bool("ignore")) throw;
    }
  });
}

int manifest_remove_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return print_id(engine::remove_from_list(*engine, args.positionals()[0], args.positionals()[1]));
}

int manifest_exists_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return engine::find_list(*engine, args.positionals()[0]) ? kExitOk : kExitNo;
}

}  // namespace lichen::cli
