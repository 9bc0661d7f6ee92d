// rmi, tag, untag, image exists, image prune.
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/engine/manifest_lists.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

void print_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  write_out(text);
}

}  // namespace

int rmi_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool all = args.get_bool("all"), force = args.get_bool("force");
  const auto names = named_or_all(args, "image", [&] {
    auto ids = engine->lists.list();  // first: what is in a list stays
    for (auto& id : engine->images.list()) ids.push_back(std::move(id));
    return ids;
  });
  return for_each_name(names, [&](const std::string& name) {
    try {
      std::string victim = name;  // --platform means an image of a list, not the list
      for (const auto& platform : args.get_list("platform")) victim = engine::require_platform(*engine, name, platform);
      // With --all every name of an image goes, as many as it has.
      const auto removal = engine::remove_image(
          *engine, victim, force || (all && engine::names_of_image(engine->images.refs(), name).size() > 1),
          args.get_bool("no-prune"));
      print_lines(removal.lines());
      if (!removal.kept_for.empty())
        log_warn("the image stays, without a name, as long as {} needs it", removal.kept_for);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found || !(args.get_bool("ignore") || force)) throw;
    }
  });
}

int tag_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& words = args.positionals();
  engine::tag_image(*engine, words[0], {words.begin() + 1, words.end()});
  return kExitOk;
}

int untag_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& words = args.positionals();
  const std::vector<std::string> names(words.begin() + 1, words.end());
  // "untag NAME": docker has no such command; podman takes all names of the image away.
  engine::untag_image(*engine, words[0], names);
  return kExitOk;
}

int image_exists_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const std::string& name = args.positionals()[0];
  return engine::find_list(*engine, name) || engine::find_image(*engine, name) ? kExitOk : kExitNo;
}

int image_prune_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool all = args.get_bool("all");
  if (!confirmed(args, all ? "This will remove all images that no container uses."
                           : "This will remove all images without a name that no container uses."))
    return kExitOk;
  const auto removal = engine::prune_images(*engine, {.all = all, .filters = args.get_list("filter")});
  std::string text;
  if (!removal.untagged.empty() || !removal.deleted.empty()) {
    text = "Deleted Images:\n";
    for (const auto& name : removal.untagged) text += "untagged: " + name + "\n";
    for (const auto& digest : removal.deleted) text += "deleted: " + digest + "\n";
    text += "\n";
  }
  write_out(text + reclaimed_line(removal.bytes));
  return kExitOk;
}

}  // namespace lichen::cli
