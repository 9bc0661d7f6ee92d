// What of a project is there: its containers by their labels, whatever the file says today.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"

namespace lichen::compose {

struct ProjectContainer {
  engine::ContainerSummary summary;
  std::string service;
  std::uint32_t number = 0;
  bool one_off = false;
  std::string config_hash;
  std::vector<std::string> depends_on;     // services
  std::vector<std::string> restarts_with;  // those of them that say `restart: true`

  const std::string& id() const { return summary.config.id; }
  const std::string& name() const { return summary.config.name; }
  bool is_active() const { return engine::is_active(summary); }
};

/// By service and number. Damaged records are left out with a warning.
std::vector<ProjectContainer> project_containers(engine::Engine& engine, const std::string& project);

/// A running container of a service, not of `run`. @param index  its number; 0: the first
/// @throws Error{not_found} with exit code 1
ProjectContainer running_container(engine::Engine& engine, const std::string& project, const std::string& service,
                                   std::int64_t index);

/// One container's record as it is now. nullopt: it is gone
std::optional<store::ContainerRecord> look_at(engine::Engine& engine, const std::string& id);

}  // namespace lichen::compose
