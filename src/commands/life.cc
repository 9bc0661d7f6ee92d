// start, stop, restart, pause, kill, rm, rename, wait, attach: what happens to containers that are there.
#include <algorithm>
#include <cstdio>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_list.hh"
#include "libpod/engine/life.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/start.hh"
#include "libpod/engine/stop.hh"
#include "libpod/spec/options.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/one_container.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

using wire::ContainerStatus;

std::vector<std::string> names_of(engine::Engine& engine, bool (*wanted)(ContainerStatus)) {
  std::vector<std::string> names;
  for (const auto& record : engine::load_all_containers(engine, report_damaged("container")))
    if (wanted(record.state.status) && !record.config.holder) names.push_back(record.config.name);
  return names;
}

// --filter: names of all that match and whose status `wanted` accepts.
std::vector<std::string> matching_names(engine::Engine& engine, const std::vector<std::string>& filters,
                                        bool (*wanted)(ContainerStatus)) {
  engine::ContainerListRequest request;
  request.all = true;
  request.filters = filters;
  std::vector<std::string> names;
  for (const auto& one : engine::list_containers(engine, request, report_damaged("container")))
    if (wanted(one.state.status)) names.push_back(one.config.name);
  return names;
}

// Which containers a command is for: the names on the line and in --cidfile, or the newest, or with --all or --filter
// those that match and whose status `wanted` accepts.
std::vector<std::string> chosen_names(engine::Engine& engine, const ParsedArgs& args, bool (*wanted)(ContainerStatus)) {
  auto names = args.positionals();
  const auto knows = [&](std::string_view option) { return find_option(args.command(), option) != nullptr; };
  if (knows("cidfile"))
    for (const auto& file : args.get_list("cidfile")) names.push_back(engine::read_cidfile(file));
  if (knows("latest") && args.get_bool("latest")) names.push_back(newest_name(engine));
  const bool all = args.get_bool("all");
  const auto filters = knows("filter") ? args.get_list("filter") : std::vector<std::string>{};
  if (!all && filters.empty()) {
    if (names.empty())
      throw Error(ErrorKind::usage, format("lichen {} needs at least one container", args.command().path))
          .with_hint("name one, or use --all");
    return names;
  }
  if (!names.empty())
    throw_error(ErrorKind::usage, "--{} and container names exclude each other", all ? "all" : "filter");
  return filters.empty() ? names_of(engine, wanted) : matching_names(engine, filters, wanted);
}

bool is_any(ContainerStatus) { return true; }
bool is_running(ContainerStatus status) { return status == ContainerStatus::running; }
bool is_paused(ContainerStatus status) { return status == ContainerStatus::paused; }
bool is_startable(ContainerStatus status) {
  return status == ContainerStatus::created || status == ContainerStatus::exited;
}

// With --ignore a container that is not there is no error.
bool is_ignored(bool ignore, const Error& error) { return ignore && error.kind() == ErrorKind::not_found; }

std::string detach_keys(const engine::Engine& engine, const ParsedArgs& args) {
  return spec::parse_detach_keys(args.find_string("detach-keys").value_or(engine.settings.detach_keys));
}

}  // namespace

int attach_to(engine::Engine& engine, const ParsedArgs& args, const std::string& container) {
  const engine::AttachOptions options{.in = !args.get_bool("no-stdin"),
                                      .out = true,
                                      .err = true,
                                      .tty = false,
                                      .detach_keys = detach_keys(engine, args),
                                      .sig_proxy = args.get_bool("sig-proxy")};
  return engine::attach_container(engine, container, options).exit_code;
}

int start_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const bool attach = args.get_bool("attach"), interactive = args.get_bool("interactive");
  const auto names = chosen_names(*engine, args, is_startable);
  if (!attach && !interactive)
    return for_each_name(names, [&](const std::string& name) {
      engine::start_container(*engine, name, nullptr);
      std::printf("%s\n", name.c_str());
    });
  if (names.size() != 1) throw_error(ErrorKind::usage, "start --attach takes one container, not {}", names.size());
  engine::AttachOptions options{.in = interactive,
                                .out = true,
                                .err = true,
                                .tty = false,
                                .detach_keys = detach_keys(*engine, args),
                                .sig_proxy = args.get_bool("sig-proxy")};
  return engine::start_container(*engine, names[0], &options).exit_code;
}

int attach_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  return attach_to(*engine, args, words_with_newest(*engine, args)[0]);
}

