// compose top, stats, events: what the containers of a project do.
#include <algorithm>
#include <map>

#include "compose/labels.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/event_reader.hh"
#include "libpod/engine/top.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/one_container.hh"
#include "src/compose_containers.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <time.h>

namespace lichen::cli {

// docker compose's one table of all containers (since 2.31): service, number and ps' columns.
int compose_top_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  std::string lines;
  for (const auto& container : containers_of(*engine, found, args.positionals(), OneOffs::with)) {
    if (!wire::has_process(container.summary.state.status)) continue;
    const auto table = engine::container_top(*engine, container.id(), {});
    for (std::size_t row = lines.empty() ? 0 : 1; row < table.rows.size(); ++row) {
      lines += row == 0 ? "SERVICE\t#" : format("{}\t{}", container.service, container.number);
      for (const auto& cell : table.rows[row]) lines += "\t" + cell;
      lines += "\n";
    }
  }
  write_out(align_columns(lines));
  return kExitOk;
}

int compose_stats_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  const auto choose = [&] {
    std::vector<store::ContainerRecord> records;
    for (const auto& container : containers_of(*engine, found, args.positionals(), OneOffs::with))
      if (args.get_bool("all") || wire::has_process(container.summary.state.status))
        if (auto record = compose::look_at(*engine, container.id())) records.push_back(std::move(*record));
    return records;
  };
  return show_stats(*engine, args, choose, /*fixed=*/false);
}

namespace {

using Labels = std::map<std::string, std::string>;

std::string value_of(const Labels& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? "" : found->second;
}

Labels attributes_in(const Json& event) {
  Labels attributes;
  for (const auto& [key, value] : event.at("Actor").at("Attributes").items())
    if (value.is_string()) attributes[key] = value;
  return attributes;
}

// The labels of containers by their ids: an event has them only when it is the container's creation, and a container
// that has gone has no record to ask.
class KnownLabels {
 public:
  explicit KnownLabels(engine::Engine& engine) : engine_(engine) {}

  void remember(const Json& event) {
    if (event.at("Action") != "create") return;
    known_[event.at("id")] = attributes_in(event);
  }

  const Labels& of(const std::string& id) {
    const auto found = known_.find(id);
    if (found != known_.end()) return found->second;
    const auto record = compose::look_at(engine_, id);
    return known_[id] = record ? record->config.labels : Labels{};
  }

 private:
  engine::Engine& engine_;
  std::map<std::string, Labels> known_;
};

// Without compose's own labels, as docker compose shows them.
Json attributes_of(const Json& event, const Labels& labels) {
  Labels shown = attributes_in(event);
  shown.insert(labels.begin(), labels.end());
  std::erase_if(shown, [](const auto& entry) { return entry.first.starts_with("com.docker.compose."); });
  return shown;
}

std::string local_text(const Json& event) {
  const auto nanoseconds = event.at("timeNano").get<std::int64_t>();
  const auto seconds = static_cast<time_t>(nanoseconds / 1'000'000'000);
  tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[32];
  const std::size_t length = ::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return format("{}.{:06}", std::string_view(text, length), nanoseconds / 1000 % 1'000'000);
}

std::string event_line(const Json& event, const std::string& service, const Json& attributes, bool as_json) {
  if (as_json)
    return dump_json({{"action", event.at("Action")},
                      {"attributes", attributes},
                      {"id", event.at("id")},
                      {"service", service},
                      {"time", event.at("Time")},
                      {"type", "container"}});
  std::string text;
  for (const auto& [key, value] : attributes.items())
    text += format("{}{}={}", text.empty() ? "" : ", ", key, value.get<std::string>());
  return format("{} container {} {} ({})", local_text(event), event.at("Action").get<std::string>(),
                event.at("id").get<std::string>(), text);
}

}  // namespace

int compose_events_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  containers_of(*engine, found, args.positionals());  // for its error: a service that is nowhere says nothing for ever
  KnownLabels known(*engine);
  engine::EventQuery query;
  query.on_damaged = report_damaged("event file");
  query.since = time_option(args, "since");
  query.until = time_option(args, "until");
  query.filters = {"type=container"};
  if (query.since) {
    auto creations = query;
    creations.since = Timestamp{};
    creations.until = std::nullopt;
    creations.follow = false;
    creations.filters.push_back("event=create");
    creations.on_damaged = [](const std::string&, const Error&) {};
    engine::read_events(*engine, creations, [&](const Json& event) {
      known.remember(event);
      return true;
    });
  }
  const auto& services = args.positionals();
  engine::read_events(*engine, query, [&](const Json& event) {
    known.remember(event);
    const Labels& labels = known.of(event.at("id"));
    const std::string service = value_of(labels, compose::label::kService);
    if (value_of(labels, compose::label::kProject) != found.name) return true;
    if (value_of(labels, compose::label::kConfigHash).empty()) return true;  // its image was built for the project
    if (value_of(labels, compose::label::kOneOff) == "True") return true;
    if (!services.empty() && std::ranges::find(services, service) == services.end()) return true;
    write_out(event_line(event, service, attributes_of(event, labels), args.get_bool("json")) + "\n");
    return true;
  });
  return kExitOk;
}

}  // namespace lichen::cli
