#include "libpod/engine/containers_conf.hh"

#include <algorithm>

#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/toml_file.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

// A text of which only some values mean something here.
SettingKey known_text_key(const char* name, std::vector<std::string> values, std::string Settings::*field) {
  return {name, "a string", [name, values = std::move(values), field](const Json& value, Settings& settings) {
            if (!value.is_string()) return false;
            const auto text = value.get<std::string>();
            if (std::find(values.begin(), values.end(), text) != values.end())
              settings.*field = text;
            else
              log_debug("containers.conf: {} = \"{}\" is passed over: lichen has {}", name, text, join(values, ", "));
            return true;
          }};
}

SettingKey pids_limit_key() {
  return {"containers.pids_limit", "a number", [](const Json& value, Settings& settings) {
            if (!value.is_number_integer()) return false;
            const auto limit = value.get<std::int64_t>();
            settings.pids_limit = limit <= 0 ? -1 : limit;
            return true;
          }};
}

// -1 is "no limit" there, 0 here.
SettingKey log_size_key() {
  return {"containers.log_size_max", "a number of bytes", [](const Json& value, Settings& settings) {
            if (!value.is_number_integer()) return false;
            settings.log_max_size = std::max<std::int64_t>(0, value.get<std::int64_t>());
            return true;
          }};
}

std::vector<SettingKey> known_keys() {
  return {
      list_key("containers.default_capabilities", &Settings::default_capabilities),
      list_key("containers.default_sysctls", &Settings::default_sysctls),
      list_key("containers.default_ulimits", &Settings::default_ulimits),
      list_key("containers.dns_servers", &Settings::dns_servers),
      list_key("containers.dns_searches", &Settings::dns_searches),
      list_key("containers.dns_options", &Settings::dns_options),
      list_key("containers.env", &Settings::env),
      flag_key("containers.http_proxy", &Settings::http_proxy),
      flag_key("containers.init", &Settings::init),
      flag_key("containers.no_hosts", &Settings::no_hosts),
      flag_key("containers.read_only", &Settings::read_only),
      known_text_key("containers.log_driver", {"k8s-file", "json-file", "none"}, &Settings::log_driver),
      known_text_key("containers.netns", {"bridge", "host", "none", "pasta", "private", "slirp4netns"},
                     &Settings::network),
      log_size_key(),
      pids_limit_key(),
      text_key("containers.seccomp_profile", &Settings::seccomp_profile),
      text_key("containers.shm_size", &Settings::shm_size),
      text_key("containers.tz", &Settings::timezone),
      text_key("containers.umask", &Settings::umask),
      list_key("engine.cdi_spec_dirs", &Settings::cdi_spec_dirs),
      text_key("engine.detach_keys", &Settings::detach_keys),
      number_key("engine.stop_timeout", "a number of seconds", &Settings::stop_timeout_s),
      known_text_key("engine.pull_policy", {"always", "missing", "never", "newer"}, &Settings::pull_policy),
  };
}

}  // namespace

std::vector<std::string> containers_conf_files(const std::vector<std::string>& folders) {
  std::vector<std::string> files;
  for (const auto& folder : folders) {
    const std::string main = folder + "/containers.conf";
    if (sys::exists(main)) files.push_back(main);
    if (!sys::is_directory(main + ".d")) continue;
    auto parts = sys::list_directory(main + ".d");
    std::sort(parts.begin(), parts.end());
    for (const auto& part : parts)
      if (part.ends_with(".conf")) files.push_back(main + ".d/" + part);
  }
  return files;
}

void apply_containers_conf(const std::string& path, Settings& settings) {
  const auto keys = known_keys();
  for (const auto& entry : read_toml(path))
    if (!apply_entry(path, entry, keys, settings))
      log_debug("{}:{}: '{}' is passed over: it is podman's", path, entry.line, entry.name);
}

void load_containers_conf(const std::string& config_dir, const Environment& environment, Settings& settings) {
  std::vector<std::string> files;
  if (!environment.containers_conf.empty())
    files.push_back(environment.containers_conf);
  else
    files = containers_conf_files({"/usr/share/containers", "/etc/containers", config_dir + "/containers"});
  if (!environment.containers_conf_override.empty()) files.push_back(environment.containers_conf_override);
  for (const auto& file : files) apply_containers_conf(file, settings);
}

}  // namespace lichen::engine
