// The functions of templates, on values. Private to src/template*.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "libpod/base/json.hh"

namespace lichen::cli::tmpl {

/// A value while a template runs: a part of the data (which outlives the run), or something that a function made.
struct Value {
  std::shared_ptr<const Json> json;  // nullptr: no value (a key that a map does not have)
  bool is_map = false;               // an object whose keys are data, such as Labels

  static Value made(Json json) { return {std::make_shared<const Json>(std::move(json)), false}; }
  bool has_value() const { return json != nullptr; }
  /// null when there is no value
  const Json& get() const;
};

/// Whether the function exists; `and` and `or` are among them, although the evaluator runs those (they stop early).
bool is_function(std::string_view name);

/// @throws Error{usage} wrong number or type of arguments; the message has no position yet
Value call_function(std::string_view name, std::span<const Value> arguments);

/// Go's rule of `if`: false, 0, "", empty and null are false.
bool is_true(const Value& value);

}  // namespace lichen::cli::tmpl
