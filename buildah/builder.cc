#include "buildah/builder.hh"

#include <thread>

#include "buildah/build_platform.hh"
#include "buildah/image_result.hh"
#include "buildah/language/parse.hh"
#include "buildah/language/place.hh"
#include "buildah/language/remote.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/pretended_ids.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/spec/env.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

using language::Instruction;

// Steps mostly wait: for the network, for one another's files.
constexpr std::size_t kLeastJobs = 4;
constexpr std::chrono::milliseconds kTick{100};

std::string default_path() { return "PATH=" + std::string(spec::kDefaultPath); }

bool is_filtered(const std::vector<std::string>& filter, const StagePlan& plan) {
  return std::ranges::find(filter, plan.title) != filter.end();
}

// With the place of the instruction, where the error has none yet.
Error placed(const Instruction& instruction, const Error& error) {
  const std::string what = error.what();
  if (what.starts_with(instruction.source->name + ":")) return error;
  return Error(error.kind(), language::show_place(*instruction.source, instruction.position, what))
      .with_hint(error.hint());
}

// Which project this is: the Dockerfile's name, where its context lies.
std::string place_of(Contexts& contexts, const language::Dockerfile& dockerfile, const BuildOptions& options) {
  const bool is_remote = language::parse_remote(options.context, language::RemoteUse::context).has_value();
  return (is_remote ? language::without_credentials(options.context)
                    : sys::read_link(sys::fd_path(contexts.find("")->root.get())).value_or("")) +
         "\n" + dockerfile.source->name;
}

// A line of the Dockerfile may hold a URL with a password, and what is said of a failure goes into logs.
Error without_credentials(const Error& error) {
  const std::string text = language::without_credentials(error.what());
  if (text == error.what()) return error;
  return Error(error.kind(), text, error.saved_errno()).with_hint(error.hint()).with_exit_code(error.exit_code());
}

}  // namespace

Builder::Builder(engine::Engine& engine, const language::Dockerfile& dockerfile, const BuildOptions& options,
                 Contexts& contexts, Progress& progress, const spec::Platform& platform, BuildShare& share)
    : engine_(engine),
      dockerfile_(dockerfile),
      options_(options),
      contexts_(contexts),
      progress_(progress),
      platform_(platform),
      share_(share),
      plan_(make_plan(dockerfile, options, platform, spec::host_platform())),
      layers_(
          engine, loop_, [this](const LayerPtr& layer) { take_layer(*layer); },
          [this](const Error& error) {
            if (!failure_) failure_ = error;
            loop_.stop();
          }),
      cache_(engine.paths, engine.layers),
      history_(engine.paths, place_of(contexts, dockerfile, options) + "\n" + platform.str()),
      loads_(engine.paths, loop_, progress),
      jobs_(options.jobs != 0 ? options.jobs : std::max<std::size_t>(kLeastJobs, std::thread::hardware_concurrency())) {
  stages_.resize(plan_.stages.size());
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    stages_[i].plan = &plan_.stages[i];
    stages_[i].uses_cache = !options.no_cache && !is_filtered(options.no_cache_filter, plan_.stages[i]);
  }
}

BuiltStage Builder::run() {
  engine_.enter_userns();
  driver_ = engine::choose_storage_driver(engine_);
  if (driver_ == "vfs")
    throw Error(ErrorKind::unsupported, "build: the storage driver vfs cannot tell what a step has changed")
        .with_hint("`lichen doctor` says what overlay or fuse-overlayfs lack here");
  if (engine::has_single_id())
    log_warn(
        "there is one user id only: in RUN steps changes of owner and user are answered with success and not made");
  pump();
  while (!failure_ && !(stages_[plan_.target].phase == Phase::done && layers_.is_idle())) {
    loop_.step(kTick);
    progress_.tick();
    if (!failure_) pump();
  }
  if (failure_) {
    for (auto& stage : stages_) stage.worker.reset();  // what runs ends with its handle
    loads_.stop();
    // What succeeded is kept, also when it is not hashed yet.
    while (!layers_.is_idle()) loop_.step(kTick);
  }
  record_steps();
  history_.trim();
  progress_.finish();
  if (failure_) throw without_credentials(*failure_);
  return {stages_[plan_.target].state};
}

