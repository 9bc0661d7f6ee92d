#include "compose/wait_ends.hh"

#include <chrono>
#include <memory>
#include <optional>

#include "buildah/worker.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/stop.hh"

namespace lichen::compose {

void wait_for_ends(engine::Engine& engine, const std::vector<ProjectContainer>& containers,
                   const std::function<bool(const ProjectContainer& container, int exit_code)>& ended) {
  sys::EventLoop loop;
  std::vector<std::unique_ptr<buildah::Worker>> waits;
  std::size_t left = containers.size();
  std::optional<Error> failure;
  for (const auto& container : containers)
    waits.push_back(std::make_unique<buildah::Worker>(
        loop, [&engine, id = container.id()]() -> Json { return engine::wait_container(engine, id); },
        buildah::Worker::Handlers{.output = [](std::string_view) {},
                                  .done =
                                      [&](const Json& code) {
                                        if (left != 0) left = ended(container, code.get<int>()) ? left - 1 : 0;
                                      },
                                  .failed =
                                      [&](const Error& error) {
                                        if (left == 0) return;
                                        failure = error;
                                        left = 0;
                                      }}));
  while (left != 0) loop.step(std::chrono::minutes(1));
  if (failure) throw Error(*failure);
}

}  // namespace lichen::compose
