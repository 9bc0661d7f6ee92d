// compose run: a container of its own for one command of a service.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compose/up.hh"
#include "libpod/spec/container_config.hh"

namespace lichen::compose {

struct OneOff {
  std::string service;
  std::optional<Strings> command, entrypoint;  // nullopt: the service's
  Strings env;                                 // "NAME=value", over the service's
  std::optional<std::string> user, working_dir;
  std::string name;  // empty: PROJECT-SERVICE-run-HEX
  Mapping labels;
  std::vector<spec::MountConfig> mounts;
  std::vector<spec::PortMapping> ports;
  Strings cap_add, cap_drop;
  bool service_ports = false;  // -P: publish what the service publishes
  bool use_aliases = false;    // its networks know it by the service's name too
  bool no_deps = false, remove = false, detach = false;
  bool tty = true, interactive = true;
};

/// Bring up what the service depends on, then run.
/// @return the command's exit code; 0 when detached, after its name was printed
int run_one_off(engine::Engine& engine, const Project& project, const OneOff& one, UpOptions dependencies,
                ProjectView& view);

}  // namespace lichen::compose
