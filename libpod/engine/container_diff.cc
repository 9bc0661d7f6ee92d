#include "libpod/engine/container_diff.hh"

#include "libpod/base/error.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/engine/shifted_image.hh"
#include "libpod/spec/generate.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {

std::set<std::string> mounted_paths(const spec::ContainerConfig& config) {
  std::set<std::string> paths{"/dev", "/proc", "/sys", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname"};
  if (!config.timezone.empty()) paths.insert("/etc/localtime");
  if (config.read_only && config.read_only_tmpfs) paths.insert({"/run", "/tmp", "/var/tmp"});
  if (!config.uid_map.empty()) paths.insert({"/etc/passwd", "/etc/group"});
  if (config.init) paths.insert(std::string(spec::kInitPath));
  for (const auto& mount : config.mounts) paths.insert(mount.destination);
  for (const auto& secret : config.secrets)
    if (!secret.as_env) paths.insert(secret.target);
  for (const auto& device : config.devices) paths.insert(device.container_path);
  return paths;
}

ContainerStacks container_stacks(const Engine& engine, const spec::ContainerConfig& config) {
  if (!config.rootfs_path.empty())
    throw Error(ErrorKind::unsupported,
                format("container {}: it runs on the directory '{}' itself, so nothing tells what was there before",
                       config.name, config.rootfs_path))
        .with_hint("compare that directory with a copy of your own");
  ContainerStacks stacks;
  stacks.before = layer_directories(engine, config.image_id);
  const std::string own = engine.paths.container(config.id) + "/rw/diff";
  if (!sys::is_directory(own)) {  // never started
    stacks.now = stacks.before;
    return stacks;
  }
  stacks.now = {own};
  if (config.storage_driver != "vfs") stacks.now.insert(stacks.now.end(), stacks.before.begin(), stacks.before.end());
  if (stores_shifted_owners(config)) {
    stacks.rules.uids = config.uid_map;
    stacks.rules.gids = config.gid_map;
  }
  stacks.rules.hidden = mounted_paths(config);
  return stacks;
}

std::vector<FileChange> diff_container(Engine& engine, const std::string& name_or_id) {
  const auto record = find_container(engine, name_or_id);
  engine.enter_userns();
  const auto stacks = container_stacks(engine, record.config);
  return compare_stacks(stacks.now, stacks.before, stacks.rules);
}

}  // namespace lichen::engine