// As long as something moves: a stage that ends lets another begin.
void Builder::pump() {
  for (bool moved = true; moved && !failure_;) {
    moved = false;
    for (auto& stage : stages_)
      if (plan_.is_needed[stage.plan->number] && !failure_) moved = advance(stage) || moved;
  }
}

// @return whether anything has changed
bool Builder::advance(Stage& stage) {
  if (stage.phase == Phase::working || stage.phase == Phase::done) return false;
  bool moved = false;
  try {
    if (stage.phase == Phase::waiting) {
      if (!begin_stage(stage)) return false;
      moved = true;
    }
    while (stage.phase == Phase::stepping) {
      if (!stage.pending) {
        if (stage.next == stage.steps.size()) {
          stage.phase = Phase::done;
          return true;
        }
        const Instruction& instruction = stage.steps[stage.next];
        if (!inputs_are_there(stage, instruction)) return moved;
        auto made = make_step(stage, instruction);
        if (made.waits) return moved;
        ++stage.next;
        moved = true;
        if (!made.step) continue;
        stage.pending = Pending{*std::move(made.step), &instruction, progress_.start(title_of(stage, instruction))};
        if (take_from_cache(stage)) continue;
      }
      if (running_ >= jobs_) return moved;
      start_worker(stage);
      moved = true;
    }
  } catch (const Error& error) {
    // Mostly of the step to come, and placed by it; what is not has its line at least.
    const bool is_step = stage.phase == Phase::stepping && !stage.pending && stage.next < stage.steps.size();
    failure_ = is_step ? placed(stage.steps[stage.next], error) : error;
    loop_.stop();
  }
  return moved;
}

bool Builder::begin_stage(Stage& stage) {
  for (const auto earlier : stage.plan->after)
    if (stages_[earlier].phase != Phase::done) return false;
  const Origin& base = stage.plan->base;
  switch (base.kind) {
    case Origin::Kind::stage:
      if (stages_[base.stage].phase != Phase::done) return false;
      stage.state = stages_[base.stage].state;
      stage.state.has_own_cmd = false;
      add_triggers(stage, plan_.stages[base.stage].title);
      break;
    case Origin::Kind::scratch:
      set_platform(stage.state.config, stage.plan->platform.empty() ? platform_ : build_platform(stage.plan->platform));
      stage.state.config.env = {default_path()};
      break;
    case Origin::Kind::context:
      begin_on_image(stage, contexts_.image_of(base.name));
      break;
    case Origin::Kind::image:
      begin_on_image(stage, base.name);
      break;
  }
  stage.steps.insert(stage.steps.end(), stage.plan->source->steps.begin(), stage.plan->source->steps.end());
  stage.phase = Phase::stepping;
  return true;
}

void Builder::begin_on_image(Stage& stage, const std::string& name) {
  const auto& from = stage.plan->source->from_line;
  if (name.empty())
    language::fail_at(*from.source, stage.plan->source->from.image.position,
                      "FROM a --build-context that is a directory: it has no image configuration",
                      "FROM scratch, then COPY --from=" + stage.plan->base.name);
  try {
    auto pull = options_.pull;
    pull.platform =
        stage.plan->platform.empty() ? (options_.platforms.empty() ? "" : platform_.str()) : stage.plan->platform;
    const std::string id = engine::ensure_image(engine_, name, pull);
    stage.locks.push_back(engine::hold_image(engine_, id));
    stage.state.config = engine_.images.config(id);
    for (const auto& chain : engine_.images.get(id).chain_ids) stage.state.stack.push(open_layer(engine_, chain));
    stage.state.base_layers = stage.state.stack.layers().size();
  } catch (const Error& error) {
    throw Error(error.kind(), language::show_place(*from.source, stage.plan->source->from.image.position, error.what()))
        .with_hint(error.hint());
  }
  // As docker: PATH is always set, so that ENV PATH=$PATH:/more says what it seems to.
  if (!find_variable(stage.state, "PATH"))
    stage.state.config.env.insert(stage.state.config.env.begin(), default_path());
  add_triggers(stage, name);
}

