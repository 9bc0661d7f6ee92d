// What the user configured: command line over environment over ~/.config/lichen/config.toml over containers.conf
// (containers_conf.hh) over defaults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/store/paths.hh"

namespace lichen::engine {

/// What the command line said about the program itself.
struct GlobalSettings {
  std::string root;                 // --root
  std::string run_root;             // --runroot
  std::string storage_driver;       // --storage-driver
  std::string runtime;              // --runtime
  bool docker_ways = false;         // called as docker: see Settings
  bool container_defaults = false;  // the command makes or attaches to containers: containers.conf counts
};

/// A snapshot of the environment, taken once by main: the library calls getenv nowhere else.
struct Environment {
  std::string home, shell, xdg_data_home, xdg_config_home, xdg_runtime_dir;
  std::string lichen_root, lichen_run_root, lichen_storage_driver, lichen_runtime;
  std::string docker_host, docker_config, registry_auth_file, registries_conf;
  std::string containers_conf, containers_conf_override;
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
  std::string fuse_overlayfs;      // path; empty = found in PATH
  std::string network = "bridge";  // what --network default is
  bool network_isolation = true;   // false: the hub does without nftables (libpod/hub/README.md)
  std::string detach_keys = "ctrl-p,ctrl-q";
  std::vector<std::string> default_capabilities;  // empty: lichen's own
  std::int64_t log_max_size = 0;                  // bytes; 0: no rotation
  std::int64_t stop_timeout_s = 10;
  std::string pull_policy = "missing";                                 // of run and create
  std::vector<std::string> cdi_spec_dirs{"/etc/cdi", "/var/run/cdi"};  // descriptions of devices; the last one wins
  bool keep_blobs = false;   // a pulled layer's compressed form stays with it, and is what a push sends
  bool docker_ways = false;  // short names are docker.io's, credentials go to docker's config.json and come from there

  // Defaults of flags, as the flags write them; empty: none. From containers.conf only.
  std::vector<std::string> default_sysctls, default_ulimits;
  std::vector<std::string> dns_servers, dns_searches, dns_options;
  std::vector<std::string> env;  // below the image's own
  bool http_proxy = true;
  bool init = false, no_hosts = false, read_only = false;
  std::optional<std::int64_t> pids_limit;  // -1: no limit
  std::string seccomp_profile, shm_size, timezone, umask;
};

/// @throws Error{invalid} the config file has an unknown key or a wrong type (file:line)
Settings load_settings(const GlobalSettings& global, const Environment& environment);

}  // namespace lichen::engine
