#include "src/completion.hh"

#include <algorithm>
#include <tuple>

#include "libpod/base/format.hh"
#include "libpod/base/strings.hh"
#include "src/help.hh"

namespace lichen::cli {
namespace {

class Completer {
 public:
  Completer(std::span<const std::string> words, const ObjectNames& objects)
      : before_(words.first(words.size() - 1)), current_(words.back()), objects_(objects) {}

  Completions run() {
    const std::size_t global = skip_options(global_spec(), before_);
    if (pending_ != nullptr) {
      complete_value(*pending_, current_, "");
      return std::move(result_);
    }
    auto rest = before_.subspan(global);
    auto [command, count] = match_command(rest);
    std::vector<std::string> without;
    if (command != nullptr && command->is_group && !command->options[0].empty()) {
      // lichen compose -f FILE up: past the group's own options.
      const std::size_t own = skip_options(*command, rest.subspan(count));
      if (pending_ != nullptr) {
        complete_value(*pending_, current_, "");
        return std::move(result_);
      }
      without.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
      without.insert(without.end(), rest.begin() + static_cast<std::ptrdiff_t>(count + own), rest.end());
      if (without.size() == count && current_.starts_with('-')) {
        complete_flags(*command);
        return std::move(result_);
      }
      rest = without;
      std::tie(command, count) = [&] {
        const auto match = match_command(rest);
        return std::pair(match.command, match.words);
      }();
    }
    if (command == nullptr) {
      if (!rest.empty()) return {};
      if (current_.starts_with('-'))
        complete_flags(global_spec());
      else
        complete_commands("");
    } else if (command->is_group) {
      if (rest.size() == count) complete_commands(command->path);
    } else if (command->path == "help") {
      if (rest.size() == count) complete_commands("");
    } else {
      complete_arguments(*command, rest.subspan(count));
    }
    return std::move(result_);
  }

 private:
  /// Past the leading options; pending_ is set when the last one waits for its value.
  std::size_t skip_options(const CommandSpec& command, std::span<const std::string> words) {
    std::size_t i = 0;
    while (i < words.size() && words[i].size() > 1 && words[i][0] == '-' && words[i] != "--") {
      const OptionSpec* waiting = option_without_value(command, words[i]);
      i += 1;
      if (waiting == nullptr) continue;
      if (i == words.size())
        pending_ = waiting;
      else
        ++i;
    }
    return i;
  }

  /// The option that the word names when it takes a value that is not in the word.
  static const OptionSpec* option_without_value(const CommandSpec& command, const std::string& word) {
    if (word.starts_with("--")) {
      const OptionSpec* option = find_option(command, std::string_view(word).substr(2));
      return option != nullptr && option->takes_value() ? option : nullptr;
    }
    for (std::size_t i = 1; i < word.size(); ++i) {
      const OptionSpec* option = find_option(command, word[i]);
      if (option == nullptr) return nullptr;
      if (option->takes_value()) return i + 1 == word.size() ? option : nullptr;
    }
    return nullptr;
  }

  void complete_arguments(const CommandSpec& command, std::span<const std::string> words) {
    std::size_t positionals = 0;
    while (true) {
      words = words.subspan(skip_options(command, words));
      if (pending_ != nullptr) return complete_value(*pending_, current_, "");
      if (words.empty()) break;
      if (words[0] == "--" || command.options_stop_at_first_argument) {
        positionals += words.size() - (words[0] == "--" ? 1 : 0);
        return complete_positional(command, positionals);
      }
      ++positionals;
      words = words.subspan(1);
    }
    if (!current_.starts_with('-')) return complete_positional(command, positionals);
    const auto equals = current_.find('=');
    if (equals == std::string::npos) return complete_flags(command);
    const OptionSpec* option =
        current_.starts_with("--") ? find_option(command, current_.substr(2, equals - 2)) : nullptr;
    if (option != nullptr) complete_value(*option, current_.substr(equals + 1), current_.substr(0, equals + 1));
  }

  void complete_positional(const CommandSpec& command, std::size_t index) {
    const ArgumentRule& rule = command.arguments;
    if (rule.max >= 0 && index >= static_cast<std::size_t>(rule.max)) return;
    if (index > 0 && command.options_stop_at_first_argument) {  // the words of a command in the container
      result_.fallback = Completions::Fallback::files;
      return;
    }
    for (const auto value : list_items(rule.values)) offer(value, "");
    if (command.path == "inspect")
      for (const auto kind : {CompletionKind::image, CompletionKind::volume}) complete_kind(kind, "", "");
    complete_kind(rule.completes, current_, "");
  }

  void complete_commands(std::string_view group) {
    const std::string prefix = group.empty() ? "" : std::string(group) + " ";
    for (const CommandSpec* command : commands_below(group)) {
      if (command->hidden || !command->is_done()) continue;
      std::vector<std::string_view> names = list_items(command->aliases);
      names.insert(names.begin(), command->path);
      for (const auto name : names)
        if (name.starts_with(prefix) && name.find(' ', prefix.size()) == std::string_view::npos)
          offer(name.substr(prefix.size()), command->summary);
    }
  }

  void complete_flags(const CommandSpec& command) {
    for (const OptionSpec* option : visible_options(command)) offer("--" + std::string(option->name), option->help);
    offer("--help", "Explain the command");
  }

  /// @param prefix  what stands before the value in the same word: "--pull="
  void complete_value(const OptionSpec& option, const std::string& typed, const std::string& prefix) {
    for (const auto value : list_items(option.values)) {
      if (!value.starts_with(typed)) continue;
      offer(prefix + std::string(value), "");
      if (value.ends_with('=') || value.ends_with(':') || value.ends_with(',')) result_.no_space = true;
    }
    complete_kind(option.completes, typed, prefix);
    // -v takes both a volume and a path.
    if (option.name == "volume") result_.fallback = Completions::Fallback::files;
  }

  void complete_kind(CompletionKind kind, const std::string& typed, const std::string& prefix) {
    if (kind == CompletionKind::none) return;
    if (kind == CompletionKind::file || kind == CompletionKind::program) {
      result_.fallback = Completions::Fallback::files;
    } else if (kind == CompletionKind::directory) {
      result_.fallback = Completions::Fallback::directories;
    } else {
      for (const auto& name : objects_(kind))
        if (name.starts_with(typed)) offer(prefix + name, "");
    }
  }

  void offer(std::string_view word, std::string_view description) {
    if (word.starts_with(current_)) result_.items.push_back({std::string(word), std::string(description)});
  }

  std::span<const std::string> before_;
  std::string current_;
  const ObjectNames& objects_;
  const OptionSpec* pending_ = nullptr;
  Completions result_;
};

}  // namespace

Completions complete_words(std::span<const std::string> words, const ObjectNames& objects) {
  if (words.empty()) return {};
  return Completer(words, objects).run();
}

std::string format_completions(const Completions& completions) {
  std::string out;
  for (const auto& item : completions.items)
    out += item.word + (item.description.empty() ? "" : "\t" + item.description) + "\n";
  switch (completions.fallback) {
    case Completions::Fallback::files:
      out += ":files";
      break;
    case Completions::Fallback::directories:
      out += ":directories";
      break;
    case Completions::Fallback::nothing:
      out += ":none";
      break;
  }
  return out + (completions.no_space ? ",nospace\n" : "\n");
}

}  // namespace lichen::cli
