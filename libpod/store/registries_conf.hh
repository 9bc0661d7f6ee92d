// containers-registries.conf(5), version 2: which registry answers for a name.
//
//   files   $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else
//   /etc/containers/registries.conf; then the
//           *.conf of /etc/containers/registries.conf.d and ~/.config/containers/registries.conf.d, each adding or
//           replacing
//   short names: [aliases] first, then unqualified-search-registries; docker.io when none is set, as docker does
// Pure but for reading these files; it lives in store so that looking up a local image needs no lichen-image.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/spec/reference.hh"

namespace lichen::store {

struct RegistryEndpoint {
  std::string host;        // to connect to, may have a port
  std::string repository;  // there
  bool insecure = false;   // plain HTTP and unverified TLS are allowed
  bool is_mirror = false;
};

class RegistriesConf {
 public:
  /// Where to look; empty members are left out.
  struct Locations {
    std::string file;         // CONTAINERS_REGISTRIES_CONF
    std::string home_config;  // $XDG_CONFIG_HOME or ~/.config
    std::string system = "/etc/containers";
  };
  /// @throws Error{invalid} file, line and what is wrong
  static RegistriesConf load(const Locations& locations);

  /// Full names that `reference` may mean, in the order in which to try them; itself when it has a host.
  /// @throws Error{invalid} several search registries and short-name-mode = "enforcing" (ask for a full name)
  std::vector<spec::Reference> candidates(const spec::Reference& reference) const;

  /// Mirrors that may serve `reference`, then the registry itself.
  /// @throws Error{permission} the registry is blocked
  std::vector<RegistryEndpoint> endpoints(const spec::Reference& reference) const;

 private:
  struct Mirror {
    std::string location;
    bool insecure = false;
    bool by_digest = true, by_tag = true;
  };
  struct Registry {
    std::string prefix, location;
    bool insecure = false, blocked = false, mirror_by_digest_only = false;
    std::vector<Mirror> mirrors;
  };

  void read(const std::string& path);
  struct Reader;  // of one parsed file
  const Registry* find(const std::string& name) const;

  std::vector<std::string> search_{"docker.io"};
  bool enforcing_ = true;
  std::map<std::string, std::string> aliases_;
  std::vector<Registry> registries_;
};

}  // namespace lichen::store
