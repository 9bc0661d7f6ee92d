// Follows ARG and ENV through the stages as a build would, without running anything, and looks at expanded words.
//
// Values are needed only where a rule looks at them, so long ones are cut and what all stages keep together is bounded:
// a file of ENV A=$A$A... costs no more than it has bytes.
#include <algorithm>
#include <memory>

#include "buildah/language/expand.hh"
#include "buildah/language/linter.hh"
#include "buildah/language/mount.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/platform.hh"
#include "libpod/spec/reference.hh"

namespace lichen::language {
namespace {

constexpr std::size_t kKeptValue = 1024;
constexpr std::size_t kMaxKept = 200'000;

using Values = std::map<std::string, std::shared_ptr<const std::string>, std::less<>>;

struct StageState {
  Values values;
  std::set<std::string> declared;  // ARG without a value
  bool has_workdir = false;
  bool has_shell = false;
};

void keep(Values& values, const std::string& name, std::string_view value) {
  values[name] = std::make_shared<const std::string>(value.substr(0, kKeptValue));
}

std::string in_quotes(std::string_view text) { return "'" + printable(text.substr(0, 200)) + "'"; }

std::string suggestion(const std::string& name, const Values& values, unsigned& left) {
  if (name.size() > 64 || left == 0) return {};
  --left;
  std::vector<std::string> names;
  for (const auto& [key, value] : values)
    if (names.size() < 1000 && key.size() <= 64) names.push_back(key);
  const auto near = nearest(name, names);
  return near ? format(" (did you mean ${}?)", *near) : std::string();
}

// docker's list: a part of the name between underscores says that it is a secret, unless another says that it is not.
bool is_secret(std::string_view name) {
  static const std::vector<std::string> kBad = {"apikey",   "auth",  "credential", "credentials", "key",
                                                "password", "pword", "passwd",     "secret",      "token"};
  static const std::vector<std::string> kGood = {"public", "file", "version"};
  bool is_bad = false;
  for (const auto& part : split(to_lower(name), '_')) {
    if (std::find(kGood.begin(), kGood.end(), part) != kGood.end()) return false;
    is_bad = is_bad || std::find(kBad.begin(), kBad.end(), part) != kBad.end();
  }
  return is_bad;
}

class ValueLinter {
 public:
  explicit ValueLinter(Linter& linter)
      : linter_(linter), file_(linter.dockerfile()), escape_(linter.dockerfile().directives.escape) {}

  void run() {
    read_global_args();
    for (const auto& stage : file_.stages) {
      lint_from(stage);
      StageState state = start_of(stage);
      for (const auto& step : stage.steps) lint_step(step, state);
      kept_ += state.values.size();
      if (kept_ > kMaxKept) return;
      if (!stage.from.name.empty()) stages_[stage.from.name] = std::move(state);
    }
  }

 private:
  static Lookup lookup_in(const Values& values) {
    return [&values](std::string_view name) -> std::optional<std::string> {
      const auto found = values.find(name);
      return found == values.end() ? std::nullopt : std::optional(*found->second);
    };
  }

