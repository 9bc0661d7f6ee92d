// exec: a further process in a running container.
#include "libpod/engine/exec.hh"

#include "libpod/engine/life.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/options.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/container_flags.hh"
#include "src/session.hh"

namespace lichen::cli {

int exec_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  if (args.has("cidfile") && args.get_bool("latest"))
    throw_usage(args.command(), "--cidfile and --latest exclude each other: both name the container");
  auto words = words_with_newest(*engine, args);
  if (const auto file = args.find_string("cidfile")) words.insert(words.begin(), engine::read_cidfile(*file));
  engine::ExecRequest request;
  request.command.assign(words.begin() + 1, words.end());
  request.env = collect_env(args, engine->environment.all);
  request.user = args.get_string("user");
  request.working_dir = args.get_string("workdir");
  request.tty = args.get_bool("tty");
  request.interactive = args.get_bool("interactive");
  request.privileged = args.get_bool("privileged");
  request.detach = args.get_bool("detach");
  request.detach_keys = spec::parse_detach_keys(args.find_string("detach-keys").value_or(engine->settings.detach_keys));
  return engine::exec_in_container(*engine, words[0], request);
}

}  // namespace lichen::cli
