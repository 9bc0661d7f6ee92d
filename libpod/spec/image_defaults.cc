#include "libpod/spec/image_defaults.hh"

#include <algorithm>

#include "libpod/base/path.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/ports.hh"

namespace lichen::spec {
namespace {

// An --entrypoint of the user takes the image's CMD away as well: its words were written for the image's own
// entrypoint.
void apply_command(ContainerConfig& config, const ImageConfig& image, const UserGave& gave) {
  if (gave.entrypoint) return;
  if (config.command.empty()) config.command = image.cmd;
  config.entrypoint = image.entrypoint;
}

void apply_env(ContainerConfig& config, const ImageConfig& image, const UserGave& gave) {
  const std::vector<std::string> path{"PATH=" + std::string(kDefaultPath)};
  config.env = merge_env(merge_env(merge_env(path, gave.base_env), image.env), config.env);
}

std::string stop_signal(const ImageConfig& image) {
  try {
    return parse_signal(image.stop_signal).name;
  } catch (Error& error) {
    error.with_kind(ErrorKind::invalid);
    error.add_context("STOPSIGNAL of the image");
    throw;
  }
}

void apply_ports(ContainerConfig& config, const ImageConfig& image) {
  for (const auto& text : image.exposed_ports) {
    const auto [port, protocol] = split_exposed_port(text);
    std::string name = fmt::format("{}/{}", port, protocol);
    if (std::ranges::find(config.network.expose, name) == config.network.expose.end())
      config.network.expose.push_back(std::move(name));
  }
}

void apply_volumes(ContainerConfig& config, const ImageConfig& image) {
  for (const auto& path : image.volumes) {
    if (!path.starts_with('/') || has_control_characters(path))
      throw_error(ErrorKind::invalid, "VOLUME of the image: not an absolute path");
    const std::string destination = clean_path(path);
    if (destination == "/")
      throw_error(ErrorKind::invalid, "VOLUME of the image '{}': the root cannot be a volume", path);
    if (std::ranges::find(config.mounts, destination, &MountConfig::destination) != config.mounts.end()) continue;
    MountConfig mount;
    mount.type = MountType::volume;
    mount.destination = destination;
    mount.anonymous = true;
    mount.from_image = true;
    config.mounts.push_back(std::move(mount));
  }
}

void apply_healthcheck(ContainerConfig& config, const ImageConfig& image, const UserGave& gave) {
  if (gave.no_healthcheck) {
    config.healthcheck = HealthConfig{};
    config.healthcheck->test = {"NONE"};
    return;
  }
  if (!image.healthcheck) return;
  if (!gave.healthcheck || !config.healthcheck) {
    config.healthcheck = image.healthcheck;
    return;
  }
  HealthConfig& mine = *config.healthcheck;
  const HealthConfig& theirs = *image.healthcheck;
  if (mine.test.empty()) mine.test = theirs.test;
  for (auto field : {&HealthConfig::interval_ns, &HealthConfig::timeout_ns, &HealthConfig::start_period_ns,
                     &HealthConfig::start_interval_ns, &HealthConfig::retries})
    if (mine.*field == 0) mine.*field = theirs.*field;
}

}  // namespace

void apply_image_defaults(ContainerConfig& config, const ImageConfig& image, const UserGave& gave) {
  apply_command(config, image, gave);
  apply_env(config, image, gave);
  if (!gave.user) config.user = image.user;
  if (!gave.working_dir) config.working_dir = image.working_dir;
  if (!gave.stop_signal && !image.stop_signal.empty()) config.stop_signal = stop_signal(image);
  config.labels.insert(image.labels.begin(), image.labels.end());  // insert keeps what is there: the user's
  apply_ports(config, image);
  apply_volumes(config, image);
  apply_healthcheck(config, image, gave);
}

}  // namespace lichen::spec
