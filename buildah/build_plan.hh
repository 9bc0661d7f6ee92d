// The graph of a build: which stages are needed, what each begins with, and from where its steps take files. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "buildah/language/ast.hh"
#include "buildah/options.hh"
#include "buildah/stage_state.hh"

namespace lichen::buildah {

/// Where FROM, --from and --mount=from lead.
struct Origin {
  enum class Kind { scratch, stage, image, context } kind = Kind::scratch;
  std::size_t stage = 0;  // its number
  std::string name;       // image reference, or name of a --build-context ("" = the main one)
};

struct StagePlan {
  std::size_t number = 0;
  const language::Stage* source = nullptr;
  std::string title;  // "build", or "stage-1"
  Origin base;
  std::string platform;            // of FROM; "" = the build's
  std::vector<std::size_t> after;  // stages that are to be done before it begins (Buildah's FROM --after)
  std::vector<std::size_t> needs;  // stages that it takes from, its base included
};

struct BuildPlan {
  std::vector<StagePlan> stages;  // all; those that are not needed too
  std::vector<bool> is_needed;
  std::size_t target = 0;
  ArgScope scope;  // with the values of global ARGs
};

/// @param platform  that the build is for @throws Error{usage|invalid} no such target; FROM of nothing
BuildPlan make_plan(const language::Dockerfile& dockerfile, const BuildOptions& options, const spec::Platform& platform,
                    const spec::Platform& host);

/// It is built, and what it needs.
void need_stage(BuildPlan& plan, std::size_t stage);

/// What `name` of a --from in stage `stage` means.
Origin find_origin(const BuildPlan& plan, const BuildOptions& options, std::size_t stage, const std::string& name);

/// `build --print`: the graph as JSON.
Json to_json(const BuildPlan& plan);

}  // namespace lichen::buildah
