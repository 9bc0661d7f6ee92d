// compose down, stop, kill, rm, restart, pause and unpause: over the containers of a project, by their labels, so that
// they work without the file.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "compose/language/model.hh"
#include "compose/project_state.hh"
#include "compose/project_view.hh"

namespace lichen::compose {

struct DownOptions {
  Strings services;  // named; empty: all
  bool remove_orphans = false, volumes = false;
  std::string images;  // --rmi: "", "local", "all"
  std::optional<std::int64_t> timeout_s;
};

/// Stop and remove, who depends on others first, side by side where free; then networks, and what else was asked for.
/// @param project  nullptr: the file is gone, labels say all
void take_down(engine::Engine& engine, const std::string& name, const Project* project, const DownOptions& options,
               ProjectView& view);

enum class LifeVerb { stop, kill, restart, pause, unpause, remove };
struct LifeOptions {
  Strings services;
  std::optional<std::int64_t> timeout_s;
  std::string signal;    // kill
  bool volumes = false;  // remove: anonymous ones too
  bool stop_first = false;
  bool no_deps = false;         // restart: not those that are to restart with a service that they depend on
  bool remove_orphans = false;  // kill: containers of services that the file does not have go too
};

/// Stop and remove the containers of services that the file does not have.
void remove_orphans(engine::Engine& engine, const Project& project, ProjectView& view);

/// One verb for each container of these services, in the right order. @return how many it was done to
std::size_t change_life(engine::Engine& engine, const std::string& name, const Project* project, LifeVerb verb,
                        const LifeOptions& options, ProjectView& view);

}  // namespace lichen::compose
