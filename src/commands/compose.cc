// compose up, create, start, down and the verbs over a project's containers.
#include "compose/attached.hh"
#include "compose/down.hh"
#include "compose/up.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/time.hh"
#include "libpod/spec/env.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/compose_project.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

bool is_true(const engine::Engine& engine, const char* variable) {
  return parse_bool(spec::find_env(engine.environment.all, variable).value_or("")).value_or(false);
}

std::map<std::string, std::uint32_t> scale_of(const ParsedArgs& args, const std::vector<std::string>& texts) {
  std::map<std::string, std::uint32_t> scale;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const auto count = equals == std::string::npos ? std::nullopt : parse_int(text.substr(equals + 1));
    if (!count || *count < 0 || *count > 10000) throw_usage(args.command(), format("'{}': write SERVICE=COUNT", text));
    scale[text.substr(0, equals)] = static_cast<std::uint32_t>(*count);
  }
  return scale;
}

compose::UpOptions up_options(const Context& context, const engine::Engine& engine, const ParsedArgs& args) {
  compose::UpOptions options;
  options.services = args.positionals();
  options.no_deps = args.get_bool("no-deps");
  options.force_recreate = args.get_bool("force-recreate");
  options.no_recreate = args.get_bool("no-recreate");
  options.always_recreate_deps = args.get_bool("always-recreate-deps");
  options.renew_volumes = args.get_bool("renew-anon-volumes");
  options.remove_orphans = args.get_bool("remove-orphans") || is_true(engine, "COMPOSE_REMOVE_ORPHANS");
  options.ignore_orphans = is_true(engine, "COMPOSE_IGNORE_ORPHANS");
  options.scale = scale_of(args, args.get_list("scale"));
  options.images.build_always = args.get_bool("build");
  options.images.build_never = args.get_bool("no-build");
  if (const auto pull = args.get_string("pull"); pull != "policy") options.images.pull = pull;
  options.images.quiet_build = find_option(args.command(), "quiet-build") != nullptr && args.get_bool("quiet-build");
  options.parallel = parallel_limit(context, engine);
  if (options.force_recreate && options.no_recreate)
    throw_usage(args.command(), "--force-recreate and --no-recreate cannot both be");
  if (options.images.build_always && options.images.build_never)
    throw_usage(args.command(), "--build and --no-build cannot both be");
  return options;
}

std::optional<std::chrono::seconds> wait_timeout(const ParsedArgs& args) {
  const auto seconds = args.find_int("wait-timeout");
  return seconds && *seconds > 0 ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
}

compose::AttachedOptions attached_options(const Context& context, const ParsedArgs& args, Timestamp begin) {
  compose::AttachedOptions options;
  options.log.follow = true;
  options.log.since = begin;
  options.log.timestamps = args.get_bool("timestamps");
  options.log.has_prefix = !args.get_bool("no-log-prefix");
  options.log.has_colour = has_colour(context) && !args.get_bool("no-color");
  options.abort_on_exit = args.get_bool("abort-on-container-exit");
  options.abort_on_failure = args.get_bool("abort-on-container-failure");
  options.exit_code_from = args.get_string("exit-code-from");
  options.attach = args.get_list("attach");
  options.no_attach = args.get_list("no-attach");
  options.stop_timeout_s = args.find_int("timeout");
  return options;
}

compose::WatchOptions watch_options(const compose::Project& project, const compose::UpOptions& up) {
  compose::WatchOptions options;
  options.services = compose::chosen_services(project, up.services, up.no_deps);
  options.parallel = up.parallel;
  options.stop_timeout_s = up.stop_timeout_s;
  const compose::WatchRules rules(project, options.services);  // wrong ones are told before anything is started
  if (up.images.build_never && rules.has_rebuild())
    throw Error(ErrorKind::usage, "--no-build is incompatible with watch action rebuild").with_exit_code(1);
  return options;
}

int change(Context& context, const ParsedArgs& args, compose::LifeVerb verb, compose::LifeOptions options) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  options.services = args.positionals();
  const auto found = find_project(context, *engine, options.services);
  const auto view = make_view(context);
  compose::change_life(*engine, found.name, found.get(), verb, options, *view);
  return kExitOk;
}

}  // namespace

