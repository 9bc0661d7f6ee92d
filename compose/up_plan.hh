// What `up` has to do: what the file says against what is there, decided before anything is done.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compose/project_state.hh"
#include "compose/tasks.hh"
#include "compose/up.hh"

namespace lichen::compose {

/// One container of a service: which it is now, and what is to become of it.
struct Replica {
  std::uint32_t number = 0;
  std::optional<ProjectContainer> existing;
  bool recreate = false;
  std::string id;  // from creation on
  std::optional<Tasks::Id> created, started;
};

struct ServicePlan {
  const Service* service = nullptr;
  bool is_named = false;
  bool recreates = false;
  std::vector<Replica> replicas;
  std::vector<ProjectContainer> surplus;
};

struct UpPlan {
  std::deque<ServicePlan> services;  // what others depend on comes before them
  std::vector<ProjectContainer> existing;

  ServicePlan* find(const std::string& service);
  /// A container of the service, for what leans on it. @throws Error{not_found} there is none yet
  std::string first_container(const std::string& service) const;
};

/// @param images  service → image id, of those that were asked for
/// @throws Error{usage} more than one container of one name; Error{not_found} (only_existing) a named service has none
UpPlan plan_up(engine::Engine& engine, const Project& project, const UpOptions& options,
               const std::set<std::string>& chosen, const std::map<std::string, std::string>& images);

}  // namespace lichen::compose
