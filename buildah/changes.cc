#include "buildah/changes.hh"

#include <algorithm>
#include <array>

#include "buildah/language/parse.hh"
#include "buildah/stage_state.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::buildah {
namespace {

// moby, builder/dockerfile/builder.go, validCommitCommands.
constexpr std::array<std::string_view, 11> kAllowed = {
    "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"};

std::string first_word(const std::string& text) { return to_upper(text.substr(0, text.find_first_of(" \t\r\n="))); }

// One line of a Dockerfile.
std::string line_of(const std::string& change) {
  std::string text(trim(change));
  const std::string word = first_word(text);
  if (std::ranges::find(kAllowed, word) == kAllowed.end())
    throw Error(ErrorKind::usage, format("--change '{}': '{}' is not possible here", change, word))
        .with_hint(
            "CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR are");
  if (text.size() > word.size() && text[word.size()] == '=') text[word.size()] = ' ';
  return text;
}

}  // namespace

void apply_changes(const std::vector<std::string>& changes, spec::ImageConfig& config) {
  std::vector<std::string> lines;
  for (const auto& change : changes) lines.push_back(line_of(change));
  StageState state;
  state.config = std::move(config);
  const auto history = state.config.history;
  const ArgScope scope;
  for (const auto& line : lines)
    for (const auto& instruction : language::parse_fragment(line, "--change"))
      if (!apply_metadata(instruction, scope, '\\', state))
        throw Error(ErrorKind::usage, format("--change '{}': one instruction at a time", line));
  config = std::move(state.config);
  config.history = history;
}

}  // namespace lichen::buildah
