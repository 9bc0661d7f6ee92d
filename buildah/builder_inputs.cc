// What the steps of a build take from elsewhere (builder.hh): other stages, images, contexts, the network; each is
// asked for when the first step wants it, and a step waits until all of it is there.
#include "buildah/build_platform.hh"
#include "buildah/builder.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/spec/network_mode.hh"

namespace lichen::buildah {
namespace {

using language::Instruction;

// The other stages and images that an instruction takes from.
std::vector<std::string> froms_of(const Instruction& instruction) {
  std::vector<std::string> names;
  if (const auto* copy = std::get_if<language::Copy>(&instruction.body); copy != nullptr && !copy->from.empty())
    names.push_back(copy->from);
  if (const auto* run = std::get_if<language::Run>(&instruction.body))
    for (const auto& mount : run->mounts)
      for (const auto& key : mount.keys)
        if (key.key == "from" && key.value) names.push_back(*key.value);
  return names;
}

}  // namespace

bool Builder::inputs_are_there(const Stage& stage, const Instruction& instruction) {
  bool are_there = true;
  for (const auto& name : froms_of(instruction)) {
    const Origin origin = find_origin(plan_, options_, stage.plan->number, name);
    if (origin.kind == Origin::Kind::context) are_there = context_is_there(name) && are_there;
    if (origin.kind != Origin::Kind::stage || stages_[origin.stage].phase == Phase::done) continue;
    need_stage(plan_, origin.stage);  // a trigger may be the first to name it
    are_there = false;
  }
  return are_there;
}

// A --build-context in the network comes when the first step wants it.
bool Builder::context_is_there(const std::string& name) {
  const auto place = contexts_.awaited(name);
  if (!place) return true;
  const Json* loaded = loads_.find("context " + name, format("[context {}] fetch", name), [&](const std::string& to) {
    return Json(RemoteFiles(engine_, options_).load_context(*place, to, /*is_main=*/false, /*quiet=*/true).path);
  });
  if (loaded == nullptr) return false;
  contexts_.bring(name, loaded->get<std::string>());
  return true;
}

std::optional<FoundRemote> Builder::find_remote(const RemoteSource& source) {
  const std::string url = std::visit([](const auto& place) { return place.url; }, source.place);
  const std::string secret = std::visit([](const auto& place) { return place.credentials; }, source.place);
  const auto* git = std::get_if<language::GitPlace>(&source.place);
  const std::string key = format("source {}\n{}\n{}\n{}\n{}\n{}", url, secret, git == nullptr ? "" : git->ref,
                                 git == nullptr ? "" : git->checksum, source.checksum, source.uses_memory ? 1 : 0);
  const Json* found = loads_.find(key, "look at " + url, [&](const std::string& to) {
    return to_json(RemoteFiles(engine_, options_).look_up(source, to));
  });
  if (found == nullptr) return std::nullopt;
  return found_remote_from_json(*found);
}

LayerStack Builder::image_stack(Stage& stage, const std::string& name, const std::string& platform) {
  auto pull = options_.pull;
  pull.platform = platform;
  const std::string id = engine::ensure_image(engine_, name, pull);
  stage.locks.push_back(engine::hold_image(engine_, id));
  LayerStack stack;
  for (const auto& chain : engine_.images.get(id).chain_ids) stack.push(open_layer(engine_, chain));
  return stack;
}

Content Builder::find_content(Stage& stage, const std::string& name) {
  if (name.empty()) return {contexts_.find(""), {}, ""};
  const Origin origin = find_origin(plan_, options_, stage.plan->number, name);
  const std::string wanted = options_.platforms.empty() ? "" : platform_.str();
  Content content;
  content.name = format("'{}'", name);
  switch (origin.kind) {
    case Origin::Kind::stage:
      content.stack = stages_[origin.stage].state.stack;
      break;
    case Origin::Kind::scratch:
      break;
    case Origin::Kind::image:
      content.stack = image_stack(stage, name, wanted);
      break;
    case Origin::Kind::context:
      content.tree = contexts_.find(name);
      if (content.tree == nullptr) content.stack = image_stack(stage, contexts_.image_of(name), wanted);
      break;
  }
  return content;
}

const engine::StepNetwork* Builder::network(const std::string& mode) {
  auto& network = networks_[mode];
  if (!network) {
    auto config = options_.container.network;
    if (mode != "default") {
      const auto chosen = spec::parse_network_option(mode);
      config.mode = chosen.mode;
      config.endpoints.clear();
    }
    network = std::make_unique<engine::StepNetwork>(engine_, config);
  }
  return network.get();
}

Builder::Made Builder::make_step(Stage& stage, const Instruction& instruction) {
  const char escape = dockerfile_.directives.escape;
  const StepContext context{engine_,
                            options_,
                            driver_,
                            escape,
                            plan_.scope,
                            platform_.str(),
                            [&](const std::string& name) { return find_content(stage, name); },
                            [this](const std::string& mode) { return network(mode); },
                            [this](const RemoteSource& source) { return find_remote(source); },
                            stage.uses_cache};
  std::optional<FileStep> step;
  if (apply_metadata(instruction, plan_.scope, escape, stage.state)) {
    if (!std::holds_alternative<language::Workdir>(instruction.body)) return {};
    stage.state.config.history.pop_back();  // complete() adds it
    step = make_workdir_step(context, stage.state);
  } else if (std::holds_alternative<language::Run>(instruction.body)) {
    step = make_run_step(context, instruction, stage.state);
  } else {
    step = make_copy_step(context, instruction, stage.state);
    if (!step) return {std::nullopt, /*waits=*/true};
  }
  // That of the stage, not of the build: what is made for the machine that builds is the same for all.
  step->key.add("platform", platform_of(stage.state.config).str());
  return {std::move(step)};
}

}  // namespace lichen::buildah
