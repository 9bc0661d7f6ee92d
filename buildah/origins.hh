// What --from and --mount=from lead to while the build runs: directories of the host, or layers to be mounted.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "buildah/build_plan.hh"
#include "buildah/language/remote.hh"
#include "buildah/layer_stack.hh"
#include "buildah/source_tree.hh"

namespace lichen::buildah {

/// One of both: a context's tree, or a stack that a worker mounts for itself.
struct Content {
  std::shared_ptr<const SourceTree> tree;
  LayerStack stack;
  std::string name;
};

/// The main context and --build-context, opened once. One in the network is brought by the builder (awaited, bring).
/// @throws Error{not_found|unsupported}
class Contexts {
 public:
  /// @param ignore_text  of the main context's .dockerignore, with its name for messages
  Contexts(const BuildOptions& options, const std::string& main_directory, const std::string& ignore_text,
           const std::string& ignore_name);
  /// @param name  "" is the main one @return nullptr: it is not a directory but an image (image_of)
  std::shared_ptr<const SourceTree> find(const std::string& name);
  /// The place in the network that a --build-context names and that is not here yet. nullopt: there is none
  std::optional<language::RemotePlace> awaited(const std::string& name) const;
  /// It is here now, in that directory.
  void bring(const std::string& name, const std::string& directory);
  /// docker-image://REF of a --build-context; "" otherwise.
  std::string image_of(const std::string& name) const;

 private:
  const BuildOptions& options_;
  std::map<std::string, std::shared_ptr<const SourceTree>> trees_;
};

/// Mount a stack read-only on a directory below `workspace` and give its tree. @stage in a worker with a mount
/// namespace of its own
SourceTree mount_stack(const engine::Engine& engine, const std::string& driver, const LayerStack& stack,
                       const std::string& place, const std::string& name);

}  // namespace lichen::buildah
