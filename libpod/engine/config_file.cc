#include "libpod/engine/config_file.hh"

#include <functional>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"

#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

namespace lichen::engine {
namespace {

using Setter = std::function<bool(const toml::node&, Settings&)>;  // false: wrong type

struct Key {
  const char* name;
  const char* expected;
  Setter set;
};

Setter text(std::string Settings::*field) {
  return [field](const toml::node& node, Settings& settings) {
    const auto value = node.value_exact<std::string>();
    if (value) settings.*field = *value;
    return value.has_value();
  };
}

Setter number(std::int64_t Settings::*field) {
  return [field](const toml::node& node, Settings& settings) {
    const auto value = node.value_exact<std::int64_t>();
    if (value) settings.*field = *value;
    return value.has_value();
  };
}

Setter flag(bool Settings::*field) {
  return [field](const toml::node& node, Settings& settings) {
    const auto value = node.value_exact<bool>();
    if (value) settings.*field = *value;
    return value.has_value();
  };
}

Setter list(std::vector<std::string> Settings::*field) {
  return [field](const toml::node& node, Settings& settings) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return false;
    (settings.*field).clear();
    for (const auto& item : *array) {
      const auto value = item.value_exact<std::string>();
      if (!value) return false;
      (settings.*field).push_back(*value);
    }
    return true;
  };
}

std::vector<Key> known_keys() {
  return {
      {"storage.driver", "a string", text(&Settings::storage_driver)},
      {"storage.root", "a string", text(&Settings::root)},
      {"storage.runroot", "a string", text(&Settings::run_root)},
      {"storage.fuse_overlayfs", "a string", text(&Settings::fuse_overlayfs)},
      {"storage.keep_blobs", "true or false", flag(&Settings::keep_blobs)},
      {"engine.runtime", "a string", text(&Settings::runtime)},
      {"engine.stop_timeout", "a number of seconds", number(&Settings::stop_timeout_s)},
      {"engine.detach_keys", "a string", text(&Settings::detach_keys)},
      {"containers.log_driver", "a string", text(&Settings::log_driver)},
      {"containers.log_size_max", "a number of bytes", number(&Settings::log_max_size)},
      {"containers.default_capabilities", "a list of strings", list(&Settings::default_capabilities)},
      {"network.default", "a string", text(&Settings::network)},
  };
}

void apply_key(const std::string& path, const std::string& name, const toml::node& node, Settings& settings) {
  const auto line = node.source().begin.line;
  std::vector<std::string> names;
  for (const auto& key : known_keys()) {
    names.emplace_back(key.name);
    if (name != key.name) continue;
    if (!key.set(node, settings)) throw_error(ErrorKind::invalid, "{}:{}: '{}' must be {}", path, line, name, key.expected);
    return;
  }
  Error error(ErrorKind::invalid, format("{}:{}: unknown key '{}'", path, line, name));
  const auto near = nearest(name, names);
  error.with_hint(near ? format("did you mean '{}'?", *near) : "known keys: " + join(names, ", "));
  throw error;
}

}  // namespace

void apply_config_file(const std::string& path, Settings& settings) {
  toml::table table;
  try {
    table = toml::parse(sys::read_file(path, 1 << 20), path);
  } catch (const toml::parse_error& error) {
    throw_error(ErrorKind::invalid, "{}:{}: {}", path, error.source().begin.line, error.description());
  }
  for (const auto& [section, node] : table) {
    const toml::table* keys = node.as_table();
    const std::string name(section.str());
    if (keys == nullptr) {
      apply_key(path, name, node, settings);
      continue;
    }
    for (const auto& [key, value] : *keys) apply_key(path, name + "." + std::string(key.str()), value, settings);
  }
  settings.config_path = path;
}

}  // namespace lichen::engine
