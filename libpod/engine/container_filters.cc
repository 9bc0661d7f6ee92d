#include "libpod/engine/container_filters.hh"

#include <algorithm>
#include <set>

#include "libpod/base/enum_names.hh"
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/image_lookup.hh"

namespace lichen::engine {
namespace {

using wire::ContainerStatus;

constexpr std::string_view kKnown[] = {"ancestor",
                                       "before",
                                       "command",
                                       "exited",
                                       "expose",
                                       "health",
                                       "id",
                                       "is-task",
                                       "label",
                                       "label!",
                                       "name",
                                       "network",
                                       "pod",
                                       "publish",
                                       "restart-policy",
                                       "should-start-on-boot",
                                       "since",
                                       "status",
                                       "until",
                                       "volume"};

// Docker's words and podman's.
constexpr EnumName<ContainerStatus> kStatuses[] = {
    {ContainerStatus::created, "created"},    {ContainerStatus::running, "running"},
    {ContainerStatus::paused, "paused"},      {ContainerStatus::restarting, "restarting"},
    {ContainerStatus::removing, "removing"},  {ContainerStatus::exited, "exited"},
    {ContainerStatus::exited, "dead"},        {ContainerStatus::exited, "stopped"},
    {ContainerStatus::created, "configured"}, {ContainerStatus::created, "initialized"},
};

void check_values(const Filters& filters) {
  for (const auto& status : filters.values("status"))
    if (!enum_value(kStatuses, status))
      throw Error(ErrorKind::usage, format("filter 'status={}': no such status", status))
          .with_hint("one of created, running, paused, restarting, removing, exited, dead");
  for (const auto& code : filters.values("exited"))
    if (!parse_int(code)) throw_error(ErrorKind::usage, "filter 'exited={}': it must be an exit code", code);
  for (const auto& value : filters.values("should-start-on-boot"))
    if (!parse_bool(value)) throw_error(ErrorKind::usage, "filter 'should-start-on-boot={}': true or false", value);
  for (const auto& health : filters.values("health"))
    if (health != "none" && health != "starting" && health != "healthy" && health != "unhealthy")
      throw Error(ErrorKind::usage, format("filter 'health={}': no such state", health))
          .with_hint("one of starting, healthy, unhealthy, none");
}

// "80", "80/udp", "8000-8010/tcp"
struct PortRange {
  std::uint64_t first = 0, last = 0;
  std::string protocol = "tcp";

  static PortRange parse(std::string_view key, const std::string& text) {
    PortRange range;
    std::string numbers = text;
    if (const auto pair = cut(text, '/')) {
      numbers = pair->first;
      range.protocol = pair->second;
    }
    const auto ends = cut(numbers, '-');
    const auto first = parse_uint(ends ? ends->first : numbers);
    const auto last = parse_uint(ends ? ends->second : numbers);
    if (!first || !last || *first > *last)
      throw Error(ErrorKind::usage, format("filter '{}={}': it is no port", key, text))
          .with_hint("such as 80, 53/udp or 8000-8010/tcp");
    range.first = *first;
    range.last = *last;
    return range;
  }
  bool has(std::uint16_t port, std::string_view kind) const {
    return port >= first && port <= last && kind == protocol;
  }
};

// The images that `ancestor` means: the one named, and those whose layers begin with all of its layers.
struct Ancestors {
  std::set<std::string> ids;
  std::vector<std::string> names;

