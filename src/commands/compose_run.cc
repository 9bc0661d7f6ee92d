// compose run: a command in a container of its own.
#include "compose/one_off.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/ports.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/compose_project.hh"
#include "src/container_flags.hh"
#include "src/exit_code.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

compose::OneOff one_off(const ParsedArgs& args, const engine::Engine& engine, const compose::Project& project) {
  compose::OneOff one;
  const auto& words = args.positionals();
  one.service = words[0];
  if (project.find_service(one.service) == nullptr)
    throw Error(ErrorKind::not_found, format("no such service: {}", one.service)).with_exit_code(kExitNo);
  if (words.size() > 1) one.command.emplace(words.begin() + 1, words.end());
  if (const auto entrypoint = args.find_string("entrypoint"))
    one.entrypoint = entrypoint->empty() ? compose::Strings{} : compose::Strings{*entrypoint};
  one.env = collect_env(args, engine.environment.all);
  one.user = args.find_string("user");
  one.working_dir = args.find_string("workdir");
  one.name = args.get_string("name");
  for (const auto& text : args.get_list("label")) one.labels.insert(spec::parse_label(text, "--label"));
  for (const auto& text : args.get_list("volume")) {
    auto mount = spec::parse_volume_option(text);
    if (mount.type == spec::MountType::bind && !mount.source.starts_with('/'))
      mount.source = clean_path(project.working_dir + "/" + mount.source);
    one.mounts.push_back(std::move(mount));
  }
  for (const auto& text : args.get_list("publish"))
    for (auto& port : spec::parse_port_option(text)) one.ports.push_back(std::move(port));
  one.cap_add = args.get_list("cap-add");
  one.cap_drop = args.get_list("cap-drop");
  one.service_ports = args.get_bool("service-ports");
  one.use_aliases = args.get_bool("use-aliases");
  one.no_deps = args.get_bool("no-deps");
  one.remove = args.get_bool("rm");
  one.detach = args.get_bool("detach");
  const bool has_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  one.tty = !args.get_bool("no-tty") && has_terminal && !one.detach;
  one.interactive = args.get_bool("interactive") && !one.detach;
  return one;
}

}  // namespace

int compose_run_command(Context& context, const ParsedArgs& args) {
  refuse_rehearsal(context, args);
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto project = load_project(context, *engine, {args.positionals()[0]});
  const auto one = one_off(args, *engine, project);
  compose::UpOptions dependencies;
  dependencies.images.build_always = args.get_bool("build");
  if (const auto pull = args.get_string("pull"); pull != "policy") dependencies.images.pull = pull;
  dependencies.images.quiet_build = args.get_bool("quiet-build");
  dependencies.remove_orphans = args.get_bool("remove-orphans");
  dependencies.parallel = parallel_limit(context, *engine);
  const auto view = make_view(context, args.get_bool("quiet"));
  return compose::run_one_off(*engine, project, one, dependencies, *view);
}

}  // namespace lichen::cli
