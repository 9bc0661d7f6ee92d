// lichen pod clone: a pod like another one, with containers like its containers.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "libpod/engine/engine.hh"
#include "libpod/spec/pod_config.hh"

namespace lichen::engine {

struct PodCloneRequest {
  std::string source;  // name or id
  std::string name;    // empty: SOURCE-clone
  std::optional<std::string> hostname;
  std::map<std::string, std::string> labels;  // more, or instead of
  bool destroy = false;                       // remove the source when the clone is there; it must not run
  bool start = false;
};

/// Containers are made anew of their images and configurations, called NAME-clone; files that they wrote are not
/// copied.
/// @throws Error{conflict} a name is taken; then no clone is left
spec::PodConfig clone_pod(Engine& engine, const PodCloneRequest& request);

}  // namespace lichen::engine
