// The types of the one command table.
//
// Commands and options are data (src/tables/). Parsing, help, man pages, completion scripts and "did you mean" all read
// the same rows, so they cannot disagree. Rows are constant-initialised: a command that starts, answers and ends in a
// millisecond cannot afford to build a table first.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::cli {

struct Context;
class ParsedArgs;

/// What a command does; returns the process's exit code. @throws Error, which main prints
using Handler = int (*)(Context&, const ParsedArgs&);

enum class OptionKind : std::uint8_t {
  boolean,  // --rm, --rm=false
  string,   // the last one wins
  integer,  // as string; a 64-bit decimal number
  list,     // every use adds one value, commas are kept (docker's "list")
  csv,      // every use adds the values between commas
};

/// What a word stands for, so that the shell can complete it.
enum class CompletionKind : std::uint8_t {
  none,
  container,
  running_container,
  stopped_container,
  image,
  volume,
  network,
  pod,
  secret,
  service,  // of the compose file that the line means
  signal,
  capability,
  file,
  directory,
  command,  // of lichen
  program,  // of the host
};

enum class OptionState : std::uint8_t { done, not_yet };

struct OptionSpec {
  std::string_view name;  // long name without dashes
  char short_name = 0;
  OptionKind kind = OptionKind::boolean;
  std::string_view value_name;     // what help shows after the flag: "list", "bytes"
  std::string_view help;           // one clause, no full stop
  std::string_view default_value;  // shown in help; what get_string gives when the option is absent
  std::string_view values;         // "a|b|container:": known values; one that ends in ':' or '=' is a beginning
  bool values_are_all = false;     // any other value is an error
  CompletionKind completes = CompletionKind::none;
  bool hidden = false;        // not in help and completion
  std::string_view alias_of;  // another option of the same command that receives the value
  OptionState state = OptionState::done;
  std::string_view alone = {};  // the value of a string option that stands without one; another only after '='

  constexpr bool takes_value() const { return kind != OptionKind::boolean; }
  constexpr bool repeats() const { return kind == OptionKind::list || kind == OptionKind::csv; }

  // The tables are written with these: OptionSpec rows differ in few fields. (`set` stands before its users: clang 14
  // would instantiate it too late for constant expressions.)
  template <typename T>
  constexpr OptionSpec set(T OptionSpec::*member, T value) {
    this->*member = value;
    return *this;
  }
  constexpr OptionSpec with_default(std::string_view text) const {
    return OptionSpec(*this).set(&OptionSpec::default_value, text);
  }
  constexpr OptionSpec with_values(std::string_view all) const {
    return with_hints(all).set(&OptionSpec::values_are_all, true);
  }
  constexpr OptionSpec with_hints(std::string_view some) const {
    return OptionSpec(*this).set(&OptionSpec::values, some);
  }
  constexpr OptionSpec with_objects(CompletionKind what) const {
    return OptionSpec(*this).set(&OptionSpec::completes, what);
  }
  constexpr OptionSpec with_alias_of(std::string_view other) const {
    return as_hidden().set(&OptionSpec::alias_of, other);
  }
  constexpr OptionSpec or_alone(std::string_view value) const {
    return OptionSpec(*this).set(&OptionSpec::alone, value);
  }
  constexpr OptionSpec as_hidden() const { return OptionSpec(*this).set(&OptionSpec::hidden, true); }
  constexpr OptionSpec as_not_yet() const { return OptionSpec(*this).set(&OptionSpec::state, OptionState::not_yet); }
};

/// How many words may follow the options.
struct ArgumentRule {
  int min = 0;
  int max = -1;  // -1: any number
  CompletionKind completes = CompletionKind::none;
  std::string_view values = {};  // closed set of the first word
};

enum class HelpGroup : std::uint8_t { run, look, images, volumes, host, other };

struct CommandSpec {
  std::string_view path;         // "run", "image ls"
  std::string_view aliases;      // further whole paths, '|' between them
  std::string_view summary;      // one clause, no full stop
  std::string_view usage;        // after "lichen PATH": "[OPTIONS] IMAGE [COMMAND] [ARG...]"
  std::string_view description;  // paragraphs between empty lines; may be empty
  std::string_view examples;     // lines; a line that begins with "# " explains the next
  std::array<std::span<const OptionSpec>, 2> options = {};
  std::array<std::string_view, 2> not_yet_options = {};  // "latest/l cidfile": known elsewhere, refused here
  ArgumentRule arguments = {};
  bool options_stop_at_first_argument = false;
  HelpGroup group = HelpGroup::other;
  bool is_group = false;  // only holds other commands: "image"
  bool hidden = false;
  bool never = false;        // lichen will not have it; else a command without a handler is "not done yet"
  std::string_view instead;  // for a command without a handler: the way out
  Handler handler = nullptr;

  constexpr bool is_done() const { return handler != nullptr || is_group; }
};

/// All commands, family by family, in the order in which help shows them. Paths are unique.
std::span<const std::span<const CommandSpec>> command_families();
/// The options before the command, as the options of a command without a path.
const CommandSpec& global_spec();

/// The command whose path or alias is exactly `path`; nullptr when there is none.
const CommandSpec* find_command(std::string_view path);

struct CommandMatch {
  const CommandSpec* command = nullptr;
  std::size_t words = 0;  // how many words of the line name it
};
/// The longest path that the line begins with. {nullptr, 0} when the first word names nothing.
CommandMatch match_command(std::span<const std::string> words);

/// @throws Error{usage} always: "unknown command: lichen runn", with the nearest name as hint
/// @param group  the group in which the name was looked for, or nullptr
[[noreturn]] void throw_unknown_command(const CommandSpec* group, std::string_view word);

/// Every path and alias that is not hidden, done or not.
std::vector<std::string> command_names();
/// Direct children of a group (path "image") or of the top (path ""), as specs in table order.
std::vector<const CommandSpec*> commands_below(std::string_view group);

/// The option called `name`, following no alias; nullptr when the command has none.
const OptionSpec* find_option(const CommandSpec& command, std::string_view name);
const OptionSpec* find_option(const CommandSpec& command, char short_name);
/// Whether the flag exists in docker or podman, but not here yet.
bool is_not_yet_option(const CommandSpec& command, std::string_view name);
bool is_not_yet_option(const CommandSpec& command, char short_name);

/// "-p, --publish", as messages and help name an option.
std::string option_title(const OptionSpec& option);
/// "lichen image ls", or "lichen".
std::string command_title(const CommandSpec& command);
/// Pieces of a '|' list; {} for "".
std::vector<std::string_view> list_items(std::string_view text, char separator = '|');

}  // namespace lichen::cli
