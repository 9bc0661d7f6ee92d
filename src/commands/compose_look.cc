// compose ps, ls, logs, port, wait, version: looking at projects.
#include <algorithm>

#include "compose/down.hh"
#include "compose/labels.hh"
#include "compose/log_lines.hh"
#include "compose/project_state.hh"
#include "compose/wait_ends.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_list.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/network_settings.hh"
#include "libpod/engine/stop.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/compose_project.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"
#include "src/version.hh"

namespace lichen::cli {
namespace {

constexpr Column kContainerColumns[] = {
    {"Command", "COMMAND"},
    {"CreatedAt", "CREATED AT"},
    {"RunningFor", "CREATED"},
    {"ExitCode", "EXIT CODE"},
    {"Health", "HEALTH"},
    {"ID", "CONTAINER ID"},
    {"Image", "IMAGE"},
    {"Labels", "LABELS"},
    {"LocalVolumes", "LOCAL VOLUMES"},
    {"Mounts", "MOUNTS"},
    {"Name", "NAME"},
    {"Names", "NAMES"},
    {"Networks", "NETWORKS"},
    {"Ports", "PORTS"},
    {"Project", "PROJECT"},
    {"Publishers", "PUBLISHERS"},
    {"Service", "SERVICE"},
    {"Size", "SIZE"},
    {"State", "STATE"},
    {"Status", "STATUS"},
};
constexpr std::string_view kContainers =
    "table {{.Name}}\\t{{.Image}}\\t{{.Command}}\\t{{.Service}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Ports}}";
constexpr Column kProjectColumns[] = {{"Name", "NAME"}, {"Status", "STATUS"}, {"ConfigFiles", "CONFIG FILES"}};
constexpr std::string_view kProjects = "table {{.Name}}\\t{{.Status}}\\t{{.ConfigFiles}}";

bool is_named(const std::vector<std::string>& services, const std::string& service) {
  return services.empty() || std::ranges::find(services, service) != services.end();
}

std::vector<std::string> wanted_states(const ParsedArgs& args) {
  auto states = args.get_list("status");
  if (const auto filter = args.find_string("filter")) {
    constexpr std::string_view kStatus = "status=";
    if (!filter->starts_with(kStatus))
      throw_usage(args.command(), format("--filter '{}': write status=VALUE", *filter));
    states.push_back(filter->substr(kStatus.size()));
  }
  return states;
}

std::vector<compose::ProjectContainer> listed(engine::Engine& engine, const FoundProject& found,
                                              const ParsedArgs& args) {
  auto containers = compose::project_containers(engine, found.name);
  const auto states = wanted_states(args);
  const auto* project = found.get();
  std::erase_if(containers, [&](const compose::ProjectContainer& container) {
    if (!is_named(args.positionals(), container.service)) return true;
    if (!args.get_bool("orphans") && project != nullptr && project->find_service(container.service) == nullptr)
      return true;
    const std::string state(wire::to_string(container.summary.state.status));
    if (!states.empty()) return std::ranges::find(states, state) == states.end();
    return !args.get_bool("all") && (!container.is_active() || container.one_off);
  });
  return containers;
}

std::vector<engine::PortInUse> ports_of(engine::Engine& engine, const compose::ProjectContainer& container) {
  const auto record = engine::find_container(engine, container.id());
  auto ports = engine::ports_in_use(record.config, record.state);
  std::erase_if(ports, [](const auto& port) { return port.host_port == 0; });  // exposed only
  return ports;
}

// docker compose's json: what its tools read, and a line for each container.
Json row_of(engine::Engine& engine, const compose::ProjectContainer& container, Json row) {
  row["Name"] = container.name();
  row["Service"] = container.service;
  const auto& labels = container.summary.config.labels;
  const auto project = labels.find(compose::label::kProject);
  row["Project"] = project == labels.end() ? "" : project->second;
  row["Health"] = container.summary.state.health;
  row["ExitCode"] = container.summary.state.exit_code;
  row["Publishers"] = Json::array();
  if (container.is_active())
    for (const auto& port : ports_of(engine, container))
      row["Publishers"].push_back({{"URL", port.host_ip.empty() ? "0.0.0.0" : port.host_ip},
                                   {"TargetPort", port.container_port},
                                   {"PublishedPort", port.host_port},
                                   {"Protocol", port.protocol}});
  return row;
}

std::vector<Json> rows_of(engine::Engine& engine, const std::vector<compose::ProjectContainer>& containers,
                          bool no_trunc) {
  std::vector<engine::ContainerSummary> summaries;
  for (const auto& container : containers) summaries.push_back(container.summary);
  engine::ContainerListRequest request;
  request.all = true;
  request.no_trunc = no_trunc;
  auto rows = engine::container_rows(engine, summaries, request);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = row_of(engine, containers[i], std::move(rows[i]));
  return rows;
}

}  // namespace

int compose_ps_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  const auto containers = listed(*engine, found, args);
  if (args.get_bool("quiet") || args.get_bool("services")) {
    std::vector<std::string> lines;
    for (const auto& container : containers) {
      const std::string line = args.get_bool("quiet") ? container.id() : container.service;
      if (lines.empty() || lines.back() != line) lines.push_back(line);
    }
    for (const auto& line : lines) write_out(line + "\n");
    return kExitOk;
  }
  const std::string format = args.get_string("format");
  write_out(render_list(rows_of(*engine, containers, args.get_bool("no-trunc")), {kContainerColumns, kContainers},
                        format == "table" ? "" : format));
  return kExitOk;
}

