#include "buildah/stage_state.hh"

#include <algorithm>
#include <array>

#include "buildah/language/expand.hh"
#include "buildah/language/place.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"

namespace lichen::buildah {
namespace {

using language::Instruction;

constexpr std::array<std::string_view, 10> kProxies = {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy",
                                                       "FTP_PROXY",  "ftp_proxy",  "NO_PROXY",    "no_proxy",
                                                       "ALL_PROXY",  "all_proxy"};

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  const std::string entry = name + "=" + value;
  for (auto& known : env)
    if (known.starts_with(name + "=")) {
      known = entry;
      return;
    }
  env.push_back(entry);
}

void insert_sorted(std::vector<std::string>& list, std::string value) {
  const auto place = std::ranges::lower_bound(list, value);
  if (place == list.end() || *place != value) list.insert(place, std::move(value));
}

class Applier {
 public:
  Applier(const Instruction& instruction, const ArgScope& scope, char escape, StageState& state)
      : instruction_(instruction), scope_(scope), escape_(escape), state_(state), config_(state.config) {}

  bool operator()(const language::From&) { return false; }
  bool operator()(const language::Run&) { return false; }
  bool operator()(const language::Copy&) { return false; }

  // All values are from before the instruction: `ENV a=2 b=$a` gives b what a was.
  bool operator()(const language::Env& env) {
    std::vector<std::pair<std::string, std::string>> values;
    for (const auto& [key, value] : env.pairs) values.emplace_back(expand(key), expand(value));
    for (const auto& [name, value] : values) set_env(config_.env, name, value);
    return done();
  }
  bool operator()(const language::Arg& arg) {
    for (const auto& [key, value] : arg.pairs) declare(expand(key), value);
    return done();
  }
  bool operator()(const language::Label& label) {
    for (const auto& [key, value] : label.pairs) config_.labels[expand(key)] = expand(value);
    return done();
  }
  bool operator()(const language::Expose& expose) {
    for (const auto& word : expose.ports)
      for (const auto& text : words(word)) add_ports(word, text);
    return done();
  }
  bool operator()(const language::User& user) {
    config_.user = expand(user.user);
    return done();
  }
  bool operator()(const language::Workdir& workdir) {
    const std::string path = expand(workdir.path);
    if (path.empty()) fail(workdir.path, "WORKDIR needs a path: the variable in it is empty or unset");
    const std::string base = config_.working_dir.empty() ? "/" : config_.working_dir;
    config_.working_dir = clean_path(path.starts_with('/') ? path : base + "/" + path);
    return done();
  }
  bool operator()(const language::Volume& volume) {
    for (const auto& word : volume.paths) {
      const std::string path = expand(word);
      if (path.empty()) fail(word, "VOLUME needs a path: the variable in it is empty or unset");
      insert_sorted(config_.volumes, path);
    }
    return done();
  }
  bool operator()(const language::Stopsignal& stop) {
    config_.stop_signal = expand(stop.signal);
    try {
      spec::parse_signal(config_.stop_signal);
    } catch (const Error& error) {
      language::fail_at(*instruction_.source, stop.signal.position, error.what(), error.hint());
    }
    return done();
  }
  bool operator()(const language::Healthcheck& check) {
    spec::HealthConfig health;
    health.interval_ns = check.interval;
    health.timeout_ns = check.timeout;
    health.start_period_ns = check.start_period;
    health.start_interval_ns = check.start_interval;
    health.retries = check.retries;
    if (check.is_none) {
      health.test = {"NONE"};
    } else {
      health.test = {check.command.is_shell ? "CMD-SHELL" : "CMD"};
      health.test.insert(health.test.end(), check.command.args.begin(), check.command.args.end());
    }
    config_.healthcheck = std::move(health);
    return done();
  }
  bool operator()(const language::Shell& shell) {
    config_.shell = shell.args;
    return done();
  }
  bool operator()(const language::Onbuild& trigger) {
    config_.on_build.push_back(trigger.text);
    return done();
  }
  bool operator()(const language::Cmd& cmd) {
    config_.cmd = command_words(cmd.command, state_);
    state_.has_own_cmd = true;
    return done();
  }
  bool operator()(const language::Entrypoint& entrypoint) {
    config_.entrypoint = command_words(entrypoint.command, state_);
    if (!state_.has_own_cmd) config_.cmd.clear();  // the base image's was meant for its own entry point
    return done();
  }
  bool operator()(const language::Maintainer& maintainer) {
    config_.author = maintainer.name;
    return done();
  }

