// lichen commit: an image out of what a container has changed.
//
// The changed paths (container_diff.hh) become a tar of their own, which goes the way of every layer into the store: so
// it has a journal and a diff id, and `save` gives back the same bytes. The tar lies in staging for that time.
#pragma once

#include <functional>
#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct CommitRequest {
  std::string reference;  // name for the image; empty: none
  std::string author, message;
  std::function<void(spec::ImageConfig&)> change;  // --change; none: empty
  bool pause = true;                               // stop the world meanwhile, so that files belong together
  std::string iidfile;                             // gets "sha256:ID"; empty: none
  bool quiet = true;                               // no progress on standard error
};

/// @return the image's id
/// @throws Error{unsupported} a container of --rootfs; Error{usage} a bad name or instruction: nothing was made then
std::string commit_container(Engine& engine, const std::string& name_or_id, const CommitRequest& request);

}  // namespace lichen::engine
