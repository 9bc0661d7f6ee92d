// inspect, and its forms for one kind of object. What is found is printed even when another name is not there; the exit
// code is 1 then.
#include "libpod/base/error.hh"
#include "libpod/engine/container_inspect.hh"
#include "libpod/engine/image_list.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/networks.hh"
#include "libpod/engine/pod_list.hh"
#include "libpod/engine/volumes.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

using Inspect = std::function<Json(const std::string& name)>;

int inspect_each(const std::vector<std::string>& names, const ParsedArgs& args, const Inspect& inspect) {
  std::vector<Json> found;
  const int code = for_each_name(names, [&](const std::string& name) { found.push_back(inspect(name)); });
  const std::string format_text = args.get_string("format");
  if (!found.empty() || format_text.empty()) write_out(render_objects(found, format_text));
  return code;
}

// Whether the look through all kinds goes on. A word that cannot be an image's name is one that no image has; a damaged
// object is an answer (its error says where: it has a context or a hint of the store's).
bool is_absent(const std::string& name, const Error& error) {
  if (error.kind() == ErrorKind::not_found) return true;
  return error.kind() == ErrorKind::invalid && error.message().find("'" + name + "'") != std::string::npos &&
         error.context().empty();
}

Json inspect_any(engine::Engine& engine, const std::string& name, bool size) {
  std::string hint;
  const auto attempt = [&](const Inspect& inspect) -> std::optional<Json> {
    try {
      return inspect(name);
    } catch (const Error& error) {
      if (!is_absent(name, error)) throw;
      if (hint.empty() && error.hint().starts_with("did you mean")) hint = error.hint();
      return std::nullopt;
    }
  };
  for (const Inspect& inspect :
       {Inspect([&](const std::string& one) { return engine::inspect_container(engine, one, size); }),
        Inspect([&](const std::string& one) { return engine::inspect_image(engine, one); }),
        Inspect([&](const std::string& one) { return engine::inspect_volume(engine, one); }),
        Inspect([&](const std::string& one) { return engine::inspect_network(engine, one); }),
        Inspect([&](const std::string& one) { return engine::inspect_pod(engine, one); })})
    if (auto found = attempt(inspect)) return *std::move(found);
  throw Error(ErrorKind::not_found, format("no such object: {}", name))
      .with_hint(hint.empty() ? "`lichen ps -a`, `lichen images` and `lichen volume ls` list what there is" : hint);
}

}  // namespace

int inspect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const std::string type = args.get_string("type");
  const bool size = args.get_bool("size");
  const bool newest = args.get_bool("latest");
  return inspect_each(newest ? named_or_newest(*engine, args) : args.positionals(), args, [&](const std::string& name) {
    if (newest || type == "container") return engine::inspect_container(*engine, name, size);
    if (type == "image") return engine::inspect_image(*engine, name);
    if (type == "volume") return engine::inspect_volume(*engine, name);
    if (type == "network") return engine::inspect_network(*engine, name);
    if (type == "pod") return engine::inspect_pod(*engine, name);
    return inspect_any(*engine, name, size);
  });
}

int container_inspect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return inspect_each(named_or_newest(*engine, args), args, [&](const std::string& name) {
    return engine::inspect_container(*engine, name, args.get_bool("size"));
  });
}

int image_inspect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return inspect_each(args.positionals(), args, [&](const std::string& name) {
    return engine::inspect_image(*engine, engine::require_platform(*engine, name, args.get_string("platform")));
  });
}

int volume_inspect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto names = named_or_all(args, "volume", [&] { return engine->volumes.list(); });
  return inspect_each(names, args, [&](const std::string& name) { return engine::inspect_volume(*engine, name); });
}

int network_inspect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return inspect_each(args.positionals(), args,
                      [&](const std::string& name) { return engine::inspect_network(*engine, name); });
}

}  // namespace lichen::cli