int stop_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool ignore = args.get_bool("ignore"), reboot = args.get_bool("for-reboot");
  if (reboot && (args.has("timeout") || args.has("signal")))
    throw_usage(args.command(), "--for-reboot stops each container in its own way: leave --timeout and --signal out");
  std::vector<std::pair<std::string, engine::PendingStop>> pending;
  const int asked = for_each_name(chosen_names(*engine, args, wire::is_active), [&](const std::string& name) {
    try {
      pending.emplace_back(
          name, reboot ? engine::begin_stop_for_reboot(*engine, name)
                       : engine::begin_stop(*engine, name, args.find_int("timeout"), args.get_string("signal")));
    } catch (const Error& error) {
      if (!is_ignored(ignore, error)) throw;
    }
  });
  std::vector<std::string> names;
  for (const auto& one : pending) names.push_back(one.first);
  auto next = pending.begin();
  const int ended = for_each_name(names, [&](const std::string& name) {
    engine::finish_stop(*engine, (next++)->second);
    std::printf("%s\n", name.c_str());
    std::fflush(stdout);
  });
  return std::max(asked, ended);
}

int restart_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto chosen = args.get_bool("running") ? wire::is_active : is_any;
  const bool every = args.get_bool("all") || args.get_bool("running");
  return for_each_name(every ? names_of(*engine, chosen) : chosen_names(*engine, args, is_any),
                       [&](const std::string& name) {
                         engine::restart_container(*engine, name, args.find_int("timeout"), args.get_string("signal"));
                         std::printf("%s\n", name.c_str());
                       });
}

int pause_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(chosen_names(*engine, args, is_running), [&](const std::string& name) {
    engine::pause_container(*engine, name);
    std::printf("%s\n", name.c_str());
  });
}

int unpause_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(chosen_names(*engine, args, is_paused), [&](const std::string& name) {
    engine::unpause_container(*engine, name);
    std::printf("%s\n", name.c_str());
  });
}

int rename_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  engine::rename_container(*engine, args.positionals()[0], args.positionals()[1]);
  return 0;
}

int kill_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(chosen_names(*engine, args, wire::is_active), [&](const std::string& name) {
    engine::kill_container(*engine, name, args.get_string("signal"));
    std::printf("%s\n", name.c_str());
  });
}

int rm_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const engine::RemoveOptions options{.force = args.get_bool("force"), .volumes = args.get_bool("volumes")};
  // docker rm -f of a container that does not exist says so and succeeds; --ignore is podman's word for it.
  const bool ignore = args.get_bool("ignore") || options.force;
  bool removed_some = false;  // by --depend, perhaps before their turn
  return for_each_name(chosen_names(*engine, args, is_any), [&](const std::string& name) {
    try {
      if (args.get_bool("depend"))
        for (const auto& id : engine::dependent_containers(*engine, name, options)) {
          engine::remove_container(*engine, id, options);
          removed_some = true;
          std::printf("%s\n", id.c_str());
        }
      if (options.force && args.find_int("time")) engine::stop_container(*engine, name, args.find_int("time"), "");
      engine::remove_container(*engine, name, options);
      std::printf("%s\n", name.c_str());
    } catch (const Error& error) {
      if (!is_ignored(ignore || removed_some, error)) throw;
    }
  });
}

int wait_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  if (const auto text = args.find_string("interval"))  // podman's: milliseconds without a unit
    if (!parse_uint(*text) && !parse_duration(*text))
      throw_usage(args.command(), format("--interval '{}': it is no duration", *text), "such as 250ms");
  const auto conditions = engine::parse_wait_conditions(args.get_list("condition"));
  const bool ignore = args.get_bool("ignore");
  return for_each_name(named_or_newest(*engine, args), [&](const std::string& name) {
    int code = -1;  // podman's, for a container that is not there
    try {
      code = engine::wait_container(*engine, name, conditions);
    } catch (const Error& error) {
      if (!is_ignored(ignore, error)) throw;
    }
    std::printf("%d\n", code);
    std::fflush(stdout);
  });
}

int container_prune_command(Context& context, const ParsedArgs& args) {
  engine::check_prune_filters(args.get_list("filter"));
  if (!confirmed(args, "This will remove all stopped containers.")) return 0;
  const auto engine = open_engine(context);
  const auto pruned = engine::prune_containers(*engine, args.get_list("filter"));
  std::string text = pruned.ids.empty() ? "" : "Deleted Containers:\n";
  for (const auto& id : pruned.ids) text += id + "\n";
  write_out(text + (pruned.ids.empty() ? "" : "\n") + reclaimed_line(pruned.bytes));
  return 0;
}

}  // namespace lichen::cli
