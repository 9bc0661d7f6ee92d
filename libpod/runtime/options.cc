#include "libpod/runtime/options.hh"

#include <algorithm>
#include <variant>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::runtime {
namespace {

using Target = std::variant<bool Options::*, std::string Options::*, std::vector<std::string> Options::*>;

// Where an option may stand.
enum Scope : unsigned {
  kGlobal = 1,
  kCreate = 2,
  kRun = 4,
  kStart = 8,
  kState = 16,
  kKill = 32,
  kDelete = 64,
  kExec = 128,
  kList = 256,
  kFeatures = 512,
  kSpec = 1024,
  kPause = 2048,
  kUpdate = 4096,
  kMake = kCreate | kRun,
  kProcess = kMake | kExec,
};

struct CommandRow {
  std::string_view name;
  Scope scope;
  std::size_t min_arguments, max_arguments;
  std::string_view usage;
  std::string_view meaning;
};

constexpr std::size_t kAny = 1000000;

constexpr CommandRow kCommands[] = {
    {"create", kCreate, 1, 1, "ID", "make a container from a bundle; its program waits for start"},
    {"start", kStart, 1, 1, "ID", "run the program of a created container"},
    {"run", kRun, 1, 1, "ID", "create, start, wait and delete"},
    {"state", kState, 1, 1, "ID", "print the state as JSON"},
    {"kill", kKill, 1, 2, "ID [SIGNAL]", "send a signal, SIGTERM when none is given"},
    {"delete", kDelete, 1, 1, "ID", "remove what a stopped container left"},
    {"exec", kExec, 1, kAny, "ID [CMD [ARG...]]", "run a further program in a container"},
    {"pause", kPause, 1, 1, "ID", "freeze all processes (cgroup v2)"},
    {"resume", kPause, 1, 1, "ID", "thaw them"},
    {"update", kUpdate, 1, 1, "ID", "change limits (cgroup v2)"},
    {"ps", kList, 1, 1, "ID", "list the processes of a container"},
    {"list", kList, 0, 0, "", "list containers"},
    {"features", kFeatures, 0, 0, "", "print what this runtime can do as JSON"},
    {"spec", kSpec, 0, 0, "", "write a template config.json into the bundle"},
};

struct Row {
  std::string_view name;
  char letter;
  unsigned scope;
  Target target;
  std::string_view meaning;
};

const Row kRows[] = {
    {"root", 0, kGlobal, &Options::root, "directory of the containers' state"},
    {"log", 0, kGlobal, &Options::log, "file for errors, besides standard error"},
    {"log-format", 0, kGlobal, &Options::log_format, "text or json"},
    {"debug", 0, kGlobal, &Options::debug, "say what is done"},
    {"rootless", 0, kGlobal | kSpec, &Options::rootless,
     "true, false or auto: true runs without the limits that cannot be applied"},
    {"systemd-cgroup", 's', kGlobal, &Options::systemd_cgroup, "cgroupsPath is slice:prefix:name"},
    {"cgroup-manager", 0, kGlobal, &Options::cgroup_manager, "cgroupfs, systemd or disabled"},
    {"seccomp-cache", 0, kGlobal, &Options::seccomp_cache, "directory for compiled filters"},
    {"ignore-cgroups", 0, kGlobal, &Options::ignore_cgroups, "run without the limits that cannot be applied"},
    {"version", 'v', kGlobal, &Options::version, "print the version"},
    {"help", 'h', ~0u, &Options::help, "print help"},
    {"bundle", 'b', kMake | kSpec, &Options::bundle, "directory with config.json"},
    {"pid-file", 0, kProcess, &Options::pid_file, "file that gets the process id"},
    {"console-socket", 0, kProcess, &Options::console_socket, "unix socket that gets the terminal"},
    {"preserve-fds", 0, kProcess, &Options::preserve_fds_text, "how many descriptors from 3 on the program keeps"},
    {"no-pivot", 0, kMake, &Options::no_pivot, "refused"},
    {"no-new-keyring", 0, kMake, &Options::no_new_keyring, "keep the session keyring"},
    {"no-subreaper", 0, kMake, &Options::no_subreaper, "there is none anyway"},
    {"die-with-parent", 0, kMake, &Options::die_with_parent, "kill the container when our parent dies"},
    {"keep", 0, kRun, &Options::keep, "do not delete the container at its end"},
    {"detach", 'd', kRun | kExec, &Options::detach, "do not wait"},
    {"all", 'a', kKill, &Options::all, "signal all processes"},
    {"force", 'f', kDelete, &Options::force, "kill it first; nothing to delete is fine"},
    {"process", 'p', kExec, &Options::process_file, "file with the process section"},
    {"tty", 't', kExec, &Options::tty, "with a terminal"},
    {"user", 'u', kExec, &Options::user, "uid[:gid]"},
    {"cwd", 0, kExec, &Options::cwd, "working directory"},
    {"env", 'e', kExec, &Options::env, "NAME=value, repeated"},
    {"cap", 'c', kExec, &Options::caps, "further capability, repeated"},
    {"no-new-privs", 0, kExec, &Options::no_new_privs, "execve gives no privileges"},
    {"quiet", 'q', kList, &Options::quiet, "ids only"},
    {"format", 'f', kList, &Options::format, "table or json"},
    {"resources", 'r', kUpdate, &Options::resources_file, "file with the resources section, - for standard input"},
};

const CommandRow* find_command(std::string_view name) {
  for (const auto& row : kCommands)
    if (row.name == name) return &row;
  return nullptr;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& words) : words_(words) {}