  static Ancestors find(const Engine& engine, const std::vector<std::string>& wanted) {
    Ancestors found{.ids = {}, .names = wanted};
    for (const auto& text : wanted) {
      try {
        const auto id = find_image(engine, text);
        if (!id) continue;
        found.ids.insert(*id);
        const auto chain = engine.images.get(*id).chain_ids;
        if (chain.empty()) continue;
        for (const auto& other : engine.images.list()) {
          const auto layers = engine.images.get(other).chain_ids;
          if (std::find(layers.begin(), layers.end(), chain.back()) != layers.end()) found.ids.insert(other);
        }
      } catch (const Error& error) {
        log_debug("filter ancestor={}: {}", text, error.what());
      }
    }
    return found;
  }
  bool has(const ContainerSummary& container) const {
    return ids.count(container.config.image_id) != 0 ||
           std::find(names.begin(), names.end(), container.config.image_name) != names.end();
  }
};

// The record may be of a damaged container's name; `all` is what can be read.
std::optional<std::string> created_of(Engine& engine, const Filters& filters, std::string_view key,
                                      const std::vector<ContainerSummary>& all) {
  if (!filters.has(key)) return std::nullopt;
  const std::string id = engine.containers.find(filters.values(key).back());
  for (const auto& container : all)
    if (container.config.id == id) return container.config.created;
  return engine.containers.load_config(id).created;
}

// podman's key: what is to run after the machine was restarted. docker's rule for `always`: not before the first start.
bool starts_on_boot(const ContainerSummary& container) {
  using enum spec::RestartPolicy;
  if (container.state.started_at.empty()) return false;
  return container.config.restart == always ||
         (container.config.restart == unless_stopped && !container.state.stopped_by_user);
}

bool match_state(const Filters& filters, const ContainerSummary& container) {
  const auto& state = container.state;
  return filters.any("status", [&](const std::string& status) {
    return enum_value(kStatuses, status) == state.status;
  }) && filters.any("exited", [&](const std::string& code) {
    return state.status == ContainerStatus::exited && parse_int(code) == state.exit_code;
  }) && filters.any("health", [&](const std::string& health) {
    return health == (state.health.empty() ? std::string_view("none") : state.health);
  }) && filters.any("is-task", [](const std::string& value) {
    return parse_bool(value) == false;
  }) && filters.any("should-start-on-boot", [&](const std::string& value) {
    return parse_bool(value) == starts_on_boot(container);
  });
}

bool match_identity(const Filters& filters, const spec::ContainerConfig& config) {
  return filters.match_pattern("id", config.id) && filters.match_pattern("name", config.name) &&
         filters.match_labels(config.labels) &&
         filters.any("command",
                     [&](const std::string& text) { return command_text(config).find(text) != std::string::npos; }) &&
         filters.any("restart-policy",
                     [&](const std::string& policy) { return spec::to_string(config.restart) == policy; }) &&
         filters.any("pod",
                     [&](const std::string& pod) { return !config.pod_id.empty() && config.pod_id.starts_with(pod); });
}

bool match_resources(const Filters& filters, const ContainerSummary& container) {
  const auto& config = container.config;
  const auto networks = network_names(config);
  const auto uses = [&](const std::string& volume) {
    return std::any_of(config.mounts.begin(), config.mounts.end(), [&](const spec::MountConfig& mount) {
      return mount.source == volume || mount.destination == volume;
    });
  };
  const auto publishes = [&](const std::string& text) {
    const auto range = PortRange::parse("publish", text);
    const auto& ports = config.network.ports;
    return std::any_of(ports.begin(), ports.end(),
                       [&](const spec::PortMapping& port) { return range.has(port.container_port, port.protocol); });
  };
  const auto exposes = [&](const std::string& text) {
    const auto range = PortRange::parse("expose", text);
    const auto& ports = config.network.expose;
    return publishes(text) || std::any_of(ports.begin(), ports.end(), [&](const std::string& port) {
             const auto pair = cut(port, '/');
             return pair && range.has(static_cast<std::uint16_t>(parse_uint(pair->first).value_or(0)), pair->second);
           });
  };
  return filters.any("volume", uses) &&
         filters.any("network",
                     [&](const std::string& name) {
                       return std::find(networks.begin(), networks.end(), name) != networks.end();
                     }) &&
         filters.any("publish", publishes) && filters.any("expose", exposes);
}

}  // namespace

Filters parse_container_filters(const std::vector<std::string>& words) {
  auto filters = Filters::parse(words, kKnown);
  check_values(filters);
  return filters;
}

bool filters_imply_all(const Filters& filters) { return filters.has("status") || filters.has("exited"); }

std::function<bool(const ContainerSummary&)> container_matcher(Engine& engine, const Filters& filters,
                                                               const std::vector<ContainerSummary>& all) {
  const auto before = created_of(engine, filters, "before", all);
  const auto since = created_of(engine, filters, "since", all);
  const auto until = filters.get_time("until", now());
  auto ancestors = Ancestors::find(engine, filters.values("ancestor"));
  return [filters, before, since, until, ancestors = std::move(ancestors)](const ContainerSummary& container) {
    const auto& config = container.config;
    // RFC 3339 with nine digits in UTC: the order of the texts is the order of the times.
    if ((before && config.created >= *before) || (since && config.created <= *since)) return false;
    if (until && parse_rfc3339(config.created).value_or(Timestamp{}) >= *until) return false;
    if (filters.has("ancestor") && !ancestors.has(container)) return false;
    return match_state(filters, container) && match_identity(filters, config) && match_resources(filters, container);
  };
}

}  // namespace lichen::engine
