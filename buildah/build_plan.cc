#include "buildah/build_plan.hh"

#include <algorithm>

#include "buildah/language/expand.hh"
#include "buildah/language/place.hh"
#include "buildah/language/remote.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::buildah {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

void set_platform(std::map<std::string, std::string>& args, const std::string& prefix, const spec::Platform& platform) {
  args[prefix + "PLATFORM"] = platform.str();
  args[prefix + "OS"] = platform.os;
  args[prefix + "ARCH"] = platform.architecture;
  args[prefix + "VARIANT"] = platform.variant;
}

// Values of the ARGs before the first FROM, each seen by those after it.
void set_globals(const language::Dockerfile& dockerfile, ArgScope& scope) {
  StageState state;
  for (const auto& [name, value] : scope.platform) state.args.emplace_back(name, value);
  for (const auto& instruction : dockerfile.global_args)
    apply_metadata(instruction, scope, dockerfile.directives.escape, state);
  for (const auto& [name, value] : state.args) scope.globals[name] = value;
}

std::string expand_global(const language::Word& word, const language::Stage& stage, const ArgScope& scope,
                          char escape) {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = scope.globals.find(std::string(name));
    return found == scope.globals.end() ? std::nullopt : std::optional(found->second);
  };
  try {
    return language::expand(word.text, lookup, escape).text;
  } catch (const Error& error) {
    language::fail_at(*stage.from_line.source, word.position, error.what(), error.hint());
  }
}

void add_need(std::vector<std::size_t>& needs, const Origin& origin) {
  if (origin.kind == Origin::Kind::stage && std::ranges::find(needs, origin.stage) == needs.end())
    needs.push_back(origin.stage);
}

void find_needs(BuildPlan& plan, const BuildOptions& options, StagePlan& stage) {
  add_need(stage.needs, stage.base);
  for (const auto& name : stage.source->from.after) {
    const Origin origin = find_origin(plan, options, stage.number, name);
    if (origin.kind != Origin::Kind::stage)
      language::fail_at(*stage.source->from_line.source, stage.source->position,
                        format("FROM --after={}: there is no earlier stage of that name", name));
    add_need(stage.after, origin);
    add_need(stage.needs, origin);
  }
  for (const auto& step : stage.source->steps) {
    if (const auto* copy = std::get_if<language::Copy>(&step.body); copy != nullptr && !copy->from.empty())
      add_need(stage.needs, find_origin(plan, options, stage.number, copy->from));
    if (const auto* run = std::get_if<language::Run>(&step.body))
      for (const auto& mount : run->mounts)
        for (const auto& key : mount.keys)
          if (key.key == "from" && key.value)
            add_need(stage.needs, find_origin(plan, options, stage.number, *key.value));
  }
}

std::size_t find_target(const BuildPlan& plan, const std::string& wanted) {
  if (wanted.empty()) return plan.stages.size() - 1;
  std::vector<std::string> names;
  for (auto stage = plan.stages.rbegin(); stage != plan.stages.rend(); ++stage) {
    if (!stage->source->from.name.empty() && stage->source->from.name == lower(wanted)) return stage->number;
    names.push_back(stage->source->from.name);
  }
  if (const auto number = parse_uint(wanted); number && *number < plan.stages.size())
    return static_cast<std::size_t>(*number);
  Error error(ErrorKind::usage, format("target stage \"{}\" could not be found", wanted));
  if (const auto near = nearest(wanted, names)) error.with_hint(format("did you mean '{}'?", *near));
  throw error;
}

}  // namespace

Origin find_origin(const BuildPlan& plan, const BuildOptions& options, std::size_t stage, const std::string& name) {
  Origin origin;
  origin.name = name;
  if (options.contexts.contains(name)) {
    origin.kind = Origin::Kind::context;
    return origin;
  }
  for (std::size_t earlier = stage; earlier-- > 0;)
    if (!plan.stages[earlier].source->from.name.empty() && plan.stages[earlier].source->from.name == lower(name)) {
      origin.kind = Origin::Kind::stage;
      origin.stage = earlier;
      return origin;
    }
  if (const auto number = parse_uint(name); number && *number < stage) {
    origin.kind = Origin::Kind::stage;
    origin.stage = static_cast<std::size_t>(*number);
    return origin;
  }
  origin.kind = name == "scratch" ? Origin::Kind::scratch : Origin::Kind::image;
  return origin;
}

BuildPlan make_plan(const language::Dockerfile& dockerfile, const BuildOptions& options, const spec::Platform& platform,
                    const spec::Platform& host) {
  BuildPlan plan;
  plan.scope.given = options.build_args;
  set_platform(plan.scope.platform, "TARGET", platform);
  set_platform(plan.scope.platform, "BUILD", host);
  set_globals(dockerfile, plan.scope);
  for (const auto& source : dockerfile.stages) {
    StagePlan& stage = plan.stages.emplace_back();
    stage.number = plan.stages.size() - 1;
    stage.source = &source;
    stage.title = source.from.name.empty() ? format("stage-{}", stage.number) : source.from.name;
    const std::string image = expand_global(source.from.image, source, plan.scope, dockerfile.directives.escape);
    if (image.empty())
      language::fail_at(*source.from_line.source, source.from.image.position,
                        format("base name ({}) should not be blank", source.from.image.text),
                        "give the ARG a default before the first FROM, or a --build-arg");
    stage.base = find_origin(plan, options, stage.number, image);
    // Only a name is a stage here: "FROM 0" is an image.
    if (stage.base.kind == Origin::Kind::stage && plan.stages[stage.base.stage].source->from.name != lower(image))
      stage.base = {Origin::Kind::image, 0, image};
    if (source.from.platform)
      stage.platform = expand_global(*source.from.platform, source, plan.scope, dockerfile.directives.escape);
    find_needs(plan, options, stage);
  }
  plan.is_needed.assign(plan.stages.size(), false);
  plan.target = find_target(plan, options.target);
  need_stage(plan, plan.target);
  return plan;
}

void need_stage(BuildPlan& plan, std::size_t stage) {
  if (plan.is_needed[stage]) return;
  plan.is_needed[stage] = true;
  for (const auto need : plan.stages[stage].needs) need_stage(plan, need);  // earlier ones only: it ends
}

Json to_json(const BuildPlan& plan) {
  Json stages = Json::array();
  for (const auto& stage : plan.stages) {
    Json needs = Json::array();
    for (const auto need : stage.needs) needs.push_back(plan.stages[need].title);
    Json steps = Json::array();
    for (const auto& step : stage.source->steps)
      steps.push_back({{"line", step.position.line}, {"instruction", language::without_credentials(step.text)}});
    stages.push_back({{"stage", stage.title},
                      {"from", stage.base.kind == Origin::Kind::stage     ? plan.stages[stage.base.stage].title
                               : stage.base.kind == Origin::Kind::scratch ? "scratch"
                                                                          : stage.base.name},
                      {"needs", needs},
                      {"needed", bool(plan.is_needed[stage.number])},
                      {"target", stage.number == plan.target},
                      {"steps", steps}});
  }
  return {{"stages", stages}};
}

}  // namespace lichen::buildah
