// A build from its Dockerfile to an image in the store: one event loop that keeps as many steps at work as it may.
//
// Theory of operation. Each needed stage goes through its steps one after another; stages go side by side. A step that
// only changes the configuration is applied at once. One that changes files (file_step.hh) is looked up in the cache
// when the identity of all that it builds on is known, and otherwise done by a worker, a child of ours, whose changes
// land in an upper directory. That directory is the layer: it is handed to the layer service, which hashes and
// publishes it, while the next step already runs on top of it. After the first miss of a stage its later steps are
// misses too, as nobody knows the identity of what they build on; once it is known, they are remembered under it.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>

#include "buildah/build_plan.hh"
#include "buildah/build_share.hh"
#include "buildah/file_step.hh"
#include "buildah/layer_service.hh"
#include "buildah/loads.hh"
#include "buildah/origins.hh"
#include "buildah/progress.hh"
#include "buildah/step_history.hh"
#include "buildah/worker.hh"

namespace lichen::buildah {

/// What a build gives: the state of its target.
struct BuiltStage {
  StageState state;
};

class Builder {
 public:
  /// @param dockerfile, options, contexts, share  outlive the builder
  Builder(engine::Engine& engine, const language::Dockerfile& dockerfile, const BuildOptions& options,
          Contexts& contexts, Progress& progress, const spec::Platform& platform, BuildShare& share);

  /// @throws Error: the first step that failed, with its place; what succeeded is in the cache
  BuiltStage run();

 private:
  enum class Phase { waiting, stepping, working, done };
  struct Pending {  // a step that is looked up and waits for a free place, or is being done
    FileStep step;
    const language::Instruction* instruction = nullptr;
    Progress::StepId id = 0;
    bool is_retry = false;
  };
  struct Stage {
    const StagePlan* plan = nullptr;
    StageState state;
    std::vector<language::Instruction> steps;
    std::size_t next = 0;
    Phase phase = Phase::waiting;
    bool uses_cache = true;
    std::vector<sys::FileLock> locks;  // of the images that it takes from
    std::optional<Pending> pending;
    std::unique_ptr<Worker> worker;
    std::unique_ptr<store::StagingDir> layer, workspace;
  };
  // A step that was done, to be remembered when all identities are known.
  struct Unrecorded {
    FileStep step;
    LayerStack before, after;
  };

  void pump();
  bool advance(Stage& stage);
  bool begin_stage(Stage& stage);
  void begin_on_image(Stage& stage, const std::string& name);
  void add_triggers(Stage& stage, const std::string& name);
  // Of an instruction: a step to be done; else it was metadata and is applied, or what it takes is not here yet.
  struct Made {
    std::optional<FileStep> step;
    bool waits = false;
  };
  bool inputs_are_there(const Stage& stage, const language::Instruction& instruction);
  bool context_is_there(const std::string& name);
  std::optional<FoundRemote> find_remote(const RemoteSource& source);
  Made make_step(Stage& stage, const language::Instruction& instruction);
  std::optional<std::string> find_outcome(const Stage& stage, const std::optional<StepKey>& key);
  bool take_from_cache(Stage& stage);
  void explain(const Stage& stage, const std::optional<StepKey>& key);
  void start_worker(Stage& stage);
  void finish_step(Stage& stage, const Json& result);
  void open_debug_shell(Stage& stage, std::int64_t code);
  void complete(Stage& stage, bool has_layer);
  void fail_step(Stage& stage, const Error& error);
  void take_layer(Layer& layer);
  void record_steps();
  std::optional<StepKey> full_key(const FileStep& step, const LayerStack& before) const;
  std::string title_of(const Stage& stage, const language::Instruction& instruction) const;
  Content find_content(Stage& stage, const std::string& name);
  LayerStack image_stack(Stage& stage, const std::string& name, const std::string& platform);
  const engine::StepNetwork* network(const std::string& mode);
  std::string layer_time() const;

  engine::Engine& engine_;
  const language::Dockerfile& dockerfile_;
  const BuildOptions& options_;
  Contexts& contexts_;
  Progress& progress_;
  spec::Platform platform_;
  BuildShare& share_;
  BuildPlan plan_;
  std::string driver_;
  sys::EventLoop loop_;
  LayerService layers_;
  StepCache cache_;
  StepHistory history_;
  Loads loads_;
  std::map<std::string, std::unique_ptr<engine::StepNetwork>> networks_;
  std::vector<Stage> stages_;
  std::deque<Unrecorded> unrecorded_;
  std::size_t jobs_, running_ = 0;
  std::optional<Error> failure_;
};

}  // namespace lichen::buildah
