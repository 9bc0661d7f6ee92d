// pod create, start, stop, restart, kill, pause, unpause, rm, prune, exists.
#include <cstdio>

#include "libpod/base/error.hh"
#include "libpod/engine/pod_clone.hh"
#include "libpod/engine/pod_create.hh"
#include "libpod/engine/pod_life.hh"
#include "libpod/engine/pod_list.hh"
#include "libpod/engine/pod_remove.hh"
#include "libpod/spec/options.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/pods.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/pod_flags.hh"
#include "src/session.hh"

namespace lichen::cli {

std::string newest_pod(engine::Engine& engine) {
  const auto pods = engine::list_pods(engine, {}, report_damaged("pod"));
  if (pods.empty()) throw_error(ErrorKind::not_found, "--latest: there is no pod");
  return pods[0].config.name;
}

std::vector<std::string> chosen_pods(engine::Engine& engine, const ParsedArgs& args) {
  const auto knows = [&](std::string_view option) { return find_option(args.command(), option) != nullptr; };
  auto names = args.positionals();
  if (knows("pod-id-file"))
    for (const auto& file : args.get_list("pod-id-file")) names.push_back(engine::read_pod_id_file(file));
  if (args.get_bool("latest")) names.push_back(newest_pod(engine));
  const bool all = knows("all") && args.get_bool("all");
  if (all && !names.empty()) throw_error(ErrorKind::usage, "--all and names of pods exclude each other");
  if (!all && names.empty())
    throw Error(ErrorKind::usage, format("lichen {} needs at least one pod", args.command().path))
        .with_hint(knows("all") ? "name one, or use --all" : "name one, or use --latest");
  if (all)
    for (const auto& pod : engine::list_pods(engine, {}, report_damaged("pod"))) names.push_back(pod.config.name);
  return names;
}

namespace {

// With --all what has nothing to do is no error.
int each_pod(Context& context, const ParsedArgs& args, bool container_defaults,
             const std::function<void(engine::Engine&, const std::string&)>& act) {
  const auto engine = open_engine(context, container_defaults);
  return for_each_name(chosen_pods(*engine, args), [&](const std::string& name) {
    const std::string id = engine->pods.find(name);
    act(*engine, id);
    std::printf("%s\n", id.c_str());
    std::fflush(stdout);
  });
}

bool is_state_of(engine::Engine& engine, const std::string& id, wire::ContainerStatus status) {
  const auto pod = engine::load_pod(engine, id);
  for (const auto& container : pod.containers)
    if (container.state.status == status) return true;
  return false;
}

}  // namespace

int pod_create_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  write_out(engine::create_pod(*engine, pod_request(args, host_view(*engine), context.argv)).id + "\n");
  return kExitOk;
}

int pod_start_command(Context& context, const ParsedArgs& args) {
  return each_pod(context, args, true, [](auto& engine, const auto& id) { engine::start_pod(engine, id); });
}

int pod_stop_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(chosen_pods(*engine, args), [&](const std::string& name) {
    std::string id;
    try {
      id = engine->pods.find(name);
    } catch (const Error& error) {
      if (!args.get_bool("ignore") || error.kind() != ErrorKind::not_found) throw;
      return;
    }
    engine::stop_pod(*engine, id, args.find_int("time"));
    std::printf("%s\n", id.c_str());
    std::fflush(stdout);
  });
}

int pod_restart_command(Context& context, const ParsedArgs& args) {
  return each_pod(context, args, true, [](auto& engine, const auto& id) { engine::restart_pod(engine, id); });
}

int pod_kill_command(Context& context, const ParsedArgs& args) {
  const bool all = args.get_bool("all");
  return each_pod(context, args, false, [&](auto& engine, const auto& id) {
    if (all && !is_state_of(engine, id, wire::ContainerStatus::running)) return;
    engine::kill_pod(engine, id, args.get_string("signal"));
  });
}

int pod_pause_command(Context& context, const ParsedArgs& args) {
  const bool all = args.get_bool("all");
  return each_pod(context, args, false, [&](auto& engine, const auto& id) {
    if (!all || is_state_of(engine, id, wire::ContainerStatus::running)) engine::pause_pod(engine, id);
  });
}

int pod_unpause_command(Context& context, const ParsedArgs& args) {
  const bool all = args.get_bool("all");
  return each_pod(context, args, false, [&](auto& engine, const auto& id) {
    if (!all || is_state_of(engine, id, wire::ContainerStatus::paused)) engine::unpause_pod(engine, id);
  });
}

int pod_rm_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool force = args.get_bool("force"), ignore = args.get_bool("ignore") || force;
  if (args.has("time") && !force) throw_error(ErrorKind::usage, "pod rm --time needs --force");
  return for_each_name(chosen_pods(*engine, args), [&](const std::string& name) {
    try {
      const std::string id = engine->pods.find(name);
      engine::remove_pod(*engine, id, {.force = force, .timeout_s = args.find_int("time")});
      std::printf("%s\n", id.c_str());
      std::fflush(stdout);
    } catch (const Error& error) {
      if (!ignore || error.kind() != ErrorKind::not_found) throw;
    }
  });
}

int pod_prune_command(Context& context, const ParsedArgs& args) {
  if (!confirmed(args, "This will remove all pods that have stopped, with their containers.")) return kExitOk;
  const auto engine = open_engine(context);
  std::string text;
  for (const auto& id : engine::prune_pods(*engine)) text += id + "\n";
  write_out(text);
  return kExitOk;
}

int pod_clone_command(Context& context, const ParsedArgs& args) {
  engine::PodCloneRequest request;
  request.source = args.positionals()[0];
  request.name = args.get_string("name");
  if (args.positionals().size() > 1) {
    if (!request.name.empty()) throw_usage(args.command(), "the name is given twice: by --name and as an argument");
    request.name = args.positionals()[1];
  }
  if (args.has("hostname")) request.hostname = spec::parse_hostname(args.get_string("hostname"));
  for (const auto& text : args.get_list("label")) request.labels.insert(spec::parse_label(text, "--label"));
  request.destroy = args.get_bool("destroy");
  request.start = args.get_bool("start");
  const auto engine = open_engine(context, /*container_defaults=*/true);
  write_out(engine::clone_pod(*engine, request).id + "\n");
  return kExitOk;
}

int pod_exists_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  try {
    engine->pods.find(args.positionals()[0]);
    return kExitOk;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return kExitNo;
  }
}

}  // namespace lichen::cli
