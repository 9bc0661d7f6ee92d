// Running lichen-image, where everything heavy lives (registry, archives, unpacking).
#pragma once

#include <functional>

#include "libpod/engine/engine.hh"
#include "libpod/sys/process.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::engine {

/// A request with paths and environment filled in.
wire::ImageRequest image_request(const Engine& engine);

/// Run `lichen-image COMMAND` in U0 and wait. Its progress goes to our standard error, its input and (save) output are
/// ours.
/// @param command   pull, load, import, save, volume-export, volume-import
/// @param in_child  done by the child before it becomes the program
/// @throws the Error that it reports
wire::ImageResult run_image_program(Engine& engine, const std::string& command, const wire::ImageRequest& request,
                                    std::function<void()> in_child = {});

/// lichen-image push, and its events. @throws the Error that it reports
wire::ImageResult push_image(Engine& engine, const wire::ImageRequest& request);

/// A lichen-image that stays: orders go to `input`, answers come from `output`, it dies with us.
struct RunningImageProgram {
  sys::Pid process;
  sys::UniqueFd input, output;
};
RunningImageProgram start_image_program(Engine& engine, const std::string& command, const wire::ImageRequest& request);

enum class PullPolicy { missing, always, never, newer };
/// @throws Error{usage}
PullPolicy parse_pull_policy(const std::string& text);

struct PullOptions {
  PullPolicy policy = PullPolicy::missing;
  std::string platform;            // empty: the host's
  bool quiet = false;              // no progress
  std::optional<bool> tls_verify;  // nullopt: as configured
  std::string auth_file, creds;
};

/// The id of the image called `name` that is here, when it is for the platform that is asked for.
/// @throws Error{not_found} policy never, and it is for another platform
std::optional<std::string> find_local_image(const Engine& engine, const std::string& name, const PullOptions& options);

/// The id of the image called `name`, pulled by the policy.
/// @throws Error{not_found} policy never and it is not here
std::string ensure_image(Engine& engine, const std::string& name, const PullOptions& options);

}  // namespace lichen::engine
