#include "compose/up_plan.hh"

#include <algorithm>

#include "compose/language/render.hh"
#include "compose/service_container.hh"
#include "libpod/base/error.hh"

namespace lichen::compose {
namespace {

class Planner {
 public:
  Planner(engine::Engine& engine, const Project& project, const UpOptions& options, const std::set<std::string>& chosen,
          const std::map<std::string, std::string>& images)
      : engine_(engine), project_(project), options_(options), chosen_(chosen), images_(images) {}

  // In the order of their dependencies, so that what is recreated beneath is known.
  UpPlan run() {
    plan_.existing = project_containers(engine_, project_.name);
    for (const auto& name : chosen_) plan_service(name);
    return std::move(plan_);
  }

 private:
  void plan_service(const std::string& name) {
    if (!chosen_.contains(name) || !seen_.insert(name).second) return;
    const Service* service = project_.find_service(name);
    if (service == nullptr) return;
    for (const auto& [other, how] : service->depends_on) plan_service(other);
    ServicePlan plan;
    plan.service = service;
    plan.is_named = options_.services.empty() || std::ranges::find(options_.services, name) != options_.services.end();
    const auto scale = options_.scale.find(name);
    const std::uint32_t wanted = scale == options_.scale.end() ? service->replicas() : scale->second;
    if (wanted > 1 && !service->container_name.empty())
      throw Error(ErrorKind::usage, format("service '{}' has the container_name {}: there can be one only", name,
                                           service->container_name))
          .with_hint("leave container_name out to scale it");
    std::map<std::uint32_t, ProjectContainer> mine;
    for (const auto& container : plan_.existing)
      if (container.service == name && !container.one_off) {
        const auto [at, is_new] = mine.emplace(container.number, container);
        // A recreation that was killed leaves two of one number: the one that has the name stays.
        if (!is_new) {
          const bool keeps_new = container.name() == container_name(project_, *service, container.number);
          plan.surplus.push_back(keeps_new ? at->second : container);
          if (keeps_new) at->second = container;
        }
      }
    const bool below_changes = std::ranges::any_of(plan_.services, [&](const ServicePlan& other) {
      return other.recreates && leans_on(*service, other.service->name);
    });
    for (auto& [number, container] : mine) {
      if (options_.only_existing || plan.replicas.size() < wanted) {
        Replica replica;
        replica.number = number;
        replica.recreate = !options_.only_existing && wants_recreation(plan, container, below_changes);
        if (!replica.recreate) replica.id = container.id();
        plan.recreates = plan.recreates || replica.recreate;
        replica.existing = container;
        plan.replicas.push_back(std::move(replica));
      } else {
        plan.surplus.push_back(container);
      }
    }
    if (options_.only_existing) {
      if (plan.replicas.empty() && plan.is_named)
        throw Error(ErrorKind::not_found, format("service '{}' has no container to start", name))
            .with_hint("make them: lichen compose up -d");
    } else {
      for (std::uint32_t number = 1; plan.replicas.size() < wanted; ++number)
        if (!mine.contains(number))
          plan.replicas.push_back(
              {.number = number, .existing = {}, .recreate = false, .id = "", .created = {}, .started = {}});
    }
    std::ranges::sort(plan.replicas, {}, &Replica::number);
    plan_.services.push_back(std::move(plan));
  }

  bool wants_recreation(const ServicePlan& plan, const ProjectContainer& container, bool below_changes) const {
    if (options_.no_recreate) return false;
    if (options_.force_recreate && (plan.is_named || options_.always_recreate_deps)) return true;
    if (options_.always_recreate_deps && !plan.is_named) return true;
    if (below_changes || !is_on_its_networks(*plan.service, container)) return true;
    if (container.config_hash != config_hash(*plan.service)) return true;
    const auto image = images_.find(plan.service->name);
    return image != images_.end() && image->second != container.summary.config.image_id;
  }

  // One that is off a network was taken off it by hand, or the network was made anew (resources.cc).
  bool is_on_its_networks(const Service& service, const ProjectContainer& container) const {
    const auto& endpoints = container.summary.config.network.endpoints;
    return std::ranges::all_of(service.networks, [&](const auto& entry) {
      const std::string& network = project_.networks.at(entry.first).name;
      return network == "host" || network == "none" ||
             std::ranges::any_of(endpoints, [&](const auto& endpoint) { return endpoint.network == network; });
    });
  }

  engine::Engine& engine_;
  const Project& project_;
  const UpOptions& options_;
  const std::set<std::string>& chosen_;
  const std::map<std::string, std::string>& images_;
  std::set<std::string> seen_;
  UpPlan plan_;
};

}  // namespace

bool leans_on(const Service& service, const std::string& other) {
  const std::string mode = "service:" + other;
  if (service.network_mode == mode || service.ipc == mode || service.pid == mode) return true;
  return std::ranges::any_of(service.volumes_from,
                             [&](const std::string& text) { return text.substr(0, text.find(':')) == other; });
}

ServicePlan* UpPlan::find(const std::string& service) {
  const auto found = std::ranges::find_if(services, [&](const auto& plan) { return plan.service->name == service; });
  return found == services.end() ? nullptr : &*found;
}

std::string UpPlan::first_container(const std::string& service) const {
  for (const auto& plan : services)
    if (plan.service->name == service)
      for (const auto& replica : plan.replicas)
        if (!replica.id.empty()) return replica.id;
  for (const auto& container : existing)
    if (container.service == service && !container.one_off) return container.id();
  throw Error(ErrorKind::not_found, format("service '{}' has no container yet", service))
      .with_hint("bring it up first, or leave out --no-deps");
}

UpPlan plan_up(engine::Engine& engine, const Project& project, const UpOptions& options,
               const std::set<std::string>& chosen, const std::map<std::string, std::string>& images) {
  return Planner(engine, project, options, chosen, images).run();
}

}  // namespace lichen::compose
