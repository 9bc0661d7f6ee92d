// Completion of the command line. The scripts in completions/ are thin: each asks `lichen __complete -- WORDS...`,
// which answers from the table in a millisecond, so a script never goes stale and knows objects too.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/command.hh"
#include "src/context.hh"

namespace lichen::cli {

/// Names of existing objects; must not throw and must be quick. {} for a kind without objects (files: the shell's
/// task).
using ObjectNames = std::function<std::vector<std::string>(CompletionKind)>;

struct Completions {
  struct Item {
    std::string word;
    std::string description;  // may be empty
  };
  std::vector<Item> items;  // only those that begin with the last word
  enum class Fallback { nothing, files, directories } fallback = Fallback::nothing;
  bool no_space = false;  // the words are beginnings ("type=", "container:")
};

/// @param words  after "lichen", the last one is being typed (may be empty)
Completions complete_words(std::span<const std::string> words, const ObjectNames& objects);

/// What the scripts read: "word<TAB>description" lines, then one line ":files", ":directories" or ":none", with
/// ",nospace" after it when no blank may follow.
std::string format_completions(const Completions& completions);

/// The script of "bash", "zsh" or "fish". @throws Error{usage} another shell
std::string completion_script(std::string_view shell);

/// The names of what exists in the store that `global` names, for ObjectNames. Never throws, makes nothing.
std::vector<std::string> complete_objects(const GlobalOptions& global, CompletionKind kind);

/// The services of the compose file that the line means (-f, -p, the directory). Never throws.
/// @param words  after "lichen", without the one that is being typed
std::vector<std::string> complete_services(std::span<const std::string> words);

}  // namespace lichen::cli
