// The only file that sees CLI11: it is large, and its headers have objects that are made at start-up.
#include "src/arg_parser.hh"

#include <CLI/CLI.hpp>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::cli {
namespace {

bool is_known_value(const OptionSpec& option, std::string_view value) {
  for (const auto known : list_items(option.values)) {
    const bool is_beginning = known.ends_with(':') || known.ends_with('=');
    if (value == known || (is_beginning && value.starts_with(known))) return true;
  }
  return false;
}

/// What is wrong with the value, in docker's words; "" when nothing is.
std::string check_value(const OptionSpec& option, const std::string& value) {
  const auto complain = [&](std::string_view reason) {
    return format("invalid argument \"{}\" for \"{}\" flag: {}", value, option_title(option), reason);
  };
  if (option.kind == OptionKind::boolean && !parse_bool(value)) return complain("must be true or false");
  if (option.kind == OptionKind::integer && !parse_int(value)) return complain("must be a whole number");
  if (!option.values_are_all) return {};
  const auto values = option.kind == OptionKind::csv ? split(value, ',') : std::vector<std::string>{value};
  for (const auto& item : values)
    if (!is_known_value(option, item))
      return complain("must be one of " + replace_all(std::string(option.values), "|", ", "));
  return {};
}

void check_argument_count(const CommandSpec& command, std::size_t count) {
  const auto [min, max, completes, values] = command.arguments;
  const std::string title = command_title(command);
  const auto plural = [](int n) { return n == 1 ? "argument" : "arguments"; };
  const auto usage = format("Usage: {} {}.", title, command.usage);
  const auto given = static_cast<int>(count);
  if (max == 0 && given > 0) throw_usage(command, format("'{}' accepts no arguments", title), usage);
  if (min == max && given != min) throw_usage(command, format("'{}' requires {} {}", title, min, plural(min)), usage);
  if (given < min) throw_usage(command, format("'{}' requires at least {} {}", title, min, plural(min)), usage);
  if (max >= 0 && given > max)
    throw_usage(command, format("'{}' requires at most {} {}", title, max, plural(max)), usage);
}

// --latest stands for the first argument, a container; so does the --cidfile of exec.
bool names_newest(const CommandSpec& command, const NormalizedWords& words) {
  if (command.arguments.max == 0) return false;  // ps
  bool newest = false;
  for (const auto& use : words.uses)
    if (use.option->name == "latest")
      newest = parse_bool(use.value).value_or(false);
    else if (use.option->name == "cidfile" && command.arguments.min > 1)
      newest = true;
  return newest;
}

CLI::Option* register_option(CLI::App& app, const OptionSpec& option) {
  CLI::Option* added = app.add_option("--" + std::string(option.name));
  added->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  added->check([&option](const std::string& value) { return check_value(option, value); });
  return added;
}

}  // namespace

ParsedArgs bind_options(const CommandSpec& command, const NormalizedWords& words) {
  ParsedArgs parsed(command);
  check_argument_count(command, words.positionals.size() + (names_newest(command, words) ? 1 : 0));
  parsed.set_positionals(words.positionals);
  if (words.uses.empty()) return parsed;

  CLI::App app;
  app.set_help_flag();
  std::vector<std::pair<const OptionSpec*, CLI::Option*>> registered;
  std::vector<std::string> reversed;  // the last word first: so CLI11 takes them
  for (const OptionUse& use : words.uses) {
    const auto known = [&](const auto& entry) { return entry.first == use.option; };
    if (std::none_of(registered.begin(), registered.end(), known))
      registered.emplace_back(use.option, register_option(app, *use.option));
    reversed.push_back("--" + std::string(use.option->name));
    reversed.push_back(use.value);
  }
  std::reverse(reversed.begin(), reversed.end());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ValidationError& error) {
    // CLI11 puts "--name: " before what check_value said, which names the flag itself.
    const std::string text = error.what();
    const auto colon = text.find(": ");
    throw_usage(command, colon == std::string::npos ? text : text.substr(colon + 2));
  } catch (const CLI::Error& error) {
    throw_error(ErrorKind::internal, "parse the options of '{}': {}", command_title(command), error.what());
  }
  for (const auto& [option, result] : registered) {
    std::vector<std::string> values = result->results();
    if (option->kind == OptionKind::boolean)
      for (auto& value : values) value = parse_bool(value).value_or(false) ? "true" : "false";
    parsed.set_values(*option, std::move(values));
  }
  return parsed;
}

}  // namespace lichen::cli
