#include "libpod/engine/pod_list.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/object_filter.hh"

namespace lichen::engine {
namespace {

constexpr std::string_view kFilters[] = {"ctr-ids", "ctr-names", "ctr-number", "ctr-status", "id",   "label",
                                         "label!",  "name",      "network",    "status",     "until"};
constexpr std::string_view kStates[] = {"created", "running", "degraded", "paused", "exited", "stopped", "error"};
constexpr std::string_view kContainerStates[] = {"created", "running", "paused", "restarting", "removing", "exited"};
constexpr std::string_view kOrders[] = {"created", "id", "name", "number", "status"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void check_values(const Filters& filters) {
  const auto check = [&](std::string_view key, std::span<const std::string_view> known) {
    for (const auto& value : filters.values(key))
      if (!is_one_of(to_lower(value), known))
        throw Error(ErrorKind::usage, format("filter '{}={}': no such state", key, value))
            .with_hint("one of " + join(std::vector<std::string>(known.begin(), known.end()), ", "));
  };
  check("status", kStates);
  check("ctr-status", kContainerStates);
  for (const auto& value : filters.values("ctr-number"))
    if (!parse_uint(value)) throw_error(ErrorKind::usage, "filter 'ctr-number={}': it must be a number", value);
}

bool any_container(const Filters& filters, std::string_view key, const Pod& pod,
                   const std::function<bool(const ContainerSummary&, const std::string&)>& matches) {
  return filters.any(key, [&](const std::string& value) {
    return std::any_of(pod.containers.begin(), pod.containers.end(),
                       [&](const ContainerSummary& container) { return matches(container, value); });
  });
}

std::vector<std::string> networks_of(const Pod& pod) {
  return pod.config.shares("net") ? network_names(pod.config.settings) : std::vector<std::string>{};
}

bool match(const Filters& filters, const Pod& pod, const std::optional<Timestamp>& until) {
  const auto networks = networks_of(pod);
  if (until && parse_rfc3339(pod.config.created).value_or(Timestamp{}) >= *until) return false;
  return filters.match_pattern("id", pod.config.id) && filters.match_pattern("name", pod.config.name) &&
         filters.match_labels(pod.config.labels) &&
         filters.any("status", [&](const auto& value) { return to_lower(value) == to_lower(pod.state()); }) &&
         filters.any(
             "network",
             [&](const auto& value) { return std::find(networks.begin(), networks.end(), value) != networks.end(); }) &&
         filters.any("ctr-number", [&](const auto& value) { return parse_uint(value) == pod.containers.size(); }) &&
         any_container(filters, "ctr-ids", pod,
                       [](const auto& one, const auto& value) { return one.config.id.starts_with(value); }) &&
         any_container(filters, "ctr-names", pod,
                       [](const auto& one, const auto& value) { return one.config.name == value; }) &&
         any_container(filters, "ctr-status", pod, [](const auto& one, const auto& value) {
           return wire::to_string(one.state.status) == to_lower(value);
         });
}

bool stands_before(const Pod& a, const Pod& b, const std::string& order) {
  if (order == "id") return a.config.id < b.config.id;
  if (order == "name") return a.config.name < b.config.name;
  if (order == "number") return a.containers.size() < b.containers.size();
  if (order == "status") return a.state() < b.state();
  return a.config.created > b.config.created;  // newest first
}

// podman writes states of containers in lower case here.
std::string joined(const Pod& pod, const std::function<std::string(const ContainerSummary&)>& text) {
  std::vector<std::string> words;
  for (const auto& container : pod.containers) words.push_back(text(container));
  return join(words, ",");
}

std::int64_t restarts(const Pod& pod) {
  std::int64_t count = 0;
  for (const auto& container : pod.containers) count += container.state.restart_count;
  return count;
}

}  // namespace

std::vector<Pod> list_pods(Engine& engine, const PodListRequest& request, const OnDamaged& on_damaged) {
  const auto filters = Filters::parse(request.filters, kFilters);
  check_values(filters);
  if (!request.sort.empty() && !is_one_of(request.sort, kOrders))
    throw Error(ErrorKind::usage, format("--sort '{}': no such order", request.sort))
        .with_hint("created, id, name, number or status");
  const auto until = filters.get_time("until", now());
  auto pods = load_pods(engine, on_damaged);
  std::erase_if(pods, [&](const Pod& pod) { return !match(filters, pod, until); });
  std::sort(pods.begin(), pods.end(), [&](const Pod& a, const Pod& b) {
    if (stands_before(a, b, request.sort)) return true;
    return !stands_before(b, a, request.sort) && a.config.id < b.config.id;
  });
  return pods;
}

std::vector<Json> pod_rows(const std::vector<Pod>& pods, bool no_trunc) {
  const Timestamp at = now();
  const auto id = [&](const std::string& full) { return no_trunc ? full : short_id(full); };
  std::vector<Json> rows;
  for (const auto& pod : pods) {
    Json row;
    row["ID"] = row["Id"] = id(pod.config.id);
    row["Name"] = pod.config.name;
    row["Status"] = std::string(pod.state());
    row["Created"] = time_since(pod.config.created, at);
    row["InfraID"] = row["InfraId"] = pod.config.has_holder() ? id(pod.config.holder_id) : "";
    row["NumberOfContainers"] = std::to_string(pod.containers.size());
    row["ContainerIds"] = joined(pod, [&](const auto& one) { return id(one.config.id); });
    row["ContainerNames"] = joined(pod, [](const auto& one) { return one.config.name; });
    row["ContainerStatuses"] =
        joined(pod, [](const auto& one) { return std::string(wire::to_string(one.state.status)); });
    row["Cgroup"] = spec::pod_cgroup(pod.config);
    row["Labels"] = labels_text(pod.config.labels);
    row["Namespace"] = join(pod.config.shared, ",");
    row["Networks"] = join(networks_of(pod), ",");
    row["Restarts"] = std::to_string(restarts(pod));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Json> pod_objects(const std::vector<Pod>& pods) {
  std::vector<Json> out;
  for (const auto& pod : pods) {
    Json json;
    json["Cgroup"] = spec::pod_cgroup(pod.config);
    json["Containers"] = Json::array();
    for (const auto& container : pod.containers)
      json["Containers"].push_back({{"Id", container.config.id},
                                    {"Names", container.config.name},
                                    {"Status", std::string(wire::to_string(container.state.status))},
                                    {"RestartCount", container.state.restart_count}});
    json["Created"] = pod.config.created;
    json["Id"] = pod.config.id;
    json["InfraId"] = pod.config.holder_id;
    json["Name"] = pod.config.name;
    json["Namespace"] = "";
    json["Networks"] = networks_of(pod);
    json["Status"] = std::string(pod.state());
    json["Labels"] = pod.config.labels;
    out.push_back(std::move(json));
  }
  return out;
}

}  // namespace lichen::engine
