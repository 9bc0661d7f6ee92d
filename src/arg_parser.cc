#include "src/arg_parser.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::cli {
namespace {

[[noreturn]] void throw_not_yet(const CommandSpec& command, std::string_view flag) {
  const std::string owner = command.path.empty() ? "" : " of '" + command_title(command) + "'";
  throw Error(ErrorKind::unsupported, format("the flag {}{} is not done yet", flag, owner))
      .with_hint(format("see '{} --help' for the flags that work", command_title(command)));
}

[[noreturn]] void throw_unknown_flag(const CommandSpec& command, const std::string& name) {
  std::vector<std::string> candidates;
  for (const auto part : command.options)
    for (const OptionSpec& option : part)
      if (!option.hidden) candidates.emplace_back(option.name);
  const auto near = nearest(name, candidates);
  throw_usage(command, "unknown flag: --" + name, near ? format("did you mean '--{}'?", *near) : "");
}

class Scanner {
 public:
  Scanner(const CommandSpec& command, std::span<const std::string> words) : command_(command), words_(words) {}

  NormalizedWords run() {
    while (next_ < words_.size() && !result_.wants_help) {
      const std::string& word = words_[next_];
      if (word == "--") {
        ++next_;
        if (result_.positionals.empty()) result_.consumed = next_;
        break;
      }
      if (word.size() < 2 || word[0] != '-') {
        if (command_.options_stop_at_first_argument) break;
        result_.positionals.push_back(word);
        ++next_;
        continue;
      }
      ++next_;
      word[1] == '-' ? read_long(word.substr(2)) : read_cluster(word);
      if (result_.positionals.empty()) result_.consumed = next_;
    }
    for (; next_ < words_.size() && !result_.wants_help; ++next_) result_.positionals.push_back(words_[next_]);
    return std::move(result_);
  }

 private:
  void read_long(const std::string& text) {
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const OptionSpec* option = find_option(command_, name);
    if (option == nullptr) {
      if (name == "help") {
        result_.wants_help = true;
        return;
      }
      if (is_not_yet_option(command_, name)) throw_not_yet(command_, "--" + name);
      if (name.empty() || name[0] == '-') throw_usage(command_, format("bad flag syntax: --{}", text));
      throw_unknown_flag(command_, name);
    }
    if (option->state == OptionState::not_yet) throw_not_yet(command_, "--" + name);
    if (equals != std::string::npos) {
      add(*option, text.substr(equals + 1));
    } else if (!option->takes_value()) {
      add(*option, "true");
    } else if (!option->alone.empty()) {
      add(*option, std::string(option->alone));
    } else {
      add(*option, take_value(format("flag needs an argument: --{}", name)));
    }
  }

  // "-it", "-p80:80", "-e=V", "-t=false": letters are flags up to the first that takes a value.
  void read_cluster(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const char letter = word[i];
      const OptionSpec* option = find_option(command_, letter);
      if (option == nullptr) {
        if (letter == 'h') {
          result_.wants_help = true;
          return;
        }
        if (is_not_yet_option(command_, letter)) throw_not_yet(command_, format("-{}", letter));
        throw_usage(command_, format("unknown shorthand flag: '{}' in {}", letter, word));
      }
      if (option->state == OptionState::not_yet) throw_not_yet(command_, format("-{}", letter));
      if (i + 1 < word.size() && word[i + 1] == '=') return add(*option, word.substr(i + 2));
      if (option->takes_value()) {
        if (i + 1 < word.size()) return add(*option, word.substr(i + 1));
        return add(*option, take_value(format("flag needs an argument: '{}' in {}", letter, word)));
      }
      add(*option, "true");
    }
  }

  std::string take_value(const std::string& missing) {
    if (next_ >= words_.size()) throw_usage(command_, missing);
    return words_[next_++];
  }

  void add(const OptionSpec& option, std::string value) {
    const OptionSpec* target = option.alias_of.empty() ? &option : find_option(command_, option.alias_of);
    LICHEN_ASSERT(target != nullptr);
    if (target->state == OptionState::not_yet) throw_not_yet(command_, format("--{}", option.name));
    result_.uses.push_back({target, std::move(value)});
  }

  const CommandSpec& command_;
  std::span<const std::string> words_;
  std::size_t next_ = 0;
  NormalizedWords result_;
};

}  // namespace

void throw_usage(const CommandSpec& command, std::string message, std::string_view hint) {
  const std::string see = format("See '{} --help'.", command_title(command));
  throw Error(ErrorKind::usage, std::move(message)).with_hint(hint.empty() ? see : format("{} {}", hint, see));
}

NormalizedWords normalize_words(const CommandSpec& command, std::span<const std::string> words) {
  return Scanner(command, words).run();
}

ParsedArgs parse_arguments(const CommandSpec& command, std::span<const std::string> words) {
  return bind_options(command, normalize_words(command, words));
}

}  // namespace lichen::cli
