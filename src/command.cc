#include "src/command.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::cli {
namespace {

bool has_item(std::string_view list, std::string_view word, char separator = '|') {
  while (!list.empty()) {
    const auto end = list.find(separator);
    if (list.substr(0, end) == word) return true;
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return false;
}

template <typename Function>
void for_each_command(const Function& function) {
  for (const auto family : command_families())
    for (const CommandSpec& command : family) function(command);
}

}  // namespace

std::vector<std::string_view> list_items(std::string_view text, char separator) {
  std::vector<std::string_view> items;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (end != 0) items.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return items;
}

const CommandSpec* find_command(std::string_view path) {
  const CommandSpec* found = nullptr;
  for_each_command([&](const CommandSpec& command) {
    if (found == nullptr && (command.path == path || has_item(command.aliases, path))) found = &command;
  });
  return found;
}

CommandMatch match_command(std::span<const std::string> words) {
  CommandMatch best;
  std::string path;
  for (std::size_t i = 0; i < words.size() && i < 3; ++i) {
    if (i > 0) path += ' ';
    path += words[i];
    const CommandSpec* command = find_command(path);
    if (command == nullptr) break;
    best = {command, i + 1};
    if (!command->is_group) break;
  }
  return best;
}

void throw_unknown_command(const CommandSpec* group, std::string_view word) {
  const std::string prefix = group == nullptr ? "" : std::string(group->path) + " ";
  std::vector<std::string> candidates;
  for (const std::string& name : command_names()) {
    if (!name.starts_with(prefix)) continue;
    const std::string rest = name.substr(prefix.size());
    if (rest.find(' ') == std::string::npos) candidates.push_back(rest);
  }
  const std::string title = "lichen " + prefix;
  const std::string help = group == nullptr ? "lichen --help" : "lichen " + std::string(group->path) + " --help";
  std::string hint = format("see '{}' for the list of commands", help);
  if (const auto near = nearest(word, candidates)) hint = format("did you mean '{}{}'? See '{}'.", title, *near, help);
  throw Error(ErrorKind::usage, format("unknown command: {}{}", title, word)).with_hint(hint);
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for_each_command([&](const CommandSpec& command) {
    if (command.hidden) return;
    names.emplace_back(command.path);
    for (const auto alias : list_items(command.aliases)) names.emplace_back(alias);
  });
  return names;
}

std::vector<const CommandSpec*> commands_below(std::string_view group) {
  const std::string prefix = group.empty() ? "" : std::string(group) + " ";
  std::vector<const CommandSpec*> found;
  const auto is_child = [&](std::string_view path) {
    return path.starts_with(prefix) && path.size() > prefix.size() &&
           path.find(' ', prefix.size()) == std::string_view::npos;
  };
  for_each_command([&](const CommandSpec& command) {
    const auto aliases = list_items(command.aliases);
    if (is_child(command.path) || std::any_of(aliases.begin(), aliases.end(), is_child)) found.push_back(&command);
  });
  return found;
}

const OptionSpec* find_option(const CommandSpec& command, std::string_view name) {
  for (const auto part : command.options)
    for (const OptionSpec& option : part)
      if (option.name == name) return &option;
  return nullptr;
}

const OptionSpec* find_option(const CommandSpec& command, char short_name) {
  if (short_name == 0) return nullptr;
  for (const auto part : command.options)
    for (const OptionSpec& option : part)
      if (option.short_name == short_name) return &option;
  return nullptr;
}

bool is_not_yet_option(const CommandSpec& command, std::string_view name) {
  for (const auto part : command.not_yet_options)
    for (const auto item : list_items(part, ' '))
      if (item.substr(0, item.find('/')) == name) return true;
  return false;
}

bool is_not_yet_option(const CommandSpec& command, char short_name) {
  for (const auto part : command.not_yet_options)
    for (const auto item : list_items(part, ' '))
      if (item.size() > 2 && item[item.size() - 2] == '/' && item.back() == short_name) return true;
  return false;
}

std::string option_title(const OptionSpec& option) {
  if (option.short_name == 0) return format("--{}", option.name);
  return format("-{}, --{}", option.short_name, option.name);
}

std::string command_title(const CommandSpec& command) {
  return command.path.empty() ? "lichen" : "lichen " + std::string(command.path);
}

}  // namespace lichen::cli
