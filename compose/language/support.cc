// The keys that a rootless single machine gives no effect: one warning each, with the reason. `up` refuses what would
// be wrong to run without (is_refused). A data table. What is not here has an effect.
#include <array>

#include "compose/language/logging.hh"
#include "compose/language/resolve.hh"
#include "compose/language/support.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

constexpr std::array kUnsupported = {
    Unsupported{"models.*", true, "no model runner comes with lichen"},
    Unsupported{"services.*.models", true, "no model runner comes with lichen"},
    Unsupported{"services.*.provider", true, "providers are plug-ins of docker compose, and run programs of their own"},
    Unsupported{"services.*.use_api_socket", true, "there is no API socket: lichen has no daemon"},
    Unsupported{"services.*.credential_spec", true, "it is for Windows containers"},
    Unsupported{"services.*.isolation", false, "it is for Windows containers"},
    Unsupported{"services.*.build.isolation", false, "it is for Windows containers"},
    Unsupported{"services.*.cpu_count", false, "it is for Windows containers; use cpus"},
    Unsupported{"services.*.cpu_percent", false, "it is for Windows containers; use cpus"},
    Unsupported{"services.*.cpu_rt_period", false, "real-time groups are not for users without root"},
    Unsupported{"services.*.cpu_rt_runtime", false, "real-time groups are not for users without root"},
    Unsupported{"services.*.mem_swappiness", false, "cgroup v2 has no swappiness of its own"},
    Unsupported{"services.*.oom_kill_disable", false, "cgroup v2 cannot turn the OOM killer off"},
    Unsupported{"services.*.device_cgroup_rules", false, "device rules need root; the kernel's permissions hold"},
    Unsupported{"services.*.storage_opt", false, "quotas of a container's files need root"},
    Unsupported{"services.*.external_links", false, "join both containers to one network instead"},
    Unsupported{"services.*.deploy.mode", false, "on a single machine every mode is 'replicated'"},
    Unsupported{"services.*.deploy.endpoint_mode", false, "a service's name resolves to all of its containers"},
    Unsupported{"services.*.deploy.placement", false, "there is one machine"},
    Unsupported{"services.*.deploy.labels", false, "they are for services of a cluster; use labels"},
    Unsupported{"services.*.deploy.rollback_config", false, "nothing is rolled back on a single machine"},
    Unsupported{"services.*.deploy.update_config", false,
                "it is for rolling updates of a cluster; up makes each container anew as soon as it can, stop first"},
    Unsupported{"services.*.deploy.restart_policy.delay", false,
                "the wait before a restart begins with 100 ms and is doubled each time, up to a minute"},
    Unsupported{"services.*.deploy.restart_policy.window", false, "who has run for 10 seconds is taken for started"},
    Unsupported{"services.*.deploy.restart_policy.max_attempts", false,
                "only what is started again on-failure is counted"},
    Unsupported{"services.*.deploy.resources.reservations.cpus", false, "there is one machine: nothing to reserve"},
    Unsupported{"services.*.deploy.resources.reservations.generic_resources", false,
                "there is one machine: nothing to reserve"},
    Unsupported{"services.*.networks.*.link_local_ips", false, "bridges of users without root have no such addresses"},
    Unsupported{"services.*.volumes[].consistency", false, "it is for Docker Desktop"},
    Unsupported{"services.*.ports[].app_protocol", false, "nothing here looks into the protocol"},
    Unsupported{"services.*.networks.*.driver_opts", false, "bridges of users without root have no such options"},
    Unsupported{"services.*.build.provenance", false, "attestations are not made"},
    Unsupported{"services.*.build.sbom", false, "attestations are not made"},
    Unsupported{"networks.*.attachable", false, "it is for networks of a cluster; every network here is attachable"},
    Unsupported{"secrets.*.driver", true, "secret stores are plug-ins of docker's daemon"},
    Unsupported{"secrets.*.template_driver", true, "it is for secrets of a cluster"},
    Unsupported{"configs.*.template_driver", true, "it is for configs of a cluster"},
};

