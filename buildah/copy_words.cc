#include "buildah/copy_words.hh"

#include "buildah/language/expand.hh"
#include "buildah/language/place.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"

namespace lichen::buildah {
namespace {

using language::Instruction;

void expand_files(const Instruction& instruction, const language::Copy& copy, const StageState& state,
                  CopyWords& words) {
  const auto lookup = [&](std::string_view name) { return find_variable(state, name); };
  for (const auto& heredoc : copy.heredocs) {
    if (!heredoc.is_expanded) {
      words.files.push_back({heredoc.name, heredoc.body});
      continue;
    }
    try {
      words.files.push_back({heredoc.name, language::expand_heredoc(heredoc.body, lookup).text});
    } catch (const Error& error) {
      language::fail_at(*instruction.source, heredoc.position, error.what());
    }
  }
}

std::optional<RemoteSource> remote_of(const Instruction& instruction, const language::Copy& copy,
                                      const std::string& text, language::Position position) {
  std::optional<language::RemotePlace> place;
  try {
    place = language::parse_remote(text, language::RemoteUse::add);
  } catch (const Error& error) {
    language::fail_at(*instruction.source, position, error.what(), error.hint());
  }
  if (!place) return std::nullopt;
  if (!copy.is_add) language::fail_at(*instruction.source, position, "COPY cannot take a URL", "use ADD");
  const auto* git = std::get_if<language::GitPlace>(&*place);
  RemoteSource source{*place, "", false, true};
  if (git != nullptr) source.keeps_git_dir = copy.keep_git_dir.value_or(git->keeps_git_dir.value_or(false));
  return source;
}

void add_checksum(const Instruction& instruction, const language::Word& word, const std::string& text,
                  CopyWords& words) {
  const auto fail = [&](std::string_view why, const std::string& hint = "") {
    language::fail_at(*instruction.source, word.position, why, hint);
  };
  if (words.sources.size() != 1 || !words.sources[0].remote)
    fail("--checksum is for what ADD fetches from a URL or repository");
  RemoteSource& source = *words.sources[0].remote;
  if (const auto* git = std::get_if<language::GitPlace>(&source.place)) {
    try {
      source.checksum = language::parse_commit_checksum(text);
    } catch (const Error& error) {
      fail(error.what(), error.hint());
    }
    const bool agrees = git->checksum.empty() || git->checksum.starts_with(source.checksum) ||
                        source.checksum.starts_with(git->checksum);
    if (!agrees) fail(format("--checksum is {}, and the URL says {}", source.checksum, git->checksum));
  } else {
    if (!language::is_content_checksum(text))
      fail(format("--checksum '{}' is not of the form sha256:HEX", text),
           "sha256, sha384 and sha512 are known, with lower-case hex digits");
    source.checksum = text;
  }
}

void set_destination(const Instruction& instruction, const language::Copy& copy, const std::string& text,
                     const StageState& state, CopyWords& words) {
  words.destination = text;
  if (words.destination.empty())
    language::fail_at(*instruction.source, copy.destination.position, "the destination is empty");
  const bool is_folder = words.destination.ends_with('/') || words.destination == "." ||
                         words.destination.ends_with("/.") || words.destination.ends_with("/..");
  if (!words.destination.starts_with('/')) {
    const std::string base = state.config.working_dir.empty() ? "/" : state.config.working_dir;
    words.destination = base + "/" + words.destination;
  }
  words.destination = clean_path(words.destination);
  if (is_folder && words.destination != "/") words.destination += "/";
  if (words.sources.size() + words.files.size() > 1 && !words.is_folder())
    language::fail_at(*instruction.source, copy.destination.position,
                      "with more than one source the destination must be a directory and end with a /",
                      format("write {}/", words.destination));
}

}  // namespace

CopyWords expand_copy(const Instruction& instruction, const StageState& state, char escape, bool uses_memory) {
  const auto& copy = std::get<language::Copy>(instruction.body);
  const auto expand = [&](const language::Word& word) { return expand_word(word, instruction, state, escape); };
  CopyWords words;
  words.is_add = copy.is_add;
  words.keeps_parents = copy.parents;
  words.unpack = copy.unpack;
  words.from = copy.from;
  for (const auto& word : copy.sources) {
    CopySource source{expand(word), word.position, std::nullopt};
    source.remote = remote_of(instruction, copy, source.text, word.position);
    if (source.remote) source.remote->uses_memory = uses_memory;
    words.sources.push_back(std::move(source));
  }
  if (copy.checksum) add_checksum(instruction, *copy.checksum, expand(*copy.checksum), words);
  for (const auto& word : copy.exclude) words.excluded.push_back(expand(word));
  if (copy.chown) words.owner = expand(*copy.chown);
  if (copy.chmod) words.mode = expand(*copy.chmod);
  expand_files(instruction, copy, state, words);
  set_destination(instruction, copy, expand(copy.destination), state, words);
  return words;
}

void add_words(const CopyWords& words, StepKey& key) {
  key.add("kind", words.is_add ? "ADD" : "COPY");
  key.add("destination", words.destination);
  key.add("chown", words.owner);
  key.add("chmod", words.mode);
  key.add("parents", words.keeps_parents ? "1" : "0");
  key.add("unpack", words.unpack ? (*words.unpack ? "1" : "0") : "");
  key.add("exclude", words.excluded);
  for (const auto& file : words.files) key.add("file " + file.name, sha256_hex(file.content));
}

}  // namespace lichen::buildah