  /// nullopt: it cannot be expanded, which the build will say.
  std::optional<Expanded> try_expand(std::string_view text, const Values& values) const {
    try {
      return expand(text, lookup_in(values), escape_);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  void read_global_args() {
    for (const char* name :
         {"BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT", "TARGETPLATFORM", "TARGETOS",
          "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE"})
      keep(globals_, name, std::string_view(name).ends_with("PLATFORM") ? "linux/amd64" : "x");
    defaults_ = globals_;
    for (const auto& line : file_.global_args) {
      for (const auto& pair : std::get<Arg>(line.body).pairs) {
        lint_secret(line, pair.key, "ARG");
        const auto given = linter_.options().build_args.find(pair.key.text);
        const auto fallback = pair.value ? try_expand(pair.value->text, defaults_) : Expanded();
        keep(defaults_, pair.key.text, fallback ? fallback->text : "");
        keep(globals_, pair.key.text,
             given != linter_.options().build_args.end() ? given->second
             : pair.value                                ? text_of(*pair.value, globals_)
                                                         : "");
      }
    }
  }
  std::string text_of(const Word& word, const Values& values) const {
    const auto result = try_expand(word.text, values);
    return result ? result->text : "";
  }

  void lint_from(const Stage& stage) {
    const auto image = try_expand(stage.from.image.text, globals_);
    if (image) report_undeclared(stage, stage.from.image, *image);
    const auto base = try_expand(stage.from.image.text, defaults_);
    if (base && stage.from.image.text.find('$') != std::string::npos && !is_image_name(base->text))
      linter_.report(
          "InvalidDefaultArgInFrom", stage.from.image.position, stage.from_line.end_line,
          format("with the defaults of its ARGs {} is no valid image name", in_quotes(stage.from.image.text)));
    if (stage.from.platform) lint_platform(stage, *stage.from.platform);
  }

  static bool is_image_name(const std::string& text) {
    try {
      spec::parse_reference(text);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void report_undeclared(const Stage& stage, const Word& word, const Names& names) {
    for (const auto& name : names.undefined)
      linter_.report("UndefinedArgInFrom", word.position, stage.from_line.end_line,
                     format("'${}' in FROM is not declared by an ARG before it{}", printable(name.substr(0, 200)),
                            suggestion(name, globals_, suggestions_left_)));
  }

  void lint_platform(const Stage& stage, const Word& word) {
    const auto result = try_expand(word.text, globals_);
    if (!result) return;
    report_undeclared(stage, word, *result);
    const bool has_unset = !result->undefined.empty() || !result->defaulted.empty();
    if (result->used == std::set<std::string>{"TARGETPLATFORM"} && !has_unset &&
        result->text == *globals_.at("TARGETPLATFORM"))
      linter_.report("RedundantTargetPlatform", word.position, stage.from_line.end_line,
                     format("--platform={} is what FROM does anyhow", printable(word.text)));
    if (!result->used.empty() || has_unset) return;
    try {
      const auto platform = spec::parse_platform(result->text);
      const auto& name = stage.from.name;
      // A stage that is named after its platform is meant so.
      if (name.find(platform.os) != std::string::npos || name.find(platform.architecture) != std::string::npos) return;
      linter_.report("FromPlatformFlagConstDisallowed", word.position, stage.from_line.end_line,
                     format("--platform of FROM is the constant {}", in_quotes(result->text)));
    } catch (const Error&) {
      return;
    }
  }

  StageState start_of(const Stage& stage) {
    StageState state;
    const auto image = try_expand(stage.from.image.text, globals_);
    const std::string name = image ? image->text : "";
    const auto base = stages_.find(to_lower(name));
    if (base != stages_.end()) {
      state = base->second;
      state.declared.clear();
      return state;
    }
    // Every image has PATH when it runs (oci/image-spec says nothing; docker and podman set it).
    keep(state.values, "PATH", "");
    if (name == "scratch" || !linter_.options().base_env) return state;
    const auto environment = linter_.options().base_env(name);
    if (!environment) return state;
    for (const auto& entry : *environment)
      if (const auto pair = cut(entry, '=')) keep(state.values, pair->first, pair->second);
    return state;
  }

  /// Expand for a rule's sake and say which variables are not there.
  std::string value_of(const Instruction& step, const Word& word, const StageState& state) {
    const auto result = try_expand(word.text, state.values);
    if (!result) return {};
    report_undefined(step, word.position, *result, state);
    return result->text;
  }

  void report_undefined(const Instruction& step, Position position, const Names& names, const StageState& state) {
    for (const auto& name : names.undefined) {
      if (state.declared.contains(name) || !reported_.insert(name).second) continue;
      linter_.report("UndefinedVar", position, step.end_line,
                     format("'${}' is not defined{}", printable(name.substr(0, 200)),
                            suggestion(name, state.values, suggestions_left_)));
    }
  }

  void lint_secret(const Instruction& step, const Word& key, std::string_view keyword) {
    if (is_secret(key.text))
      linter_.report(
          "SecretsUsedInArgOrEnv", key.position, step.end_line,
          format("{} {} would leave a secret in the image; use RUN --mount=type=secret", keyword, in_quotes(key.text)));
  }

  void lint_step(const Instruction& step, StageState& state) {
    reported_.clear();
    std::visit([&](const auto& body) { lint_body(step, body, state); }, step.body);
  }

  template <typename Body>
  void lint_body(const Instruction&, const Body&, StageState&) {}  // no variables, no rule

  void lint_body(const Instruction& step, const Arg& arg, StageState& state) {
    for (const auto& pair : arg.pairs) {
      lint_secret(step, pair.key, "ARG");
      const auto key = value_of(step, pair.key, state);
      const auto given = linter_.options().build_args.find(key);
      const auto fallback = pair.value ? value_of(step, *pair.value, state) : std::string();
      const auto global = globals_.find(key);
      state.declared.insert(key);
      if (given != linter_.options().build_args.end())
        keep(state.values, key, given->second);
      else if (pair.value)
        keep(state.values, key, fallback);
      else if (global != globals_.end())
        state.values[key] = global->second;
    }
  }

  void lint_body(const Instruction& step, const Env& env, StageState& state) {
    std::vector<std::pair<std::string, std::string>> pairs;
    // All values see what was before the instruction.
    for (const auto& pair : env.pairs) {
      lint_secret(step, pair.key, "ENV");
      auto key = value_of(step, pair.key, state);
      pairs.emplace_back(std::move(key), value_of(step, pair.value, state).substr(0, kKeptValue));
    }
    for (const auto& [key, value] : pairs) keep(state.values, key, value);
  }

  void lint_body(const Instruction& step, const Label& label, StageState& state) {
    for (const auto& pair : label.pairs) {
      value_of(step, pair.key, state);
      value_of(step, pair.value, state);
    }
  }

  void lint_body(const Instruction& step, const Run& run, StageState& state) {
    for (const auto& mount : run.mounts)
      for (const auto& [key, value] : mount.keys)
        if (value && key != "from") value_of(step, {*value, mount.position}, state);
  }

  void lint_body(const Instruction& step, const Copy& copy, StageState& state) {
    for (const auto* word : {&copy.chown, &copy.chmod, &copy.checksum})
      if (*word) value_of(step, **word, state);
    for (const auto& word : copy.exclude) value_of(step, word, state);
    value_of(step, copy.destination, state);
    for (const auto& source : copy.sources) lint_ignored(step, copy, source, value_of(step, source, state));
    for (const auto& heredoc : copy.heredocs) {
      if (!heredoc.is_expanded) continue;
      try {
        report_undefined(step, heredoc.position, expand_heredoc(heredoc.body, lookup_in(state.values)), state);
      } catch (const Error&) {
        continue;
      }
    }
  }

  void lint_ignored(const Instruction& step, const Copy& copy, const Word& source, const std::string& path) {
    const auto* rules = linter_.options().ignore_rules;
    // With exceptions a directory that is ignored may still have something in it.
    if (!rules || rules->has_exceptions() || !copy.from.empty() || path.find("://") != std::string::npos) return;
    auto clean = clean_path(path);
    if (clean.starts_with('/')) clean.erase(0, 1);
    if (rules->ignores(clean))
      linter_.report("CopyIgnoredFile", source.position, step.end_line,
                     format("{} takes {}, which the ignore file excludes", step.keyword, in_quotes(clean)));
  }

  void lint_body(const Instruction& step, const Expose& expose, StageState& state) {
    for (const auto& word : expose.ports) {
      ExpandedWords result;
      try {
        result = expand_words(word.text, lookup_in(state.values), escape_);
      } catch (const Error&) {
        continue;
      }
      report_undefined(step, word.position, result, state);
      for (const auto& port : result.words) lint_port(step, word.position, port);
    }
  }

  void lint_port(const Instruction& step, Position position, const std::string& port) {
    const auto slash = port.find('/');
    const auto protocol = slash == std::string::npos ? std::string() : port.substr(slash + 1);
    if (to_lower(protocol) != protocol)
      linter_.report("ExposeProtoCasing", position, step.end_line,
                     format("the protocol of {} should be in lower case", in_quotes(port)));
    if (port.substr(0, slash).find(':') != std::string::npos)
      linter_.report("ExposeInvalidFormat", position, step.end_line,
                     format("EXPOSE has no address and no port of the host, as in {}", in_quotes(port)));
  }

  void lint_body(const Instruction& step, const User& user, StageState& state) { value_of(step, user.user, state); }
  void lint_body(const Instruction& step, const Stopsignal& signal, StageState& state) {
    value_of(step, signal.signal, state);
  }
  void lint_body(const Instruction& step, const Volume& volume, StageState& state) {
    for (const auto& path : volume.paths) value_of(step, path, state);
  }

  void lint_body(const Instruction& step, const Workdir& workdir, StageState& state) {
    if (!try_expand(workdir.path.text, state.values)) return;
    const auto path = value_of(step, workdir.path, state);
    if (!state.has_workdir && !path.starts_with('/'))
      linter_.report("WorkdirRelativePath", workdir.path.position, step.end_line,
                     format("{} is relative to whatever the base image has", in_quotes(path)));
    state.has_workdir = true;
  }

  void lint_body(const Instruction&, const Shell&, StageState& state) { state.has_shell = true; }
  void lint_body(const Instruction& step, const Cmd& cmd, StageState& state) {
    lint_shell_form(step, cmd.command, state);
  }
  void lint_body(const Instruction& step, const Entrypoint& entrypoint, StageState& state) {
    lint_shell_form(step, entrypoint.command, state);
  }
  // Whoever sets SHELL wants a shell.
  void lint_shell_form(const Instruction& step, const Command& command, const StageState& state) {
    if (command.is_shell && !state.has_shell)
      linter_.report(
          "JSONArgsRecommended", step,
          format("write {} as a JSON array: with a shell in between signals do not reach the program", step.keyword));
  }

  Linter& linter_;
  const Dockerfile& file_;
  char escape_;
  Values globals_, defaults_;
  std::map<std::string, StageState> stages_;
  std::set<std::string> reported_;  // per instruction
  std::size_t kept_ = 0;
  unsigned suggestions_left_ = 200;  // a look at all names each
};

}  // namespace

void lint_values(Linter& linter) { ValueLinter(linter).run(); }

}  // namespace lichen::language
