// The images of services: which are here, which are pulled, which are built, and in what order.
#pragma once

#include <map>
#include <set>
#include <string>

#include "buildah/options.hh"
#include "compose/language/model.hh"
#include "compose/tasks.hh"
#include "libpod/engine/image_program.hh"

namespace lichen::compose {

struct ImageChoice {
  bool build_always = false;  // --build
  bool build_never = false;   // --no-build
  std::string pull;           // --pull: "" = each service's pull_policy
  bool quiet_pull = false;
};

/// The service's image, when it is here and the policy is content with that.
std::optional<std::string> image_at_hand(engine::Engine& engine, const Project& project, const Service& service,
                                         const ImageChoice& choice);

/// Add what makes the images of these services: pulls and builds, side by side.
/// @param images  receives service → image id as they end
void add_image_tasks(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                     const ImageChoice& choice, Tasks& tasks, std::map<std::string, std::string>& images);

/// `build:` of a service as `lichen build` has it. @param no_cache, pull, args  of the command line
buildah::BuildOptions build_options(const engine::Engine& engine, const Project& project, const Service& service);

/// Read the input and build. @stage in a child; steps are told on standard error. @return the image's id
std::string build_service(engine::Engine& engine, const Project& project, const Service& service,
                          buildah::BuildOptions options);

}  // namespace lichen::compose