 private:
  std::string expand(const language::Word& word) const { return expand_word(word, instruction_, state_, escape_); }

  [[noreturn]] void fail(const language::Word& word, const std::string& why) const {
    language::fail_at(*instruction_.source, word.position, why);
  }

  std::vector<std::string> words(const language::Word& word) const {
    try {
      return language::expand_words(
                 word.text, [&](std::string_view name) { return find_variable(state_, name); }, escape_)
          .words;
    } catch (const Error& error) {
      fail(word, error.what());
    }
  }

  bool done() {
    add_history(state_,
                instruction_.keyword +
                    instruction_.text.substr(std::min(instruction_.text.size(), instruction_.keyword.size())),
                /*has_layer=*/false);
    return true;
  }

  // --build-arg, else the default that stands here, else what is global, or of the platform.
  void declare(const std::string& name, const std::optional<language::Word>& value) {
    std::optional<std::string> chosen;
    if (const auto given = scope_.given.find(name); given != scope_.given.end()) chosen = given->second;
    if (!chosen && value) chosen = expand(*value);
    if (!chosen)
      for (const auto* source : {&scope_.globals, &scope_.platform})
        if (const auto found = source->find(name); found != source->end() && !chosen) chosen = found->second;
    std::erase_if(state_.args, [&](const auto& arg) { return arg.first == name; });
    if (chosen) state_.args.emplace_back(name, *chosen);
  }

  void add_ports(const language::Word& word, const std::string& text) {
    const auto slash = text.find('/');
    std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
    std::ranges::transform(protocol, protocol.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    const std::string range = text.substr(0, slash);
    const auto dash = range.find('-');
    const auto first = parse_uint(range.substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_uint(range.substr(dash + 1));
    const bool known = protocol == "tcp" || protocol == "udp" || protocol == "sctp";
    if (!first || !last || *first < 1 || *last > 65535 || *first > *last || !known)
      fail(word, format("'{}' is no port: write 80, 80/udp or 8000-8010", text));
    for (auto port = *first; port <= *last; ++port)
      insert_sorted(config_.exposed_ports, format("{}/{}", port, protocol));
  }

  const Instruction& instruction_;
  const ArgScope& scope_;
  char escape_;
  StageState& state_;
  spec::ImageConfig& config_;
};

}  // namespace

bool is_proxy_arg(std::string_view name) { return std::ranges::find(kProxies, name) != kProxies.end(); }

std::optional<std::string> find_variable(const StageState& state, std::string_view name) {
  for (const auto& entry : state.config.env)
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name))
      return entry.substr(name.size() + 1);
  for (const auto& [key, value] : state.args)
    if (key == name) return value;
  return std::nullopt;
}

std::string expand_word(const language::Word& word, const Instruction& instruction, const StageState& state,
                        char escape) {
  try {
    return language::expand(
               word.text, [&](std::string_view name) { return find_variable(state, name); }, escape)
        .text;
  } catch (const Error& error) {
    language::fail_at(*instruction.source, word.position, error.what(), error.hint());
  }
}

bool apply_metadata(const Instruction& instruction, const ArgScope& scope, char escape, StageState& state) {
  return std::visit(Applier(instruction, scope, escape, state), instruction.body);
}

std::vector<std::string> run_environment(const StageState& state, const ArgScope& scope, bool with_proxies) {
  std::vector<std::string> env = state.config.env;
  const auto has = [&](const std::string& name) {
    return std::ranges::any_of(env, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  };
  for (const auto& [name, value] : state.args)
    if (!has(name) && !is_proxy_arg(name)) env.push_back(name + "=" + value);
  if (with_proxies)
    for (const auto& [name, value] : scope.given)
      if (is_proxy_arg(name) && !has(name)) env.push_back(name + "=" + value);
  return env;
}

std::vector<std::string> shell_of(const StageState& state) {
  return state.config.shell.empty() ? std::vector<std::string>{"/bin/sh", "-c"} : state.config.shell;
}

std::vector<std::string> command_words(const language::Command& command, const StageState& state) {
  if (!command.is_shell) return command.args;
  auto words = shell_of(state);
  words.insert(words.end(), command.args.begin(), command.args.end());
  return words;
}

void add_history(StageState& state, std::string created_by, bool has_layer) {
  spec::HistoryEntry entry;
  entry.created_by = std::move(created_by);
  entry.comment = "lichen";
  entry.empty_layer = !has_layer;
  state.config.history.push_back(std::move(entry));
}

}  // namespace lichen::buildah
