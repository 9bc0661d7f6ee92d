#include "libpod/engine/object_filter.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

#include <regex.h>

namespace lichen::engine {
namespace {

bool has_label(const std::map<std::string, std::string>& labels, const std::string& wanted) {
  const auto pair = cut(wanted, '=');
  const auto found = labels.find(pair ? pair->first : wanted);
  return found != labels.end() && (!pair || found->second == pair->second);
}

class Pattern {
 public:
  explicit Pattern(const std::string& text) {
    if (const int error = ::regcomp(&pattern_, text.c_str(), REG_EXTENDED | REG_NOSUB); error != 0) {
      char why[200];
      ::regerror(error, &pattern_, why, sizeof why);
      throw_error(ErrorKind::usage, "filter: '{}' is no regular expression: {}", text, why);
    }
  }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() { ::regfree(&pattern_); }
  bool matches(const std::string& text) const { return ::regexec(&pattern_, text.c_str(), 0, nullptr, 0) == 0; }

 private:
  regex_t pattern_{};
};

bool is_plain_word(const std::string& text) { return text.find_first_of("^$.[]|()?*+{}\\") == std::string::npos; }

}  // namespace

Filters Filters::parse(std::span<const std::string> words, std::span<const std::string_view> known) {
  Filters filters;
  for (const auto& word : words) {
    const auto pair = cut(word, '=');
    if (!pair)
      throw Error(ErrorKind::usage, format("filter '{}': it must be KEY=VALUE", word))
          .with_hint("such as --filter name=web");
    const std::string key = to_lower(trim(pair->first));
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      const std::vector<std::string> names(known.begin(), known.end());
      Error error(ErrorKind::usage, format("invalid filter '{}': known filters are {}", key, join(names, ", ")));
      if (const auto near = nearest(key, names)) error.with_hint(format("did you mean '{}'?", *near));
      throw error;
    }
    filters.values_[key].emplace_back(trim(pair->second));
  }
  return filters;
}

const std::vector<std::string>& Filters::values(std::string_view key) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(key);
  return found == values_.end() ? kNone : found->second;
}

bool Filters::any(std::string_view key, const std::function<bool(const std::string&)>& matches) const {
  const auto& wanted = values(key);
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), matches);
}

bool Filters::match_labels(const std::map<std::string, std::string>& labels) const {
  const auto& all = values("label");
  const auto& none = values("label!");
  return std::all_of(all.begin(), all.end(), [&](const std::string& wanted) { return has_label(labels, wanted); }) &&
         std::none_of(none.begin(), none.end(),
                      [&](const std::string& unwanted) { return has_label(labels, unwanted); });
}

bool Filters::match_pattern(std::string_view key, const std::string& text) const {
  return any(key, [&](const std::string& wanted) {
    return is_plain_word(wanted) ? text.find(wanted) != std::string::npos
                                 : text == wanted || Pattern(wanted).matches(text);
  });
}

bool Filters::get_bool(std::string_view key, bool fallback) const {
  const auto& wanted = values(key);
  if (wanted.empty()) return fallback;
  const auto value = parse_bool(wanted.back());
  if (!value) throw_error(ErrorKind::usage, "filter '{}={}': it must be true or false", key, wanted.back());
  return *value;
}

std::optional<Timestamp> Filters::get_time(std::string_view key, Timestamp at) const {
  const auto& wanted = values(key);
  if (wanted.empty()) return std::nullopt;
  const auto time = parse_time_or_duration(wanted.back(), at);
  if (!time)
    throw Error(ErrorKind::usage, format("filter '{}={}': it is neither a time nor a span", key, wanted.back()))
        .with_hint("such as 2026-01-31T12:00:00Z, 1767225600 or 24h");
  return time;
}

}  // namespace lichen::engine
