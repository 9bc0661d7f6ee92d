#include "src/help.hh"

#include <algorithm>

#include "libpod/base/format.hh"
#include "libpod/base/strings.hh"
#include "src/style.hh"

namespace lichen::cli {
namespace {

constexpr std::size_t kWidth = 100;

std::string heading(std::string_view text, bool colour) { return "\n" + paint(text, Colour::bold, colour) + "\n"; }

/// Words of `text` in lines of at most kWidth, each after `indent` blanks; the first line is already begun.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (const auto word : list_items(text, ' ')) {
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

/// "lichen ..." lines indented, explanations dimmed.
std::string example_lines(const CommandSpec& command, bool colour) {
  std::string out;
  for (const auto line : list_items(command.examples, '\n'))
    out += "  " + (line.starts_with("# ") ? paint(line, Colour::dim, colour) : std::string(line)) + "\n";
  return out;
}

std::string option_lines(const CommandSpec& command) {
  const auto options = visible_options(command);
  std::size_t width = 0;
  constexpr std::size_t kLongest = 34;
  for (const auto* option : options)
    if (const auto size = option_heading(*option).size(); size <= kLongest) width = std::max(width, size);
  std::string out;
  for (const auto* option : options) {
    const std::string title = option_heading(*option);
    const std::size_t indent = 2 + width + 2;
    out += "  " + title;
    out += title.size() > width ? "\n" + std::string(indent, ' ') : std::string(indent - 2 - title.size(), ' ');
    out += wrapped(option_text(*option), indent) + "\n";
  }
  return out;
}

std::string command_line(std::string_view name, const CommandSpec& command, std::size_t width) {
  return format("  {:<{}}  {}\n", name, width, command.summary);
}

/// A family of which no command works is shown by its first words only.
std::string not_yet_names() {
  std::string names;
  for (const auto* command : commands_below(""))
    if (!command->is_done() && !command->hidden && command->path.find(' ') == std::string_view::npos)
      names += std::string(names.empty() ? "" : " ") + std::string(command->path);
  return names;
}

}  // namespace

std::string_view group_title(HelpGroup group) {
  switch (group) {
    case HelpGroup::run:
      return "Run and control containers";
    case HelpGroup::look:
      return "Look at containers";
    case HelpGroup::images:
      return "Images";
    case HelpGroup::volumes:
      return "Volumes and secrets";
    case HelpGroup::host:
      return "This machine and lichen itself";
    case HelpGroup::other:
      return "Other";
  }
  return "";
}

std::string usage_line(const CommandSpec& command) {
  return command_title(command) + (command.usage.empty() ? "" : " " + std::string(command.usage));
}

std::vector<const OptionSpec*> visible_options(const CommandSpec& command) {
  std::vector<const OptionSpec*> options;
  for (const auto part : command.options)
    for (const OptionSpec& option : part)
      if (!option.hidden && option.state == OptionState::done) options.push_back(&option);
  std::sort(options.begin(), options.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  return options;
}

std::string option_heading(const OptionSpec& option) {
  std::string title =
      option.short_name != 0 ? format("-{}, --{}", option.short_name, option.name) : format("    --{}", option.name);
  if (option.takes_value()) title += " " + std::string(option.value_name);
  return title;
}

std::string option_text(const OptionSpec& option) {
  std::string text(option.help);
  if (option.values_are_all) {
    auto items = list_items(option.values);
    text += ": ";
    for (std::size_t i = 0; i < items.size(); ++i)
      text += std::string(i == 0 ? "" : i + 1 == items.size() ? " or " : ", ") + std::string(items[i]);
  }
  if (!option.default_value.empty() && option.default_value != "-1")
    text += format(" (default {})", option.default_value);
  return text;
}

std::string main_help(bool colour) {
  const CommandSpec& global = global_spec();
  std::string out =
      format("lichen - {}\n", to_lower(global.summary.substr(0, 1)) + std::string(global.summary.substr(1)));
  out += heading("Usage:", colour) + "  " + usage_line(global) + "\n";
  out += heading("To begin with:", colour) + example_lines(global, colour);
  for (const HelpGroup group : kHelpGroups) {
    out += heading(std::string(group_title(group)) + ":", colour);
    for (const auto* command : commands_below(""))
      if (command->group == group && !command->hidden && command->is_done() &&
          command->path.find(' ') == std::string_view::npos)
        out += command_line(command->path, *command, 10);
  }
  out += heading("Options before the command:", colour) + option_lines(global);
  out += heading("Not done yet:", colour) + "  " + wrapped(not_yet_names(), 2) + "\n";
  out += "\n'lichen COMMAND --help' explains a command. What works with docker or podman should work with lichen.\n";
  return out;
}

std::string group_help(const CommandSpec& group) {
  std::string out = format("Usage:  {}\n\n{}\n\nCommands:\n", usage_line(group), group.summary);
  const std::string prefix = std::string(group.path) + " ";
  std::string later;
  for (const auto* command : commands_below(group.path)) {
    if (command->hidden) continue;
    std::string_view name = command->path;
    if (!name.starts_with(prefix)) {
      for (const auto alias : list_items(command->aliases))
        if (alias.starts_with(prefix)) {
          name = alias;
          break;
        }
    }
    name.remove_prefix(prefix.size());
    if (command->is_done())
      out += command_line(name, *command, 10);
    else
      later += std::string(later.empty() ? "" : " ") + std::string(name);
  }
  if (const auto lines = option_lines(group); !lines.empty()) out += "\nOptions before the command:\n" + lines;
  if (!later.empty()) out += "\nNot done yet:\n  " + wrapped(later, 2) + "\n";
  return out + format("\n'lichen {} COMMAND --help' explains a command.\n", group.path);
}

std::string command_help(const CommandSpec& command, bool colour) {
  std::string out = format("Usage:  {}\n\n{}\n", usage_line(command), command.summary);
  if (!command.description.empty()) out += format("\n{}\n", command.description);
  if (!command.examples.empty())
    out += heading(list_items(command.examples, '\n').size() > 1 ? "Examples:" : "Example:", colour) +
           example_lines(command, colour);
  if (const auto lines = option_lines(command); !lines.empty()) out += heading("Options:", colour) + lines;
  if (!command.aliases.empty()) {
    out += heading("Also:", colour);
    for (const auto alias : list_items(command.aliases)) out += format("  lichen {}\n", alias);
  }
  return out;
}

}  // namespace lichen::cli
