#include "libpod/engine/config_file.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/toml_file.hh"

namespace lichen::engine {
namespace {

std::vector<SettingKey> known_keys() {
  return {
      text_key("storage.driver", &Settings::storage_driver),
      text_key("storage.root", &Settings::root),
      text_key("storage.runroot", &Settings::run_root),
      text_key("storage.fuse_overlayfs", &Settings::fuse_overlayfs),
      flag_key("storage.keep_blobs", &Settings::keep_blobs),
      text_key("engine.runtime", &Settings::runtime),
      text_key("engine.pull_policy", &Settings::pull_policy),
      number_key("engine.stop_timeout", "a number of seconds", &Settings::stop_timeout_s),
      text_key("engine.detach_keys", &Settings::detach_keys),
      text_key("containers.log_driver", &Settings::log_driver),
      number_key("containers.log_size_max", "a number of bytes", &Settings::log_max_size),
      list_key("containers.default_capabilities", &Settings::default_capabilities),
      list_key("engine.cdi_spec_dirs", &Settings::cdi_spec_dirs),
      text_key("network.default", &Settings::network),
      flag_key("network.isolation", &Settings::network_isolation),
  };
}

[[noreturn]] void throw_unknown(const std::string& path, const TomlEntry& entry, const std::vector<SettingKey>& keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) names.emplace_back(key.name);
  Error error(ErrorKind::invalid, format("{}:{}: unknown key '{}'", path, entry.line, entry.name));
  const auto near = nearest(entry.name, names);
  throw error.with_hint(near ? format("did you mean '{}'?", *near) : "known keys: " + join(names, ", "));
}

}  // namespace

void apply_config_file(const std::string& path, Settings& settings) {
  const auto keys = known_keys();
  for (const auto& entry : read_toml(path))
    if (!apply_entry(path, entry, keys, settings)) throw_unknown(path, entry, keys);
  settings.config_path = path;
}

}  // namespace lichen::engine