  Options parse() {
    while (at_ < words_.size()) step(words_[at_++]);
    return std::move(options_);
  }

 private:
  void step(const std::string& word) {
    if (plain_ || word.size() < 2 || word[0] != '-') return argument(word);
    if (word == "--") {
      plain_ = true;
    } else if (word[1] == '-') {
      const auto pair = cut(std::string_view(word).substr(2), '=');
      const Row& row = find(pair ? pair->first : word.substr(2), word);
      assign(row, pair ? std::optional(pair->second) : std::nullopt, word);
    } else {
      letters(word);
    }
  }

  // -q, -b DIR, -bDIR; runc's library also takes -bundle.
  void letters(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const Row* row = find_letter(word[i]);
      if (row == nullptr) return unknown(word);
      const bool flag = std::holds_alternative<bool Options::*>(row->target);
      if (flag) {
        assign(*row, std::nullopt, word);
        continue;
      }
      const std::string rest = word.substr(i + 1);
      return assign(*row, rest.empty() ? std::nullopt : std::optional(rest[0] == '=' ? rest.substr(1) : rest), word);
    }
  }

  bool in_scope(const Row& row) const { return (row.scope & (command_ != nullptr ? command_->scope : kGlobal)) != 0; }

  const Row* find_letter(char letter) const {
    for (const auto& row : kRows)
      if (row.letter == letter && in_scope(row)) return &row;
    return nullptr;
  }

  const Row& find(const std::string& name, const std::string& word) const {
    for (const auto& row : kRows)
      if (row.name == name && in_scope(row)) return row;
    unknown(word);
  }

  [[noreturn]] void unknown(const std::string& word) const {
    std::vector<std::string> names;
    for (const auto& row : kRows)
      if (in_scope(row)) names.push_back("--" + std::string(row.name));
    Error error(ErrorKind::usage,
                format("unknown option '{}'{}", word, command_ != nullptr ? format(" of '{}'", command_->name) : ""));
    if (const auto near = nearest(word.substr(0, word.find('=')), names))
      error.with_hint("did you mean '" + *near + "'?");
    throw error;
  }

  void assign(const Row& row, std::optional<std::string> value, const std::string& word) {
    if (const auto* flag = std::get_if<bool Options::*>(&row.target)) {
      const auto on = value ? parse_bool(*value) : std::optional(true);
      if (!on) throw_error(ErrorKind::usage, "option '{}': it is either true or false", word);
      options_.*(*flag) = *on;
      return;
    }
    // crun writes --rootless=true, runc --rootless true; alone it means true.
    const bool optional = row.name == "rootless";
    if (!value && at_ < words_.size() && (!optional || words_[at_] == "auto" || parse_bool(words_[at_])))
      value = words_[at_++];
    if (!value && optional) value = "true";
    if (!value) throw_error(ErrorKind::usage, "option '{}' needs a value", word);
    if (const auto* text = std::get_if<std::string Options::*>(&row.target)) {
      options_.*(*text) = *value;
    } else {
      (options_.*std::get<std::vector<std::string> Options::*>(row.target)).push_back(*value);
    }
  }

  void argument(const std::string& word) {
    if (command_ == nullptr && !plain_) {
      command_ = find_command(word);
      if (command_ == nullptr) {
        std::vector<std::string> names;
        for (const auto& row : kCommands) names.emplace_back(row.name);
        Error error(ErrorKind::usage, "unknown command '" + word + "'");
        if (const auto near = nearest(word, names)) error.with_hint("did you mean '" + *near + "'?");
        throw error;
      }
      options_.command = word;
      return;
    }
    options_.arguments.push_back(word);
    // What follows `exec ID` is the program's.
    if (options_.command == "exec") plain_ = true;
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  bool plain_ = false;
  const CommandRow* command_ = nullptr;
  Options options_;
};