/// Whether an object of the file is in the project: what is inactive or not used says nothing.
bool is_in(const Project& project, std::string_view kind, const std::string& key) {
  if (kind == "networks") return project.networks.count(key) != 0;
  if (kind == "secrets") return project.secrets.count(key) != 0;
  if (kind == "configs") return project.configs.count(key) != 0;
  return kind != "models" || project.models.count(key) != 0;
}

[[noreturn]] void refuse(const Node& node, const std::string& path, const Unsupported& row, const Loading& loading) {
  Error error(ErrorKind::unsupported,
              show(loading.sources.place(node.key_spot), format("{} is not supported: {}", path, row.reason)));
  throw error.with_hint("leave it out, or leave this service out by naming others");
}

// Keys of the table that do have an effect beside what else is written there.
bool is_heeded(const Node& parent, const Node& item) {
  if (item.key == "update_config") {
    const Node* const order = item.find("order");
    return item.items.size() == 1 && order != nullptr && order->text == "stop-first";
  }
  const Node* const condition = item.key == "max_attempts" ? parent.find("condition") : nullptr;
  return condition != nullptr && condition->text == "on-failure";
}

void find_key(const Node& node, std::span<const std::string> parts, const std::string& path, const Unsupported& row,
              Loading& loading) {
  if (parts.empty()) {
    if (node.is_null() || (node.kind == Node::Kind::boolean && node.text == "false")) return;
    if (row.path.ends_with(".mode") && node.text == "replicated") return;
    if (row.is_refused && loading.request.unsupported == UnsupportedKeys::refused) refuse(node, path, row, loading);
    loading.warn(node.key_spot,
                 format("{} {}: {}", path, row.is_refused ? "is not supported" : "has no effect", row.reason));
    return;
  }
  std::string part = parts[0];
  const bool is_list = part.ends_with("[]");
  if (is_list) part.resize(part.size() - 2);
  const auto go_on = [&](const Node& child, const std::string& child_path) {
    if (!is_list) return find_key(child, parts.subspan(1), child_path, row, loading);
    for (std::size_t i = 0; i < child.items.size(); ++i)
      find_key(child.items[i], parts.subspan(1), format("{}[{}]", child_path, i), row, loading);
  };
  if (!node.is_mapping()) return;
  for (const auto& item : node.items)
    if ((part == "*" || item.key == part) && !is_heeded(node, item))
      go_on(item, path.empty() ? item.key : path + "." + item.key);
}

void warn_of_logging(const Node& model, const Project& project, const std::set<std::string>& services,
                     Loading& loading) {
  const Node* const objects = model.find("services");
  for (const auto& service : project.services) {
    if (!service.logging || services.count(service.name) == 0) continue;
    const Node* const node = objects == nullptr ? nullptr : objects->find(service.name);
    const Node* const logging = node == nullptr ? nullptr : node->find("logging");
    for (const auto& line : heeded_logging(*service.logging).left_out)
      loading.warn(logging == nullptr ? Spot{} : logging->key_spot,
                   format("services.{}.logging.{}", service.name, line));
  }
}

}  // namespace

std::span<const Unsupported> unsupported_keys() { return kUnsupported; }

void warn_of_unsupported(const Node& model, const Project& project, const std::set<std::string>& services,
                         Loading& loading) {
  if (loading.request.unsupported == UnsupportedKeys::untold) return;
  for (const auto& row : kUnsupported) {
    const auto parts = split(row.path, '.');
    const Node* objects = model.find(parts[0]);
    if (objects == nullptr) continue;
    for (const auto& object : objects->items)
      if (parts[0] == "services" ? services.count(object.key) != 0 : is_in(project, parts[0], object.key))
        find_key(object, std::span(parts).subspan(2), parts[0] + "." + object.key, row, loading);
  }
  warn_of_logging(model, project, services, loading);
}

}  // namespace lichen::compose
