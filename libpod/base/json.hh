// Typed reads over nlohmann/json with the JSON path in the error, and a parser with the limits that untrusted input
// needs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "libpod/base/error.hh"

namespace lichen {

/// Keys keep the order in which they were written: records stay readable, image configs keep their bytes' order.
using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t max_bytes = 4u << 20;  // what registries and peers allow for a manifest
  int max_depth = 64;
  bool allow_duplicate_keys = true;  // false for manifests: two readers must not see two documents (CVE-2021-41190)
};

/// Parse a whole document.
///
/// @param what  names the document in errors: a path, or "manifest of docker.io/library/x"
/// @throws Error{invalid} not JSON, too large, too deep, duplicate keys; the message has no bytes of the document
Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits = {});

/// One member of an object with its path, for readers that must not trust types. Absent and null members are the same.
class JsonView {
 public:
  JsonView(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  const Json& raw() const { return *value_; }
  const std::string& path() const { return path_; }
  bool is_null() const { return value_->is_null(); }

  /// Member `key`; a null view when it is absent. @throws Error{invalid} this is neither object nor null
  JsonView at(std::string_view key) const;
  bool has(std::string_view key) const;

  /// The typed value. @throws Error{invalid} "config.json: process.args[2] must be a string"
  std::string as_string() const;
  bool as_bool() const;
  std::int64_t as_int() const;
  std::uint64_t as_uint() const;
  double as_double() const;
  std::vector<JsonView> as_array() const;                           // null gives {}
  std::vector<std::pair<std::string, JsonView>> as_object() const;  // null gives {}
  std::vector<std::string> as_strings() const;
  std::map<std::string, std::string> as_string_map() const;

  /// Member `key` or the given value when it is absent or null.
  std::string get_string(std::string_view key, std::string fallback = {}) const;
  bool get_bool(std::string_view key, bool fallback = false) const;
  std::int64_t get_int(std::string_view key, std::int64_t fallback = 0) const;
  std::vector<std::string> get_strings(std::string_view key) const;
  std::optional<std::int64_t> find_int(std::string_view key) const;
  std::optional<std::string> find_string(std::string_view key) const;

 private:
  [[noreturn]] void wrong(std::string_view expected) const;

  const Json* value_;
  std::string path_;
};

/// Text of a document: compact, or with two spaces of indent and a final newline. Invalid UTF-8 becomes U+FFFD.
std::string dump_json(const Json& value);
std::string dump_json_pretty(const Json& value);

}  // namespace lichen
