// TOML as a flat list of "section.key" with its value and line, for the readers of configuration files.
//
// The only place that includes toml++: the header is heavy to compile, and its value types must not spread. Values come
// as Json, so the tables of known keys (config_file.cc, containers_conf.cc) are small functions that a test can call.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/engine/settings.hh"

namespace lichen::engine {

struct TomlEntry {
  std::string name;  // "storage.driver"; a key before the first section has no dot
  Json value;        // string, integer, number, boolean, array of those; tables within are objects
  unsigned line = 0;
};

/// @throws Error{invalid} syntax ("FILE:LINE: ..."), or the file is larger than 1 MiB
std::vector<TomlEntry> read_toml(const std::string& path);

/// One key that a file may have. `set` gives false for a value of the wrong type.
struct SettingKey {
  const char* name;
  const char* expected;  // "a string", for the error
  std::function<bool(const Json&, Settings&)> set;
};

SettingKey text_key(const char* name, std::string Settings::*field);
SettingKey flag_key(const char* name, bool Settings::*field);
SettingKey number_key(const char* name, const char* expected, std::int64_t Settings::*field);
/// A list of strings replaces what was there; one that ends with {append=true} adds to it (containers.conf(5)).
SettingKey list_key(const char* name, std::vector<std::string> Settings::*field);

/// @return false when no key is called like the entry
/// @throws Error{invalid} wrong type: "FILE:LINE: 'key' must be a string"
bool apply_entry(const std::string& path, const TomlEntry& entry, std::span<const SettingKey> keys, Settings& settings);

}  // namespace lichen::engine