void check(Options& options) {
  if (options.version || options.help) return;
  if (options.command.empty()) throw Error(ErrorKind::usage, "no command is given").with_hint("see lichen-oci --help");
  const CommandRow& command = *find_command(options.command);
  if (options.arguments.size() < command.min_arguments || options.arguments.size() > command.max_arguments)
    throw_error(ErrorKind::usage, "usage: lichen-oci [options] {} [options] {}", command.name, command.usage);
  if (command.min_arguments > 0) check_id(options.arguments[0]);
  if (options.no_pivot)
    throw Error(ErrorKind::unsupported, "--no-pivot: a root that is only moved over can be left again")
        .with_hint("leave it out; a ramdisk root works with pivot_root since a bind mount is made first");
  if (options.log_format != "text" && options.log_format != "json")
    throw_error(ErrorKind::usage, "--log-format '{}': it is text or json", options.log_format);
  if (options.rootless != "auto" && !parse_bool(options.rootless))
    throw_error(ErrorKind::usage, "--rootless '{}': it is true, false or auto", options.rootless);
  if (options.cgroup_manager != "cgroupfs" && options.cgroup_manager != "systemd" &&
      options.cgroup_manager != "disabled")
    throw_error(ErrorKind::usage, "--cgroup-manager '{}': it is cgroupfs, systemd or disabled", options.cgroup_manager);
  if (options.format != "table" && options.format != "json")
    throw_error(ErrorKind::usage, "--format '{}': it is table or json", options.format);
  if (options.cgroup_manager == "systemd") options.systemd_cgroup = true;
  if (!options.preserve_fds_text.empty()) {
    const auto count = parse_uint(options.preserve_fds_text);
    if (!count || *count > 1024)
      throw_error(ErrorKind::usage, "--preserve-fds '{}': it is a number up to 1024", options.preserve_fds_text);
    options.preserve_fds = static_cast<int>(*count);
  }
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  Options options = Parser(words).parse();
  check(options);
  return options;
}

std::string help_text(const std::string& command) {
  const CommandRow* row = find_command(command);
  std::string text = row != nullptr ? format("usage: lichen-oci [options] {} [options] {}\n{}\n\noptions:\n", row->name,
                                             row->usage, row->meaning)
                                    : "usage: lichen-oci [options] COMMAND [options] [ID]\n\ncommands:\n";
  if (row == nullptr) {
    for (const auto& each : kCommands) text += format("  {:<10} {}\n", each.name, each.meaning);
    text += "\noptions:\n";
  }
  for (const auto& option : kRows) {
    if ((option.scope & (row != nullptr ? row->scope : kGlobal)) == 0 || option.meaning.empty()) continue;
    const std::string letter = option.letter != 0 ? format("-{}, ", option.letter) : "    ";
    text += format("  {}--{:<18} {}\n", letter, option.name, option.meaning);
  }
  return text;
}

void check_id(const std::string& id) {
  const bool good =
      !id.empty() && id.size() <= 255 && id != "." && id != ".." && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' ||
               c == '.' || c == '-';
      });
  if (!good)
    throw_error(ErrorKind::usage, "container id '{}': allowed are letters, digits and _ + . - (255 at most)", id);
}

}  // namespace lichen::runtime
