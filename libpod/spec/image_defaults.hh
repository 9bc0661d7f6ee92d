// What the image says where the user said nothing.
#pragma once

#include "libpod/spec/container_config.hh"
#include "libpod/spec/image_config.hh"

namespace lichen::spec {

/// Which fields of the ContainerConfig the user gave, for those whose empty value is also a wish (`--entrypoint ""`).
struct UserGave {
  bool entrypoint = false;
  bool user = false;
  bool working_dir = false;
  bool stop_signal = false;
  bool healthcheck = false;           // any --health-* option; fields that are 0 or empty come from the image
  bool no_healthcheck = false;        // --no-healthcheck
  std::vector<std::string> base_env;  // of the configuration: below the image's, "NAME=value"
};

/// Fill `config` with the image's defaults by docker's rules:
/// - ENTRYPOINT is taken when --entrypoint is not given; CMD when there is neither --entrypoint nor a command;
/// - env: a default PATH, base_env, the image's, then the user's (already in config.env); one entry per name;
/// - labels: the user's win; exposed ports: both; healthcheck: field by field;
/// - each VOLUME that no mount of the user covers becomes an anonymous volume.
/// @throws Error{invalid} the image's stop signal, a volume's path or an exposed port is malformed
void apply_image_defaults(ContainerConfig& config, const ImageConfig& image, const UserGave& gave);

}  // namespace lichen::spec
