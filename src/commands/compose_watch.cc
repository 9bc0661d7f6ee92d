// compose watch.
#include "compose/watch.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/compose_project.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

// docker compose builds what is watched and built, whatever is there: what changed since then is in nobody's view.
void build_what_is_watched(compose::Project& project) {
  for (auto& service : project.services)
    if (service.build && !service.watch.empty()) service.pull_policy = "build";
}

}  // namespace

int compose_watch_command(Context& context, const ParsedArgs& args) {
  refuse_rehearsal(context, args);
  const auto engine = open_engine(context, /*container_defaults=*/true);
  auto project = load_project(context, *engine, args.positionals());
  compose::WatchOptions options;
  options.services = compose::chosen_services(project, args.positionals(), /*no_deps=*/false);
  options.prune = args.get_bool("prune");
  options.quiet = args.get_bool("quiet");
  options.parallel = parallel_limit(context, *engine);
  compose::WatchRules(project, options.services);  // before anything is built
  const auto lock = compose::lock_watch(*engine, project.name);
  if (!args.get_bool("no-up")) {
    build_what_is_watched(project);
    compose::UpOptions up;
    up.services = args.positionals();
    up.parallel = options.parallel;
    const auto view = make_view(context, options.quiet);
    compose::bring_up(*engine, project, up, *view);
  }
  return compose::watch_project(*engine, project, options,
                                [](std::string_view line) { write_out(std::string(line) + "\n"); });
}

}  // namespace lichen::cli