int compose_up_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto project = load_project(context, *engine, args.positionals());
  auto options = up_options(context, *engine, args);
  options.no_start = args.get_bool("no-start");
  options.wait = args.get_bool("wait");
  options.wait_timeout = wait_timeout(args);
  options.stop_timeout_s = args.find_int("timeout");
  const bool detached = args.get_bool("detach") || options.wait || options.no_start;
  auto attached = attached_options(context, args, now());
  if (attached.attach.empty()) {
    const auto shown = compose::chosen_services(project, options.services, !args.get_bool("attach-dependencies"));
    for (const auto& service : project.services)
      if (!shown.contains(service.name)) attached.no_attach.push_back(service.name);
  }
  if (args.get_bool("detach") &&
      (attached.abort_on_exit || attached.abort_on_failure || !attached.exit_code_from.empty()))
    throw_usage(args.command(), "-d does not go together with --abort-on-container-exit and --exit-code-from");
  if (!attached.exit_code_from.empty() && project.find_service(attached.exit_code_from) == nullptr)
    throw_error(ErrorKind::not_found, "--exit-code-from {}: no such service", attached.exit_code_from);
  attached.watches = args.get_bool("watch");
  attached.has_menu = args.has("menu") ? args.get_bool("menu") : is_true(*engine, "COMPOSE_MENU");
  if (detached && (attached.watches || (args.has("menu") && attached.has_menu)))
    throw_usage(args.command(), format("--{} is for the foreground", attached.watches ? "watch" : "menu"));
  const bool can_watch =
      std::ranges::any_of(project.services, [](const auto& service) { return !service.watch.empty(); });
  if (attached.watches || (attached.has_menu && can_watch)) attached.watch = watch_options(project, options);
  const auto view = make_view(context);
  if (!detached && !is_rehearsal(context)) return compose::up_attached(*engine, project, options, attached, *view);
  compose::bring_up(*engine, project, options, *view);
  return kExitOk;
}

int compose_create_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto project = load_project(context, *engine, args.positionals());
  auto options = up_options(context, *engine, args);
  options.no_start = true;
  const auto view = make_view(context);
  compose::bring_up(*engine, project, options, *view);
  return kExitOk;
}

int compose_start_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto project = load_project(context, *engine, args.positionals());
  compose::UpOptions options;
  options.services = args.positionals();
  options.only_existing = true;
  options.ignore_orphans = true;
  options.wait = args.get_bool("wait");
  options.wait_timeout = wait_timeout(args);
  const auto view = make_view(context);
  compose::bring_up(*engine, project, options, *view);
  return kExitOk;
}

int compose_scale_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  compose::UpOptions options;
  options.scale = scale_of(args, args.positionals());
  for (const auto& [service, count] : options.scale) options.services.push_back(service);
  const auto project = load_project(context, *engine, options.services);
  options.no_deps = args.get_bool("no-deps");
  options.no_recreate = true;
  options.ignore_orphans = true;
  options.parallel = parallel_limit(context, *engine);
  const auto view = make_view(context);
  compose::bring_up(*engine, project, options, *view);
  return kExitOk;
}

int compose_down_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto found = find_project(context, *engine);
  compose::DownOptions options;
  options.services = args.positionals();
  options.remove_orphans = args.get_bool("remove-orphans") || is_true(*engine, "COMPOSE_REMOVE_ORPHANS");
  options.volumes = args.get_bool("volumes");
  options.images = args.get_string("rmi");
  options.timeout_s = args.find_int("timeout");
  const auto view = make_view(context);
  compose::take_down(*engine, found.name, found.get(), options, *view);
  return kExitOk;
}

int compose_stop_command(Context& context, const ParsedArgs& args) {
  return change(context, args, compose::LifeVerb::stop,
                {.services = {}, .timeout_s = args.find_int("timeout"), .signal = ""});
}

int compose_restart_command(Context& context, const ParsedArgs& args) {
  return change(
      context, args, compose::LifeVerb::restart,
      {.services = {}, .timeout_s = args.find_int("timeout"), .signal = "", .no_deps = args.get_bool("no-deps")});
}

int compose_pause_command(Context& context, const ParsedArgs& args) {
  return change(context, args, compose::LifeVerb::pause, {});
}

int compose_unpause_command(Context& context, const ParsedArgs& args) {
  return change(context, args, compose::LifeVerb::unpause, {});
}

int compose_kill_command(Context& context, const ParsedArgs& args) {
  return change(context, args, compose::LifeVerb::kill,
                {.services = {},
                 .timeout_s = {},
                 .signal = args.get_string("signal"),
                 .remove_orphans = args.get_bool("remove-orphans")});
}

int compose_rm_command(Context& context, const ParsedArgs& args) {
  compose::LifeOptions options;
  options.volumes = args.get_bool("volumes");
  options.stop_first = args.get_bool("stop");
  if (!confirmed(args, "This will remove containers of the project that have ended.")) return kExitOk;
  return change(context, args, compose::LifeVerb::remove, options);
}

}  // namespace lichen::cli
