// What every verb of the engine works on: paths, settings and the stores. No logic here; one verb per file beside it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "libpod/engine/settings.hh"
#include "libpod/engine/userns.hh"
#include "libpod/store/container_store.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/store/list_store.hh"
#include "libpod/store/network_store.hh"
#include "libpod/store/paths.hh"
#include "libpod/store/pod_store.hh"
#include "libpod/store/secret_store.hh"
#include "libpod/store/volume_store.hh"

namespace lichen::engine {

class Engine {
 public:
  Engine(Settings settings, Environment environment);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Settings settings;
  Environment environment;
  store::Paths paths;
  store::ContainerStore containers;
  store::ImageStore images;
  store::LayerStore layers;
  store::ListStore lists;
  store::VolumeStore volumes;
  store::SecretStore secrets;
  store::NetworkStore networks;
  store::PodStore pods;

  /// Enter U0 unless this process is there; verbs that touch container files or start processes call it. Also sweeps
  /// what killed commands have left in staging.
  void enter_userns();
  bool in_userns() const { return member_.has_value(); }
  /// This process becomes another program: it stays in U0, and is no longer one by whom others find it.
  void leave_members() { member_.reset(); }

  /// Path of one of our programs: beside the running one, or in ../libexec/lichen (installed).
  std::string program(const std::string& name) const;
  /// The OCI runtime for a container: its own choice, else the configured, else lichen-oci.
  std::string runtime_path(const std::string& wanted) const;
  /// What stands before the verb on every command line of this runtime.
  std::vector<std::string> runtime_arguments(const std::string& runtime) const;

 private:
  std::optional<UsernsMember> member_;
  std::string program_dir_;
};

/// The paths that an Engine would use, without making any of them: for looking only.
store::Paths existing_paths(const GlobalSettings& global, const Environment& environment);

}  // namespace lichen::engine
