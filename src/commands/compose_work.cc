// compose exec and pull.
#include "compose/project_state.hh"
#include "compose/service_container.hh"
#include "compose/service_image.hh"
#include "compose/up.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/exec.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/compose_project.hh"
#include "src/container_flags.hh"
#include "src/exit_code.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
int compose_exec_command(Context& context, const ParsedArgs& args) {
  refuse_rehearsal(context, args);
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto found = find_project(context, *engine);
  const auto& words = args.positionals();
  const auto container = compose::running_container(*engine, found.name, words[0], args.get_int("index"));
  engine::ExecRequest request;
  request.command.assign(words.begin() + 1, words.end());
  request.env = collect_env(args, engine->environment.all);
  request.user = args.get_string("user");
  request.working_dir = args.get_string("workdir");
  // docker compose: a terminal when ours is one.
  const bool has_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  request.detach = args.get_bool("detach");
  request.tty = !args.get_bool("no-tty") && args.get_bool("tty") && has_terminal && !request.detach;
  request.interactive = args.get_bool("interactive") && !request.detach;
  request.privileged = args.get_bool("privileged");
  return engine::exec_in_container(*engine, container.id(), request);
}

int compose_pull_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto project = load_images(context, *engine, args.positionals());
  engine->enter_userns();
  const auto chosen = compose::chosen_services(project, args.positionals(), !args.get_bool("include-deps"));
  compose::PullChoice choice;
  choice.policy = args.get_string("policy");
  choice.ignore_buildable = args.get_bool("ignore-buildable");
  choice.ignore_failures = args.get_bool("ignore-pull-failures");
  const bool side_by_side = args.get_bool("parallel") && !args.get_bool("no-parallel");
  const std::size_t parallel = side_by_side ? parallel_limit(context, *engine) : 1;
  const auto view = make_view(context, args.get_bool("quiet"));
  compose::pull_images(*engine, project, chosen, choice, *view, parallel);
  return kExitOk;
}

}  // namespace lichen::cli
