// compose build.
#include "compose/bake.hh"
#include "compose/service_image.hh"
#include "compose/up.hh"
#include "libpod/base/error.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/resources.hh"
#include "src/arg_parser.hh"
#include "src/build_checks.hh"
#include "src/build_flags.hh"
#include "src/commands/commands.hh"
#include "src/compose_project.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/pod_flags.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

compose::BuildChoice build_choice(const engine::Engine& engine, const ParsedArgs& args) {
  compose::BuildChoice choice;
  choice.no_cache = args.get_bool("no-cache");
  choice.pull = args.get_bool("pull");
  choice.push = args.get_bool("push");
  for (const auto& text : args.get_list("build-arg")) {
    const auto equals = text.find('=');
    if (equals != std::string::npos)
      choice.args[text.substr(0, equals)] = text.substr(equals + 1);
    else if (const auto value = spec::find_env(engine.environment.all, text))
      choice.args[text] = *value;
  }
  if (const auto memory = args.find_string("memory")) choice.memory = spec::parse_size_option(*memory, "--memory");
  choice.ssh = ssh_flags(args, host_view(engine));
  return choice;
}

// One after the other, each under its service's name when there are several. 1 when one of them has mistakes.
int check_builds(engine::Engine& engine, const compose::Project& project, const std::set<std::string>& services,
                 const compose::BuildChoice& choice) {
  int code = kExitOk;
  for (const auto& service : project.services) {
    if (!services.contains(service.name) || !service.build) continue;
    if (services.size() > 1) write_out(service.name + ":\n");
    const auto read =
        compose::read_service_input(engine, service, compose::build_options(engine, project, service, choice));
    code |= print_checks(read.input, find_mistakes(read.input, read.options));
  }
  return code;
}

}  // namespace

int compose_build_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto project = load_images(context, *engine, args.positionals());
  const auto choice = build_choice(*engine, args);
  const auto chosen = compose::chosen_services(project, args.positionals(), !args.get_bool("with-dependencies"));
  if (args.get_bool("print")) {
    write_out(dump_json_pretty(compose::bake_document(*engine, project, chosen, choice)));
    return kExitOk;
  }
  engine->enter_userns();
  if (args.get_bool("check")) return check_builds(*engine, project, chosen, choice);
  const auto view = make_view(context, args.get_bool("quiet"), args.get_string("progress"));
  const std::size_t parallel = args.get_bool("parallel") ? parallel_limit(context, *engine) : 1;
  compose::build_images(*engine, project, chosen, choice, *view, parallel);
  if (choice.push) compose::push_images(*engine, project, chosen, {}, *view, parallel);
  return kExitOk;
}

}  // namespace lichen::cli