// Triggers run before the first step of whoever builds on the image or stage, and are not inherited further.
void Builder::add_triggers(Stage& stage, const std::string& name) {
  const auto triggers = std::exchange(stage.state.config.on_build, {});
  for (std::size_t i = 0; i < triggers.size(); ++i)
    for (auto& step : language::parse_fragment(triggers[i], format("ONBUILD trigger {} of {}", i + 1, name),
                                               dockerfile_.directives.escape))
      stage.steps.push_back(std::move(step));
}

// nullopt: something that it builds on has no identity yet.
std::optional<StepKey> Builder::full_key(const FileStep& step, const LayerStack& before) const {
  StepKey key = step.key;
  const auto parent = before.identity();
  if (!parent) return std::nullopt;
  key.add("parent", *parent);
  key.add("epoch", options_.epoch ? format("{}", *options_.epoch) : "");
  for (const auto& input : step.inputs) {
    const auto identity = input.identity();
    if (!identity) return std::nullopt;
    key.add("input", *identity);
  }
  return key;
}

// The chain id after the step, from this store's cache or another's.
std::optional<std::string> Builder::find_outcome(const Stage& stage, const std::optional<StepKey>& key) {
  if (!key || (!stage.uses_cache && !share_.made.contains(key->hash()))) return std::nullopt;
  const std::string parent = stage.state.stack.identity().value();
  auto chain = cache_.find(*key, parent);
  if (!chain && stage.uses_cache && share_.imported != nullptr) {
    chain = share_.imported->find(key->hash(), stage.state.stack);
    if (chain) cache_.remember(*key, parent, *chain);
  }
  return chain;
}

bool Builder::take_from_cache(Stage& stage) {
  const auto key = full_key(stage.pending->step, stage.state.stack);
  const auto parent = stage.state.stack.identity();
  const auto chain = find_outcome(stage, key);
  if (!chain && options_.explain) explain(stage, key);
  if (key) history_.remember(stage.plan->title, stage.next, *key);
  if (!chain) return false;
  const bool has_layer = *chain != *parent;
  try {
    if (has_layer) {
      stage.locks.push_back(
          sys::try_lock(engine_.paths.layer(*chain), sys::LockMode::shared).value_or(sys::FileLock{}));
      stage.state.stack.push(open_layer(engine_, *chain));
    }
  } catch (const Error& error) {
    log_debug("{}", error.what());  // removed in this very moment: it is made again
    return false;
  }
  share_.remember(key->hash(), stage.state.stack);
  progress_.cached(stage.pending->id);
  complete(stage, has_layer);
  return true;
}

void Builder::explain(const Stage& stage, const std::optional<StepKey>& key) {
  const auto say = [&](const std::string& why) { progress_.output(stage.pending->id, "not from the cache: " + why); };
  if (!stage.uses_cache) return say("the command line says so");
  if (!key) return say("what it builds on was made again");
  if (!history_.knows(stage.plan->title, stage.next)) return say("it is new here");
  const std::string changes = history_.changes(stage.plan->title, stage.next, *key);
  say(changes.empty() ? "its layer is gone, or it had failed" : "changed: " + changes);
}

void Builder::start_worker(Stage& stage) {
  FileStep& step = stage.pending->step;
  if (step.prepare) step.prepare(step);
  stage.layer = std::make_unique<store::StagingDir>(engine_.paths);
  stage.workspace = std::make_unique<store::StagingDir>(engine_.paths);
  const StepPlace place{stage.layer->path() + "/diff", stage.workspace->path()};
  const auto& below = stage.state.stack.layers();
  engine::make_upper(place.upper,
                     below.empty() ? engine::empty_layer(engine_) : sys::fd_path(below.back()->diff.get()));
  stage.phase = Phase::working;
  ++running_;
  const Progress::StepId id = stage.pending->id;
  stage.worker = std::make_unique<Worker>(
      loop_, [&] { return step.work(place); },
      Worker::Handlers{[this, id](std::string_view line) { progress_.output(id, line); },
                       [this, &stage](const Json& result) { finish_step(stage, result); },
                       [this, &stage](const Error& error) { fail_step(stage, error); }});
  layers_.start();  // its libraries are loaded while the step works
}

