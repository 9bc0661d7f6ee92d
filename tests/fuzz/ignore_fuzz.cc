// links: language spec base
// Ignore rules and globs. Lines up to one of "--" are the rules, those after it are paths: what is known of a directory
// must agree with what is known of the paths below it.
#include "buildah/language/glob.hh"
#include "buildah/language/ignore.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;
using namespace lichen::language;

template <typename Visit>
void for_each_parent(const std::string& path, const Visit& visit) {
  for (auto at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) visit(path.substr(0, at));
}

void check_rules(const IgnoreRules& rules, const std::string& path) {
  IgnoreRules::State state;
  bool is_first = true;
  for_each_parent(path, [&](const std::string& parent) {
    state = rules.enter(parent, is_first ? nullptr : &state);
    is_first = false;
    fuzz::require(rules.may_skip(parent, state) == rules.may_skip_directory(parent));
    if (rules.may_skip(parent, state)) fuzz::require(rules.ignores(path));
  });
  fuzz::require(rules.enter(path, is_first ? nullptr : &state).is_ignored == rules.ignores(path));
}

void check_glob(const std::string& pattern, const std::string& path) {
  const Glob glob(pattern);
  if (!glob.has_wildcards()) fuzz::require(glob.matches(path) == (path == glob.literal()));
  if (glob.matches(path))
    for_each_parent(path, [&](const std::string& parent) { fuzz::require(glob.may_match_below(parent)); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  const auto end = text.find("\n--\n");
  const std::string_view rules_text = text.substr(0, end);
  std::vector<std::string> paths = {"a", "a/b/c", "dir/.file"};
  if (end != std::string_view::npos)
    for (const auto& line : split(text.substr(end + 4), '\n')) {
      auto path = clean_path(line);
      if (!path.starts_with('/') && !path.starts_with("..") && path != "." && paths.size() < 20) paths.push_back(path);
    }
  fuzz::refuse_or_accept([&] {
    const IgnoreRules rules(rules_text);
    for (const auto& path : paths) check_rules(rules, path);
  });
  for (const auto& path : paths)
    fuzz::refuse_or_accept([&] { check_glob(std::string(rules_text.substr(0, rules_text.find('\n'))), path); });
  return 0;
}
