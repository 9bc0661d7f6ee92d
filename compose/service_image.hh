// The images of services: which are here, which are pulled, which are built, and in what order.
#pragma once

#include <map>
#include <set>
#include <string>

#include "buildah/input.hh"
#include "compose/language/model.hh"
#include "compose/tasks.hh"
#include "libpod/engine/image_program.hh"

namespace lichen::compose {

struct ImageChoice {
  bool build_always = false;  // --build
  bool build_never = false;   // --no-build
  std::string pull;           // --pull: "" = each service's pull_policy
  bool quiet_build = false;   // nothing of its steps
};

/// The service's image, when it is here and the policy is content with that.
std::optional<std::string> image_at_hand(engine::Engine& engine, const Project& project, const Service& service,
                                         const ImageChoice& choice);

/// Add what makes the images of these services: pulls and builds, side by side.
/// @param images  receives service → image id as they end
void add_image_tasks(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                     const ImageChoice& choice, Tasks& tasks, std::map<std::string, std::string>& images);

struct BuildChoice {
  bool no_cache = false, pull = false;
  bool push = false;                   // afterwards, as push_images does it
  Mapping args;                        // of the command line; they win
  Bytes memory = 0;                    // limit of RUN steps
  std::vector<buildah::BuildSsh> ssh;  // besides the service's own
};
/// Build what can be built of these services, side by side.
void build_images(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                  const BuildChoice& choice, ProjectView& view, std::size_t parallel);

struct PullChoice {
  std::string policy;  // "" = always
  bool ignore_buildable = false, ignore_failures = false;
};
/// Pull the images of these services, each once, side by side.
void pull_images(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                 const PullChoice& choice, ProjectView& view, std::size_t parallel);

struct PushChoice {
  bool ignore_failures = false;
};
/// Push the images of those services that are built, under all their names, side by side; others are not ours to push.
void push_images(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                 const PushChoice& choice, ProjectView& view, std::size_t parallel);

/// `build:` of a service as `lichen build` has it, with what the command line adds.
buildah::BuildOptions build_options(const engine::Engine& engine, const Project& project, const Service& service,
                                    const BuildChoice& choice = {});

/// What a build of a service reads.
struct ServiceInput {
  std::optional<store::StagingDir> inline_file;  // of dockerfile_inline
  buildah::BuildOptions options;
  buildah::BuildInput input;
};
/// @throws as buildah::read_input
ServiceInput read_service_input(engine::Engine& engine, const Service& service, buildah::BuildOptions options);

}  // namespace lichen::compose
