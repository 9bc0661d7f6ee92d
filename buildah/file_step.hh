// A step that changes files (RUN, COPY, ADD, WORKDIR's directory), ready to be looked up in the cache and to be done.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "buildah/origins.hh"
#include "buildah/remote_files.hh"
#include "buildah/stage_state.hh"
#include "buildah/step_cache.hh"
#include "libpod/engine/step_network.hh"

namespace lichen::buildah {

/// What a worker is given: where the stage stands, and where its changes go.
struct StepPlace {
  std::string upper;            // becomes the layer; exists
  std::string workspace;        // empty, on the same file system
  bool is_debug_shell = false;  // RUN: a shell on our own terminal instead of the command
};

struct FileStep {
  std::string created_by;  // for history
  /// All that the outcome depends on besides the layers beneath and `content`.
  StepKey key;
  std::vector<LayerStack> inputs;  // of other stages: their identity is part of the key
  /// Called in the build once, before `work`; may be empty.
  std::function<void(FileStep& self)> prepare;
  /// In a worker. @throws Error; the result is {"code": exit code} for RUN
  std::function<Json(const StepPlace& place)> work;
};

/// What the makers of steps know of the build.
struct StepContext {
  engine::Engine& engine;
  const BuildOptions& options;
  std::string driver;
  char escape = '\\';
  const ArgScope& scope;
  std::string platform;
  /// --from: waits are the scheduler's, so what it gives is there.
  std::function<Content(const std::string& name)> find_content;
  /// The network of RUN by its mode; made when it is first wanted.
  std::function<const engine::StepNetwork*(const std::string& mode)> network;
  /// What a source from the network is now. nullopt: it is being asked for. @throws what became of asking
  std::function<std::optional<FoundRemote>(const RemoteSource& source)> find_remote;
  bool uses_cache = true;
};

FileStep make_run_step(const StepContext& context, const language::Instruction& instruction, const StageState& state);
/// nullopt: a source is not known yet.
std::optional<FileStep> make_copy_step(const StepContext& context, const language::Instruction& instruction,
                                       const StageState& state);
/// WORKDIR: the directory, when it is missing.
FileStep make_workdir_step(const StepContext& context, const StageState& state);

}  // namespace lichen::buildah
