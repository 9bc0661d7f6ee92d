// lichen update: other limits, restart policy, variables for a container that is there.
//
// The record is changed first, under the container's lock and synced. A start that takes the monitor's lock after that
// reads the new record; one that has taken it before is waited for. Then a container that runs is told: its limits by
// the OCI runtime, its restart policy through its monitor, and its OCI bundle, from which the monitor makes it again at
// a restart. When the runtime refuses, all of it is put back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/spec/options.hh"

namespace lichen::engine {

/// What is given of --health-*; the rest stays.
struct HealthUpdate {
  spec::HealthConfig check, startup;  // members that are empty or 0 are not given
  std::optional<std::int64_t> retries, startup_retries, startup_successes;
  std::string on_failure;
  bool off = false;  // --no-healthcheck: both checks go
};

struct UpdateRequest {
  spec::ResourceConfig limits;  // those that are given; 0 lifts one (spec/resource_update.hh)
  std::optional<spec::RestartOption> restart;
  std::optional<HealthUpdate> health;
  // For processes that are started from now on.
  std::vector<std::string> env;        // "NAME=value"
  std::vector<std::string> unset_env;  // names
  std::vector<spec::UlimitConfig> ulimits;
};

/// @throws Error{usage} docker's rules between the limits, a startup check without the other one; Error{conflict}
/// --restart for a container with --rm
void update_container(Engine& engine, const std::string& name_or_id, const UpdateRequest& request);

}  // namespace lichen::engine
