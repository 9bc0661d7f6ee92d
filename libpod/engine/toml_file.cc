#include "libpod/engine/toml_file.hh"

#include "libpod/base/error.hh"
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

Json to_json(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return *number;
  if (const auto flag = node.value_exact<bool>()) return *flag;
  if (const auto number = node.value_exact<double>()) return *number;
  if (const toml::array* array = node.as_array()) {
    Json items = Json::array();
    for (const auto& item : *array) items.push_back(to_json(item));
    return items;
  }
  if (const toml::table* table = node.as_table()) {
    Json object = Json::object();
    for (const auto& [key, value] : *table) object[std::string(key.str())] = to_json(value);
    return object;
  }
  return nullptr;  // dates and times: no key of ours is one
}

}  // namespace

std::vector<TomlEntry> read_toml(const std::string& path) {
  toml::table table;
  try {
    table = toml::parse(sys::read_file(path, 1 << 20), path);
  } catch (const toml::parse_error& error) {
    throw_error(ErrorKind::invalid, "{}:{}: {}", path, error.source().begin.line, error.description());
  }
  std::vector<TomlEntry> entries;
  for (const auto& [section, node] : table) {
    const std::string name(section.str());
    const toml::table* keys = node.as_table();
    if (keys == nullptr) {
      entries.push_back({name, to_json(node), node.source().begin.line});
      continue;
    }
    for (const auto& [key, value] : *keys)
      entries.push_back({name + "." + std::string(key.str()), to_json(value), value.source().begin.line});
  }
  return entries;
}

SettingKey text_key(const char* name, std::string Settings::*field) {
  return {name, "a string", [field](const Json& value, Settings& settings) {
            if (value.is_string()) settings.*field = value.get<std::string>();
            return value.is_string();
          }};
}

SettingKey flag_key(const char* name, bool Settings::*field) {
  return {name, "true or false", [field](const Json& value, Settings& settings) {
            if (value.is_boolean()) settings.*field = value.get<bool>();
            return value.is_boolean();
          }};
}

SettingKey number_key(const char* name, const char* expected, std::int64_t Settings::*field) {
  return {name, expected, [field](const Json& value, Settings& settings) {
            if (value.is_number_integer()) settings.*field = value.get<std::int64_t>();
            return value.is_number_integer();
          }};
}

SettingKey list_key(const char* name, std::vector<std::string> Settings::*field) {
  return {name, "a list of strings", [field](const Json& value, Settings& settings) {
            if (!value.is_array()) return false;
            std::vector<std::string> items;
            bool append = false;
            for (const auto& item : value) {
              if (item.is_object() && item.size() == 1 && item.contains("append") && item["append"].is_boolean())
                append = item["append"].get<bool>();
              else if (item.is_string())
                items.push_back(item.get<std::string>());
              else
                return false;
            }
            auto& target = settings.*field;
            if (!append) target.clear();
            target.insert(target.end(), items.begin(), items.end());
            return true;
          }};
}

bool apply_entry(const std::string& path, const TomlEntry& entry, std::span<const SettingKey> keys,
                 Settings& settings) {
  for (const auto& key : keys) {
    if (entry.name != key.name) continue;
    if (!key.set(entry.value, settings))
      throw_error(ErrorKind::invalid, "{}:{}: '{}' must be {}", path, entry.line, entry.name, key.expected);
    return true;
  }
  return false;
}

}  // namespace lichen::engine