int compose_ls_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  struct Found {
    std::map<std::string, int> states;
    std::string files;
  };
  std::map<std::string, Found> projects;
  for (const auto& summary : engine::summarize_containers(*engine, {}, report_damaged("container"))) {
    const auto& labels = summary.config.labels;
    const auto project = labels.find(compose::label::kProject);
    if (project == labels.end()) continue;
    if (!args.get_bool("all") && !engine::is_active(summary)) continue;
    Found& found = projects[project->second];
    ++found.states[std::string(wire::to_string(summary.state.status))];
    if (const auto files = labels.find(compose::label::kConfigFiles); files != labels.end())
      found.files = files->second;
  }
  for (const auto& filter : args.get_list("filter")) {
    if (!filter.starts_with("name=")) throw_usage(args.command(), format("--filter '{}': write name=NAME", filter));
    std::erase_if(projects, [&](const auto& row) { return row.first.find(filter.substr(5)) == std::string::npos; });
  }
  std::vector<Json> rows;
  for (const auto& [name, found] : projects) {
    if (args.get_bool("quiet")) {
      write_out(name + "\n");
      continue;
    }
    std::string status;
    for (const auto& [state, count] : found.states)
      status += format("{}{}({})", status.empty() ? "" : ", ", state, count);
    rows.push_back({{"Name", name}, {"Status", status}, {"ConfigFiles", found.files}});
  }
  if (args.get_bool("quiet")) return kExitOk;
  const std::string format = args.get_string("format");
  if (format == "json")
    write_out(dump_json(Json(rows)) + "\n");
  else
    write_out(render_list(rows, {kProjectColumns, kProjects}, format == "table" ? "" : format));
  return kExitOk;
}

int compose_logs_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  if (const auto* project = found.get())
    for (const auto& name : args.positionals())
      if (project->find_service(name) == nullptr)
        throw Error(ErrorKind::not_found, format("no such service: {}", name)).with_exit_code(kExitNo);
  compose::LogChoice choice;
  choice.follow = args.get_bool("follow");
  choice.timestamps = args.get_bool("timestamps");
  choice.has_prefix = !args.get_bool("no-log-prefix");
  choice.has_colour = has_colour(context) && !args.get_bool("no-color");
  choice.since = time_option(args, "since");
  choice.until = time_option(args, "until");
  if (const std::string tail = args.get_string("tail"); tail != "all" && !tail.empty()) {
    const auto lines = parse_int(tail);
    if (!lines || *lines < 0) throw_usage(args.command(), format("--tail '{}': a number of lines, or all", tail));
    choice.tail = *lines;
  }
  const auto index = args.get_int("index");
  compose::show_logs(*engine, found.name, choice, [&](const compose::ProjectContainer& container) {
    return is_named(args.positionals(), container.service) && !container.one_off &&
           (index == 0 || container.number == static_cast<std::uint64_t>(index));
  });
  return kExitOk;
}

int compose_port_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  const std::string& service = args.positionals()[0];
  const auto port = parse_int(args.positionals()[1]);
  if (!port) throw_usage(args.command(), format("'{}' is no port", args.positionals()[1]));
  const auto container = compose::running_container(*engine, found.name, service, args.get_int("index"));
  const std::string protocol = args.get_string("protocol");
  for (const auto& mapping : ports_of(*engine, container)) {
    if (mapping.container_port != *port || mapping.protocol != protocol) continue;
    const std::string host = mapping.host_ip.empty() ? "0.0.0.0" : mapping.host_ip;
    write_out(format("{}:{}\n", host.find(':') == std::string::npos ? host : "[" + host + "]", mapping.host_port));
    return kExitOk;
  }
  throw Error(ErrorKind::not_found, format("no port {}/{} for container {}", *port, protocol, container.name()))
      .with_exit_code(kExitNo);
}

int compose_wait_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  const bool takes_down = args.get_bool("down-project");
  auto containers = compose::project_containers(*engine, found.name);
  std::erase_if(containers, [&](const auto& container) { return !is_named(args.positionals(), container.service); });
  if (containers.empty())
    throw Error(ErrorKind::not_found, format("project '{}': {} has no container", found.name, args.positionals()[0]))
        .with_exit_code(1)
        .with_hint("start it first: lichen compose up -d");
  int result = 0;
  compose::wait_for_ends(*engine, containers, [&](const compose::ProjectContainer& container, int code) {
    write_out(format("container \"{}\" exited with status code {}\n", container.name(), code));
    result = code;
    return !takes_down;
  });
  if (takes_down) compose::take_down(*engine, found.name, found.get(), {}, *make_view(context));
  return result;
}

int compose_version_command(Context&, const ParsedArgs& args) {
  if (args.get_bool("short"))
    write_out(format("{}\n", compose::label::kVersionValue));
  else if (args.get_string("format") == "json")
    write_out(dump_json({{"version", format("v{}", compose::label::kVersionValue)}}) + "\n");
  else
    write_out(format("Docker Compose version v{} (lichen {})\n", compose::label::kVersionValue, kVersion));
  return kExitOk;
}

}  // namespace lichen::cli
