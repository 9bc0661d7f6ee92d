#include "src/session.hh"

#include <functional>

#include "libpod/base/error.hh"
#include "src/exit_code.hh"
#include "src/personality.hh"
#include "src/report.hh"

namespace lichen::cli {

std::unique_ptr<engine::Engine> open_engine(const Context& context, bool container_defaults) {
  auto environment = engine::Environment::capture();
  const Personality who = personality();
  check_docker_host(who, environment.docker_host);
  if (context.global.config) environment.docker_config = *context.global.config;
  const engine::GlobalSettings global{.root = context.global.root.value_or(""),
                                      .run_root = context.global.runroot.value_or(""),
                                      .storage_driver = context.global.storage_driver.value_or(""),
                                      .runtime = context.global.runtime.value_or(""),
                                      .docker_ways = who == Personality::docker,
                                      .container_defaults = container_defaults};
  return std::make_unique<engine::Engine>(engine::load_settings(global, environment), environment);
}

int for_each_name(const std::vector<std::string>& names, const std::function<void(const std::string&)>& each) {
  int code = 0;
  for (const auto& name : names) {
    try {
      each(name);
    } catch (const Error& error) {
      report(error);
      code = kExitNo;
    }
  }
  return code;
}

}  // namespace lichen::cli
