#include "libpod/engine/container_defaults.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/resources.hh"

namespace lichen::engine {

void add_default_sysctls(const Settings& settings, spec::ContainerConfig& config) {
  const bool shares_network =
      config.network.mode == "host" || config.network.mode == "container" || config.network.mode == "ns";
  for (const auto& text : settings.default_sysctls) {
    try {
      auto row = spec::parse_sysctl_option(text);
      if (!shares_network || !row.first.starts_with("net.")) config.sysctls.insert(std::move(row));
    } catch (Error& error) {
      error.add_context("default_sysctls of containers.conf");
      throw;
    }
  }
}

void add_default_ulimits(const Settings& settings, spec::ContainerConfig& config) {
  for (const auto& text : settings.default_ulimits) {
    try {
      auto ulimit = spec::parse_ulimit_option(text);
      const auto same = [&](const auto& given) { return given.name == ulimit.name; };
      if (std::none_of(config.ulimits.begin(), config.ulimits.end(), same)) config.ulimits.push_back(std::move(ulimit));
    } catch (Error& error) {
      error.add_context("default_ulimits of containers.conf");
      throw;
    }
  }
}

}  // namespace lichen::engine
