#include "libpod/engine/settings.hh"

#include <cstdlib>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/config_file.hh"
#include "libpod/engine/containers_conf.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/userns.hh"

#include <unistd.h>

namespace lichen::engine {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string first_of(std::initializer_list<std::string> candidates) {
  for (const auto& candidate : candidates)
    if (!candidate.empty()) return candidate;
  return "";
}

std::string absolute(const std::string& path, const char* what) {
  if (path.empty() || path.starts_with('/')) return path.empty() ? path : clean_path(path);
  char* here = ::getcwd(nullptr, 0);
  if (here == nullptr) throw_errno("resolve {} '{}' from the current directory", what, path);
  std::string joined = join_path(here, path);
  std::free(here);
  return joined;
}

}  // namespace

Environment Environment::capture() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return {.home = variable("HOME"),
          .shell = variable("SHELL"),
          .xdg_data_home = variable("XDG_DATA_HOME"),
          .xdg_config_home = variable("XDG_CONFIG_HOME"),
          .xdg_runtime_dir = variable("XDG_RUNTIME_DIR"),
          .lichen_root = variable("LICHEN_ROOT"),
          .lichen_run_root = variable("LICHEN_RUNROOT"),
          .lichen_storage_driver = variable("LICHEN_STORAGE_DRIVER"),
          .lichen_runtime = variable("LICHEN_RUNTIME"),
          .docker_host = variable("DOCKER_HOST"),
          .docker_config = variable("DOCKER_CONFIG"),
          .registry_auth_file = variable("REGISTRY_AUTH_FILE"),
          .registries_conf = variable("CONTAINERS_REGISTRIES_CONF"),
          .containers_conf = variable("CONTAINERS_CONF"),
          .containers_conf_override = variable("CONTAINERS_CONF_OVERRIDE"),
          .http_proxy = first_of({variable("http_proxy"), variable("HTTP_PROXY")}),
          .https_proxy = first_of({variable("https_proxy"), variable("HTTPS_PROXY")}),
          .no_proxy = first_of({variable("no_proxy"), variable("NO_PROXY")}),
          .ftp_proxy = first_of({variable("ftp_proxy"), variable("FTP_PROXY")}),
          .all = std::move(all)};
}

Settings load_settings(const GlobalSettings& global, const Environment& environment) {
  Settings settings;
  const auto home = [] { return sys::home_directory(::getuid()); };
  const std::string config_dir =
      environment.xdg_config_home.starts_with('/') ? environment.xdg_config_home : home() + "/.config";
  const std::string config_path = config_dir + "/lichen/config.toml";
  if (global.container_defaults) load_containers_conf(config_dir, environment, settings);
  // TOML is parsed only when there is a file: most users have none and `lichen ps` must not pay for it.
  if (sys::exists(config_path)) apply_config_file(config_path, settings);
  settings.root = absolute(first_of({global.root, environment.lichen_root, settings.root}), "--root");
  if (settings.root.empty())
    settings.root =
        (environment.xdg_data_home.starts_with('/') ? environment.xdg_data_home : home() + "/.local/share") + "/lichen";
  settings.run_root =
      absolute(first_of({global.run_root, environment.lichen_run_root, settings.run_root}), "--runroot");
  settings.storage_driver =
      first_of({global.storage_driver, environment.lichen_storage_driver, settings.storage_driver});
  settings.runtime = first_of({global.runtime, environment.lichen_runtime, settings.runtime});
  settings.docker_ways = global.docker_ways;
  const std::string& driver = settings.storage_driver;
  if (!driver.empty() && driver != "overlay" && driver != "fuse-overlayfs" && driver != "vfs")
    throw Error(ErrorKind::usage, format("unknown storage driver '{}'", driver))
        .with_hint("use overlay, fuse-overlayfs or vfs");
  return settings;
}

}  // namespace lichen::engine
