// What the user configured: command line over environment over ~/.config/lichen/config.toml over defaults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/store/paths.hh"

namespace lichen::engine {

/// What the command line said about the program itself.
struct GlobalSettings {
  std::string root;            // --root
  std::string run_root;        // --runroot
  std::string storage_driver;  // --storage-driver
  std::string runtime;         // --runtime
};

/// A snapshot of the environment, taken once by main: the library calls getenv nowhere else.
struct Environment {
  std::string home, shell, xdg_data_home, xdg_config_home, xdg_runtime_dir;
  std::string lichen_root, lichen_run_root, lichen_storage_driver, lichen_runtime;
  std::string docker_config, registry_auth_file, registries_conf;
  std::string http_proxy, https_proxy, no_proxy, ftp_proxy;  // handed to containers by --http-proxy
  std::vector<std::string> all;                              // the whole environment, for -e NAME
  static Environment capture();
};

struct Settings {
  std::string root;
  std::string run_root;        // empty: engine/runtime_dir decides
  std::string storage_driver;  // "", "overlay", "fuse-overlayfs", "vfs"; "" = probe
  std::string runtime;         // "" = lichen-oci beside us
  std::string config_path;     // the file that was read; empty: none
  std::string log_driver = "k8s-file";
  std::string fuse_overlayfs;  // path; empty = found in PATH
  std::string network = "slirp4netns";
  std::string detach_keys = "ctrl-p,ctrl-q";
  bool keep_blobs = false;
  std::vector<std::string> default_capabilities;  // empty: lichen's own
  std::int64_t log_max_size = 0;
  std::int64_t stop_timeout_s = 10;
};

/// @throws Error{invalid} the config file has an unknown key or a wrong type (file:line)
Settings load_settings(const GlobalSettings& global, const Environment& environment);

}  // namespace lichen::engine