// Who makes what is there already, another build in this very moment say, makes the same image of it: with its time.
void Builder::take_layer(Layer& layer) {
  if (!options_.epoch) layer.created = engine_.layers.get(layer.chain_id).created;
  record_steps();
}

std::string Builder::layer_time() const { return options_.epoch ? epoch_text(*options_.epoch) : to_rfc3339(now()); }

void Builder::finish_step(Stage& stage, const Json& result) {
  --running_;
  const auto code = JsonView(result, "step:").find_int("code").value_or(0);
  if (code != 0) {
    if (options_.debug_shell) open_debug_shell(stage, code);
    const auto& instruction = *stage.pending->instruction;
    return fail_step(
        stage, Error(ErrorKind::invalid, language::show_place(*instruction.source, instruction.position,
                                                              format("the command ended with exit code {}", code)))
                   .with_hint(hint_of_failure(platform_of(stage.state.config), code,
                                              progress_.last_output(stage.pending->id))));
  }
  stage.workspace.reset();
  const LayerStack before = stage.state.stack;
  bool has_layer = false;
  try {
    has_layer = !sys::list_directory(stage.layer->path() + "/diff").empty();
    if (has_layer) {
      auto layer = std::make_shared<Layer>();
      layer->diff = sys::open_path(stage.layer->path() + "/diff", O_PATH | O_DIRECTORY);
      layer->created = layer_time();
      layer->staging = std::move(stage.layer);
      layers_.order(layer, before.empty() ? nullptr : before.layers().back(), options_.epoch);
      stage.state.stack.push(std::move(layer));
    }
    stage.layer.reset();
    unrecorded_.push_back({stage.pending->step, before, stage.state.stack});
    progress_.done(stage.pending->id);
    complete(stage, has_layer);
    record_steps();
  } catch (const Error& error) {
    failure_ = error;
    loop_.stop();
  }
}

// In the place of the command that failed, and in what it has left; nothing of it is kept.
void Builder::open_debug_shell(Stage& stage, std::int64_t code) {
  for (auto& other : stages_)
    if (&other != &stage) other.worker.reset();  // they would write over it
  progress_.finish();
  const std::string words =
      format("the command ended with exit code {}; here is a shell in its place, \"exit\" ends the build\n", code);
  sys::write_all(STDERR_FILENO, words, "standard error");
  stage.workspace = std::make_unique<store::StagingDir>(engine_.paths);
  const StepPlace place{stage.layer->path() + "/diff", stage.workspace->path(), /*is_debug_shell=*/true};
  run_on_terminal([&] { return stage.pending->step.work(place); });
  stage.workspace.reset();
}

// The step's outcome is in the stack.
void Builder::complete(Stage& stage, bool has_layer) {
  add_history(stage.state, stage.pending->step.created_by, has_layer);
  stage.pending.reset();
  stage.phase = Phase::stepping;
}

void Builder::fail_step(Stage& stage, const Error& error) {
  progress_.failed(stage.pending->id);
  const auto& instruction = *stage.pending->instruction;
  const std::string said = progress_.last_output(stage.pending->id);
  std::string what = placed(instruction, error).what();
  if (!said.empty()) what += "\nits last output:\n" + said.substr(0, said.size() - 1);
  if (!failure_) failure_ = Error(error.kind(), what).with_hint(error.hint());
  loop_.stop();
}

void Builder::record_steps() {
  std::erase_if(unrecorded_, [&](const Unrecorded& done) {
    const auto after = done.after.identity();
    const auto key = after ? full_key(done.step, done.before) : std::nullopt;
    if (!key) return false;
    cache_.remember(*key, done.before.identity().value(), *after);
    share_.remember(key->hash(), done.after);
    return true;
  });
}

std::string Builder::title_of(const Stage& stage, const Instruction& instruction) const {
  std::string text = language::without_credentials(instruction.text);
  if (text.size() > 200) text = text.substr(0, 200) + "...";
  const std::string platform = share_.names_platform ? platform_of(stage.state.config).str() + " " : "";
  return format("[{}{}{}/{}] {}", platform, plan_.stages.size() > 1 ? stage.plan->title + " " : "", stage.next,
                stage.steps.size(), text);
}

}  // namespace lichen::buildah
