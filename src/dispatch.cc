#include "src/dispatch.hh"

#include <optional>
#include <span>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/exit_code.hh"
#include "src/help.hh"
#include "src/output.hh"
#include "src/personality.hh"
#include "src/version.hh"

#include <errno.h>

namespace lichen::cli {
namespace {

LogLevel log_level_from(std::string_view name) {
  if (name == "error" || name == "fatal" || name == "panic") return LogLevel::error;
  if (name == "info") return LogLevel::info;
  if (name == "debug") return LogLevel::debug;
  if (name == "trace") return LogLevel::trace;
  return LogLevel::warn;
}

GlobalOptions global_options_from(const ParsedArgs& args) {
  return {.config = args.find_string("config"),
          .root = args.find_string("root"),
          .runroot = args.find_string("runroot"),
          .storage_driver = args.find_string("storage-driver"),
          .runtime = args.find_string("runtime"),
          .log_level = args.get_bool("debug") ? LogLevel::debug : log_level_from(args.get_string("log-level"))};
}

[[noreturn]] void throw_without_handler(const CommandSpec& command, std::string_view typed) {
  if (command.never)
    throw Error(ErrorKind::unsupported, format("there is no 'lichen {}'", typed))
        .with_hint(std::string(command.instead));
  std::string hint = command.instead.empty() ? "see 'lichen --help' for what works" : std::string(command.instead);
  throw Error(ErrorKind::unsupported, format("'lichen {}' is not done yet", typed)).with_hint(std::move(hint));
}

bool has_options(const CommandSpec& group) { return !group.options[0].empty(); }

// `lichen compose -f FILE up`: what stands between the group's name and its command is the group's own.
// @return the line without it
std::vector<std::string> take_group_options(Context& context, const CommandSpec& group, std::size_t count,
                                            std::span<const std::string> rest) {
  NormalizedWords own = normalize_words(group, rest.subspan(count));
  std::vector<std::string> words(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
  const auto after = rest.subspan(count + own.consumed);
  if (own.wants_help) {
    words.push_back("--help");
    return words;
  }
  words.insert(words.end(), after.begin(), after.end());
  own.positionals.clear();
  context.group = bind_options(group, own);
  if (find_option(group, "verbose") != nullptr && context.group->get_bool("verbose")) set_log_level(LogLevel::debug);
  return words;
}

// `lichen compose --version` is `lichen compose version`.
const CommandSpec* asked_version(const Context& context, const CommandSpec& group) {
  if (!context.group || find_option(group, "version") == nullptr || !context.group->get_bool("version")) return nullptr;
  return find_command(std::string(group.path) + " version");
}

int run_group(Context& context, const CommandSpec& group, std::span<const std::string> words) {
  if (const auto* version = asked_version(context, group); version != nullptr && words.empty())
    return version->handler(context, ParsedArgs(*version));
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    write_out(as_called(group_help(group), personality()));
    return kExitOk;
  }
  if (words[0].starts_with('-')) throw_usage(group, "unknown flag: " + words[0]);
  throw_unknown_command(&group, words[0]);
}

// @param rest  the line from the command on
int run_command_line(Context& context, std::span<const std::string> rest) {
  CommandMatch match = match_command(rest);
  const CommandSpec*& command = match.command;
  const std::size_t& count = match.words;
  std::vector<std::string> without_group_options;
  bool parsed = false;
  try {
    // The group is what the first word names, also when its command follows at once.
    if (const CommandSpec* group = find_command(rest[0]); group != nullptr && group->is_group && has_options(*group)) {
      without_group_options = take_group_options(context, *group, 1, rest);
      rest = without_group_options;
      match = match_command(rest);
    }
    if (command == nullptr) throw_unknown_command(nullptr, rest[0]);
    const auto arguments = rest.subspan(count);
    if (command->is_group) return run_group(context, *command, arguments);
    if (command->handler == nullptr) {
      std::vector<std::string> typed(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
      throw_without_handler(*command, join(typed, " "));
    }
    const NormalizedWords normalized = normalize_words(*command, arguments);
    if (normalized.wants_help) {
      write_out(as_called(command_help(*command, context.terminal.colour_on_stdout()), personality()));
      return kExitOk;
    }
    const ParsedArgs args = bind_options(*command, normalized);
    parsed = true;
    return command->handler(context, args);
  } catch (Error& error) {
    error.with_exit_code(failure_code(personality(), command, parsed, error));
    throw;
  }
}

}  // namespace

GlobalOptions global_options_of(std::span<const std::string> words) {
  NormalizedWords before = normalize_words(global_spec(), words);
  before.positionals.clear();
  return global_options_from(bind_options(global_spec(), before));
}

int dispatch(std::vector<std::string> argv) {
  // A link named docker-compose or lichen-compose is `lichen compose`.
  if (is_compose_link(program_invocation_short_name)) argv.insert(argv.begin() + 1, "compose");
  const std::span<const std::string> words(argv.data() + (argv.empty() ? 0 : 1), argv.empty() ? 0 : argv.size() - 1);
  NormalizedWords before = normalize_words(global_spec(), words);
  const std::span<const std::string> rest = words.subspan(before.consumed);
  before.positionals.clear();
  const ParsedArgs global = bind_options(global_spec(), before);
  Context context{.global = global_options_from(global), .argv = argv, .terminal = read_terminal_facts()};
  set_log_level(context.global.log_level);
  if (!before.wants_help && global.get_bool("version")) {
    write_out(version_line(personality()));
    return kExitOk;
  }
  if (before.wants_help || rest.empty()) {
    write_out(as_called(main_help(context.terminal.colour_on_stdout()), personality()));
    return kExitOk;
  }
  return run_command_line(context, rest);
}

}  // namespace lichen::cli
