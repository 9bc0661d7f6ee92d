// Reading of ignore files (moby/patternmatcher/ignorefile) and the order of rules (MatchesUsingParentResults): what a
// rule said of a directory holds for all below it; a rule is only asked when it could change the answer so far.
#include "buildah/language/ignore.hh"

#include <algorithm>

#include "buildah/language/place.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

constexpr std::size_t kMaxText = 1u << 20;
constexpr std::size_t kMaxRules = 20000;

bool is_root(std::string_view path) { return path.empty() || path == "."; }

}  // namespace

void IgnoreRules::add(std::string_view pattern) {
  pattern = trim(pattern);
  if (pattern.empty()) return;
  Rule rule;
  if (pattern.starts_with('!')) {
    rule.is_exception = true;
    pattern = trim(pattern.substr(1));
  }
  if (pattern.empty()) throw_error(ErrorKind::invalid, "a '!' needs a pattern");
  std::string clean = clean_path(pattern);
  if (clean.size() > 1 && clean[0] == '/') clean.erase(0, 1);
  rule.pattern = Pattern(clean, PatternStyle::ignore);
  if (rules_.size() >= kMaxRules) throw_error(ErrorKind::invalid, "more than {} patterns", kMaxRules);
  has_exceptions_ = has_exceptions_ || rule.is_exception;
  rules_.push_back(std::move(rule));
}

IgnoreRules::IgnoreRules(std::string_view text, const std::string& file_name) {
  if (text.size() > kMaxText)
    throw_error(ErrorKind::invalid, "{}: it has {} bytes; at most {} are read", printable(file_name), text.size(),
                kMaxText);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  unsigned number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.starts_with('#')) continue;
    try {
      add(line);
    } catch (const Error& error) {
      fail_at({file_name, std::string(text)}, {number, 1}, error.message());
    }
  }
}

IgnoreRules IgnoreRules::from_patterns(const std::vector<std::string>& patterns) {
  IgnoreRules rules;
  for (const auto& pattern : patterns) rules.add(pattern);
  return rules;
}

IgnoreRules::State IgnoreRules::enter(std::string_view path, const State* parent) const {
  State state;
  if (rules_.empty() || is_root(path)) return state;
  State above;
  if (!parent) {
    const auto slash = path.rfind('/');
    if (slash != std::string_view::npos) {
      for (std::size_t at = path.find('/'); at < slash; at = path.find('/', at + 1))
        above = enter(path.substr(0, at), &above);
      above = enter(path.substr(0, slash), &above);
    }
    parent = &above;
  }
  state.matched.resize(rules_.size());
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    bool is_matched = i < parent->matched.size() && parent->matched[i];
    if (!is_matched) {
      if (rule.is_exception != state.is_ignored) continue;
      is_matched = rule.pattern.matches(path);
    }
    state.matched[i] = is_matched;
    if (is_matched) state.is_ignored = !rule.is_exception;
  }
  return state;
}

bool IgnoreRules::ignores(std::string_view path) const { return enter(path, nullptr).is_ignored; }

bool IgnoreRules::may_skip(std::string_view directory, const State& state) const {
  if (!state.is_ignored) return false;
  return !has_exceptions_ || std::none_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    return rule.is_exception && rule.pattern.may_match_below(directory);
  });
}

bool IgnoreRules::may_skip_directory(std::string_view directory) const {
  return may_skip(directory, enter(directory, nullptr));
}

}  // namespace lichen::language
