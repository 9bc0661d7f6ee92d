// --filter KEY=VALUE of every listing and prune. Values of one key are alternatives (labels must all match); keys add
// up.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/time.hh"

namespace lichen::engine {

class Filters {
 public:
  Filters() = default;

  /// @param words  as typed
  /// @param known  the keys that this listing has
  /// @throws Error{usage} no '=', or an unknown key: the message names the known ones, the hint the nearest
  static Filters parse(std::span<const std::string> words, std::span<const std::string_view> known);

  bool empty() const { return values_.empty(); }
  bool has(std::string_view key) const { return values_.find(key) != values_.end(); }
  /// {} when the key was not given.
  const std::vector<std::string>& values(std::string_view key) const;

  /// True when the key was not given, or `matches` accepts one of its values.
  bool any(std::string_view key, const std::function<bool(const std::string&)>& matches) const;
  /// label (all of them) and label! (none of them).
  bool match_labels(const std::map<std::string, std::string>& labels) const;
  /// id and name: a POSIX extended regular expression that occurs in `text`, as docker matches with Go's. @throws
  /// Error{usage} malformed
  bool match_pattern(std::string_view key, const std::string& text) const;
  /// @return `fallback` when the key was not given @throws Error{usage} not a boolean
  bool get_bool(std::string_view key, bool fallback) const;
  /// The time of until, before, ...: a time, or a span before `at`; nullopt when not given. @throws Error{usage}
  std::optional<Timestamp> get_time(std::string_view key, Timestamp at) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace lichen::engine
