#include "libpod/engine/update.hh"

#include <algorithm>
#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cgroup.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_health.hh"
#include "libpod/engine/control.hh"
#include "libpod/engine/events.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/generate.hh"
#include "libpod/spec/resource_update.hh"
#include "libpod/spec/resources.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/wire/monitor_args.hh"

namespace lichen::engine {
namespace {

using spec::ContainerConfig;
using enum wire::ContainerStatus;

void unset_variables(std::vector<std::string>& env, const std::vector<std::string>& names) {
  std::erase_if(env, [&](const std::string& entry) {
    return std::find(names.begin(), names.end(), entry.substr(0, entry.find('='))) != names.end();
  });
}

void merge_check(const spec::HealthConfig& given, std::optional<std::int64_t> retries,
                 std::optional<spec::HealthConfig>& check) {
  spec::HealthConfig merged = check.value_or(spec::HealthConfig{});
  if (!given.test.empty()) merged.test = given.test;
  for (std::int64_t spec::HealthConfig::*field :
       {&spec::HealthConfig::interval_ns, &spec::HealthConfig::timeout_ns, &spec::HealthConfig::start_period_ns,
        &spec::HealthConfig::start_interval_ns})
    if (given.*field != 0) merged.*field = given.*field;
  if (retries) merged.retries = *retries;
  if (!merged.test.empty()) check = std::move(merged);
}

void change_health(const HealthUpdate& update, ContainerConfig& config) {
  if (update.off) {
    config.healthcheck = spec::HealthConfig{.test = {"NONE"}};
    config.startup_healthcheck.reset();
    config.startup_successes = 0;
    return;
  }
  merge_check(update.check, update.retries, config.healthcheck);
  merge_check(update.startup, update.startup_retries, config.startup_healthcheck);
  if (update.startup_successes) config.startup_successes = *update.startup_successes;
  if (!update.on_failure.empty()) config.health_on_failure = update.on_failure;
  if (health_command(config).empty())
    throw Error(ErrorKind::usage, format("container {} has no health check that could be changed", config.name))
        .with_hint("give it one with --health-cmd");
}

ContainerConfig changed(ContainerConfig config, const UpdateRequest& request) {
  if (request.restart) {
    if (config.auto_remove && request.restart->policy != spec::RestartPolicy::no)
      throw Error(ErrorKind::conflict,
                  format("restart policy cannot be updated: container {} is removed with its end", config.name))
          .with_hint("it was made with --rm");
    config.restart = request.restart->policy;
    config.restart_max_retries = request.restart->max_retries;
  }
  config.resources = spec::update_resources(config.resources, request.limits);
  if (request.health) change_health(*request.health, config);
  config.env = spec::merge_env(config.env, request.env);
  unset_variables(config.env, request.unset_env);
  for (const auto& ulimit : request.ulimits) {
    std::erase_if(config.ulimits, [&](const auto& old) { return old.name == ulimit.name; });
    config.ulimits.push_back(ulimit);
  }
  return config;
}

// The state of a container that is not in the middle of its start: who starts it may have read the old record.
wire::ContainerState settled_state(Engine& engine, const std::string& id) {
  for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);;) {
    const auto state = load_container(engine, id).state;
    const bool is_resting = state.status == created || state.status == exited;
    if (!is_resting || !engine.containers.is_monitor_alive(id) || std::chrono::steady_clock::now() > deadline)
      return state;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// The OCI bundle of a container that has a monitor.
class Bundle {
 public:
  Bundle(const Engine& engine, const ContainerConfig& config)
      : path_(engine.paths.container_run(config.id) + "/config.json"), old_(sys::read_file(path_)) {}

  std::set<std::string> controllers() const {
    const std::string path = parsed().linux_->cgroups_path;
    return path.empty() ? std::set<std::string>{} : controllers_for_children(parent_path(path));
  }

  void change(const ContainerConfig& config, const UpdateRequest& request) const {
    auto spec = parsed();
    if (spec.linux_->resources) {
      auto& old = *spec.linux_->resources;
      auto updated = spec::to_oci_resources(config.resources, controllers());
      updated.devices = old.devices;
      if (updated.block_io && old.block_io) {  // what update cannot change
        const auto weight = updated.block_io->weight;
        updated.block_io = old.block_io;
        updated.block_io->weight = weight;
      } else if (old.block_io && !updated.block_io) {
        updated.block_io = old.block_io;
        updated.block_io->weight.reset();
      }
      if (!updated.pids_limit) updated.pids_limit = old.pids_limit;  // the default
      old = std::move(updated);
    }
    auto& process = *spec.process;
    process.env = spec::merge_env(process.env, request.env);
    unset_variables(process.env, request.unset_env);
    for (const auto& ulimit : request.ulimits) {
      const auto limit = spec::to_oci_rlimit(ulimit);
      std::erase_if(process.rlimits, [&](const auto& row) { return row.type == limit.type; });
      process.rlimits.push_back(limit);
    }
    write(dump_json(spec::to_json(spec)));
  }

  void restore() const { write(old_); }

  // The checks run like the container's process, but for their command.
  void write_check(std::vector<std::string> command, const std::string& path) const {
    if (command.empty()) {
      sys::remove_file(path);
      return;
    }
    auto process = *parsed().process;
    process.args = std::move(command);
    process.terminal = false;
    sys::write_file_atomic(path, dump_json(spec::to_json(process)), 0600, sys::Durability::none);
  }

 private:
  spec::OciSpec parsed() const { return spec::oci_spec_from_json(parse_json(old_, path_), path_); }
  void write(const std::string& text) const { sys::write_file_atomic(path_, text, 0600, sys::Durability::none); }

  std::string path_, old_;
};

void run_update(Engine& engine, const ContainerConfig& config, const spec::OciResources& resources) {
  engine.enter_userns();  // its cgroup may belong to an id of U0
  const std::string runtime = engine.runtime_path(config.runtime);
  const std::string file = engine.paths.container_run(config.id) + "/update.json";
  sys::write_file(file, dump_json(spec::to_json(resources)), 0600);
  std::vector<std::string> argv = {runtime, "--root", engine.paths.oci_root()};
  for (auto& argument : engine.runtime_arguments(runtime)) argv.push_back(std::move(argument));
  argv.insert(argv.end(), {"update", "--resources", file, config.id});
  const auto result = sys::run_program(argv);
  sys::remove_file(file);
  if (result.status.code == 0) return;
  const std::string text(trim(result.err));
  throw Error(ErrorKind::system, format("update container {}: {}", config.name, split(text, '\n')[0]))
      .with_hint("nothing was changed; `lichen doctor` says what can be limited here");
}

// What binds for a container that runs, and why not all.
CgroupPlace place_of(const store::ContainerRecord& record, const std::set<std::string>& controllers) {
  CgroupPlace place = find_cgroup_place();
  const bool could = !place.controllers.empty();
  place.path = container_cgroup(record);
  place.controllers = place.path.empty() ? std::set<std::string>{} : controllers;
  if (could && place.path.empty())
    place.reason = "the container was started without a cgroup of its own: stop it and start it";
  return place;
}

void tell_health(Engine& engine, const ContainerConfig& config, const Bundle& bundle) {
  const std::string run_dir = engine.paths.container_run(config.id);
  wire::MonitorConfig monitor;
  plan_health(config, run_dir, monitor);
  bundle.write_check(health_command(config), run_dir + "/health-process.json");
  bundle.write_check(startup_command(config), run_dir + "/startup-process.json");
  request_done(
      engine, config.id,
      {.type = wire::MessageType::update, .a = 0, .b = 0, .text = "health\n" + wire::health_update_text(monitor)});
}

void tell_running(Engine& engine, const ContainerConfig& before, const ContainerConfig& after,
                  const UpdateRequest& request, const wire::ContainerState& state) {
  const Bundle bundle(engine, before);
  bundle.change(after, request);
  try {
    const auto place = place_of({.config = after, .state = state, .monitor_alive = true}, bundle.controllers());
    warn_about_limits(request.limits, place);
    const auto resources = spec::resource_changes(before.resources, after.resources, place.controllers);
    if (state.status != restarting && spec::has_changes(resources) && after.resources != before.resources)
      run_update(engine, after, resources);
    if (request.health) tell_health(engine, after, bundle);
    if (request.restart)
      request_done(engine, after.id,
                   {.type = wire::MessageType::update,
                    .a = 0,
                    .b = 0,
                    .text = "restart=" + spec::format_restart_policy(*request.restart)});
  } catch (const Error&) {
    bundle.restore();
    throw;
  }
}

}  // namespace

void update_container(Engine& engine, const std::string& name_or_id, const UpdateRequest& request) {
  const std::string id = find_container(engine, name_or_id).config.id;
  const auto lock = engine.containers.hold(id);
  const auto before = engine.containers.load_config(id);
  const auto after = changed(before, request);
  engine.containers.write_config(after, sys::Durability::synced);
  try {
    const auto state = settled_state(engine, id);
    if (wire::is_active(state.status))
      tell_running(engine, before, after, request, state);
    else
      warn_about_limits(request.limits, find_cgroup_place());
  } catch (const Error&) {
    engine.containers.write_config(before, sys::Durability::synced);
    throw;
  }
  append_event(engine, {.type = "container",
                        .action = "update",
                        .id = id,
                        .name = after.name,
                        .image = after.image_name,
                        .attributes = {}});
}

}  // namespace lichen::engine
