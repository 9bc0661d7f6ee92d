// lichen pod create, and how a container becomes a member of a pod.
#pragma once

#include <set>
#include <string>

#include "libpod/engine/create.hh"
#include "libpod/spec/pod_config.hh"

namespace lichen::engine {

struct PodRequest {
  spec::PodConfig pod;  // id, name, created, holder_id may be empty: they are made up
  bool with_holder = true;
  bool replace = false;  // remove a pod of that name first
  std::string id_file;   // --pod-id-file: the id is written there
};

/// Write the records of the pod and of its holder. Nothing is started.
/// @throws Error{conflict} the name is taken; Error{not_found} no such network
spec::PodConfig create_pod(Engine& engine, PodRequest request);

/// Which pod a container is to be in.
struct PodChoice {
  std::string name;            // or id; empty: none
  bool make = false;           // --pod new:NAME
  std::set<std::string> gave;  // flags on the container's command line, by their long names
};

/// create_container for a member: the pod cannot be removed until it is published. A pod that `make` has made
/// is removed again when the container cannot be made.
CreatedContainer create_member(Engine& engine, CreateRequest request, const PodChoice& choice);

}  // namespace lichen::engine
