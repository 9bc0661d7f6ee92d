#include "libpod/engine/create.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/cdi_devices.hh"
#include "libpod/engine/container_health.hh"
#include "libpod/engine/container_userns.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/network_links.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/engine/secret_mounts.hh"
#include "libpod/engine/shared_namespaces.hh"
#include "libpod/engine/volume_mount.hh"
#include "libpod/engine/volumes_from.hh"
#include "libpod/spec/platform.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

void choose_identity(const Engine& engine, spec::ContainerConfig& config) {
  if (config.id.empty()) config.id = random_id();
  config.created = to_rfc3339(now());
  if (!config.name.empty()) {
    if (!is_valid_name(config.name))
      throw Error(ErrorKind::usage, format("'{}' is no valid container name", config.name))
          .with_hint("names are letters, digits, '_', '.' and '-', and begin with a letter or digit");
    if (const auto pod = engine.pods.find_name(config.name))  // podman: one of both has a name
      throw Error(ErrorKind::conflict,
                  format("the name \"{}\" is already in use by pod {}", config.name, short_id(*pod)))
          .with_hint("choose another name");
    return;
  }
  do {
    config.name = random_name() + (config.name.empty() ? "" : random_hex(2));
  } while (engine.containers.find_name(config.name));
}

// docker's warning; the kernel may still run it (binfmt_misc).
void warn_about_platform(const spec::ContainerConfig& config, const spec::ImageConfig& image) {
  const spec::Platform here{image.os, image.architecture, image.variant}, host = spec::host_platform();
  if (image.architecture.empty() || spec::platform_match(host, here) > 0) return;
  log_warn("image {} is for {} and this machine is {}: without an emulator its programs cannot run", config.image_name,
           here.str(), host.str());
}

/// The image stays locked until the record that uses it is on disk.
sys::FileLock resolve_image(Engine& engine, CreateRequest& request) {
  spec::ContainerConfig& config = request.config;
  if (!config.rootfs_path.empty()) {
    if (!sys::is_directory(config.rootfs_path))
      throw_error(ErrorKind::not_found, "use '{}' as root file system: it is not a directory", config.rootfs_path);
    spec::apply_image_defaults(config, {}, request.gave);
    return {};
  }
  request.pull.platform = config.platform;
  config.image_id = ensure_image(engine, config.image_name, request.pull);
  auto lock = hold_image(engine, config.image_id);
  const auto image = engine.images.config(config.image_id);
  warn_about_platform(config, image);
  spec::apply_image_defaults(config, image, request.gave);
  return lock;
}

// docker's words: a container without a command is refused at creation.
void require_command(const spec::ContainerConfig& config) {
  if (config.entrypoint.empty() && config.command.empty())
    throw Error(ErrorKind::usage, "no command specified")
        .with_hint("the image has none: give one after its name, as in `lichen run IMAGE sh`");
}

void require_health_check(const spec::ContainerConfig& config) {
  if (config.startup_healthcheck && health_command(config).empty())  // podman's rule
    throw Error(ErrorKind::usage, "--health-startup-cmd: the container has no health check that could follow")
        .with_hint("give it one with --health-cmd");
  if (config.sdnotify == "healthy" && health_command(config).empty())
    throw Error(ErrorKind::usage, "--sdnotify healthy: the container has no health check")
        .with_hint("give it one with --health-cmd");
}

void make_volumes(Engine& engine, spec::ContainerConfig& config) {
  for (auto& mount : config.mounts) {
    if (mount.type != spec::MountType::volume) continue;
    store::VolumeRecord record;
    record.name = mount.source;
    record.created = config.created;
    record.anonymous = mount.anonymous;
    record.labels = mount.volume_labels;
    record.options = mount.volume_options;
    if (engine.volumes.create(record))
      append_event(engine, {.type = "volume", .action = "create", .id = record.name, .name = record.name});
    else if (!mount.anonymous && engine.volumes.get(record.name).anonymous)
      share_anonymous_volume(engine, record.name, config.id);
  }
}

void name_anonymous_volumes(spec::ContainerConfig& config) {
  for (auto& mount : config.mounts) {
    if (mount.type != spec::MountType::volume || !mount.source.empty()) continue;
    mount.source = random_id();
    mount.anonymous = true;
  }
}

void make_bind_source(const std::string& path) {
  try {
    sys::make_directories(path, 0755);
  } catch (Error& error) {
    error.add_context(format("bind mount '{}': it is not there", path));
    error.with_hint(base_name(path) == "docker.sock"
                        ? "lichen has no daemon behind a socket: leave this mount out, and what needs it"
                        : "make it first, or mount a folder of your own");
    throw;
  }
}

// A bind source: docker makes the directory for -v, and refuses for --mount.
void check_bind_sources(const spec::ContainerConfig& config) {
  for (const auto& mount : config.mounts) {
    if (mount.type != spec::MountType::bind || sys::exists(mount.source)) continue;
    if (!mount.create_source)
      throw Error(ErrorKind::not_found, format("bind mount '{}': the source does not exist", mount.source))
          .with_hint("make it first; -v makes a missing directory, --mount does not");
    make_bind_source(mount.source);
  }
}

// docker's events have a container's labels; a reader gives up a line of a mebibyte.
std::map<std::string, std::string> event_labels(const spec::ContainerConfig& config) {
  constexpr std::size_t kMost = 64u << 10;
  std::size_t size = 0;
  for (const auto& [key, value] : config.labels) size += key.size() + value.size();
  return size > kMost ? std::map<std::string, std::string>{} : config.labels;
}

}  // namespace

CreatedContainer create_container(Engine& engine, CreateRequest request) {
  spec::ContainerConfig& config = request.config;
  engine.enter_userns();
  add_volumes_from(engine, config);
  for (const auto& mount : config.mounts) check_volume_options(mount.source, mount.volume_options);
  const auto image_lock = resolve_image(engine, request);
  require_command(config);
  require_health_check(config);
  choose_identity(engine, config);
  resolve_secrets(engine, config);
  resolve_shared_namespaces(engine, config);
  for (auto& endpoint : config.network.endpoints) resolve_links(engine, config.network, endpoint);
  config.storage_driver = choose_storage_driver(engine);
  config.runtime = config.runtime.empty() && engine.settings.runtime.empty() ? "" : engine.runtime_path(config.runtime);
  find_device_edits(engine, config);  // a mistake is said now; what they are counts at the start
  check_bind_sources(config);
  name_anonymous_volumes(config);
  if (request.replace)
    if (const auto old = engine.containers.find_name(config.name))
      remove_container(engine, *old, {.force = true, .volumes = false});
  const auto ids_lock = choose_container_userns(engine, config);
  const auto durability = config.auto_remove ? sys::Durability::none : sys::Durability::synced;
  CreatedContainer created{config, engine.containers.begin(config, durability)};
  resolve_secrets(engine, created.config);  // one may have been removed before the record was there
  make_volumes(engine, created.config);
  append_event(engine, {.action = "create",
                        .id = config.id,
                        .name = config.name,
                        .image = config.image_name,
                        .attributes = event_labels(config)});
  return created;
}

void check_cidfile(const spec::ContainerConfig& config) {
  if (!config.cidfile.empty() && sys::exists(config.cidfile))
    throw Error(
        ErrorKind::conflict,
        format("container ID file found, make sure the other container isn't running or delete {}", config.cidfile));
}

void write_cidfile(const spec::ContainerConfig& config) {
  if (!config.cidfile.empty()) sys::write_file_atomic(config.cidfile, config.id, 0644, sys::Durability::none);
}

}  // namespace lichen::engine
