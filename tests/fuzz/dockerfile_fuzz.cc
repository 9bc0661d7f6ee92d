// links: language spec base
// Dockerfiles: the parser, then all that reads its structs: expansion of every word, mounts, triggers, build checks.
#include <algorithm>

#include "buildah/language/expand.hh"
#include "buildah/language/lint.hh"
#include "buildah/language/mount.hh"
#include "buildah/language/parse.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;
using namespace lichen::language;

std::optional<std::string> lookup(std::string_view name) {
  if (name.size() % 3 == 0) return std::nullopt;
  return name.size() % 3 == 1 ? std::string() : "v " + std::string(name) + "/a.b.c";
}

void use_word(const Word& word, unsigned lines, char escape) {
  fuzz::require(word.position.line >= 1 && word.position.line <= lines && word.position.column >= 1);
  fuzz::refuse_or_accept([&] {
    const auto result = expand(word.text, lookup, escape);
    if (word.text.find_first_of("$'\"\\`") == std::string::npos) fuzz::require(result.text == word.text);
  });
  fuzz::refuse_or_accept([&] { expand_words(word.text, lookup, escape); });
}

struct Reader {
  const Source& source;
  char escape;
  unsigned lines = static_cast<unsigned>(std::count(source.text.begin(), source.text.end(), '\n')) + 1;

  void word(const Word& value) const { use_word(value, lines, escape); }
  void words(const std::vector<Word>& values) const {
    for (const auto& value : values) word(value);
  }
  void operator()(const From& from) const { word(from.image); }
  void operator()(const language::Run& run) const {
    fuzz::require(!run.command.args.empty());
    for (const auto& mount : run.mounts)
      fuzz::refuse_or_accept([&] {
        resolve_mount(mount, source, [&](const std::string& value) { return expand(value, lookup, escape).text; });
      });
  }
  void operator()(const Copy& copy) const {
    fuzz::require(!copy.sources.empty() || !copy.heredocs.empty());
    words(copy.sources);
    words(copy.exclude);
    word(copy.destination);
    for (const auto& heredoc : copy.heredocs) fuzz::refuse_or_accept([&] { expand_heredoc(heredoc.body, lookup); });
  }
  void operator()(const Env& env) const {
    fuzz::require(!env.pairs.empty());
    for (const auto& pair : env.pairs) {
      fuzz::require(!pair.key.text.empty());
      word(pair.key);
      word(pair.value);
    }
  }
  void operator()(const Arg& arg) const {
    for (const auto& pair : arg.pairs)
      if (pair.value) word(*pair.value);
  }
  void operator()(const Expose& expose) const { words(expose.ports); }
  void operator()(const Volume& volume) const { words(volume.paths); }
  void operator()(const Workdir& workdir) const { word(workdir.path); }
  void operator()(const Onbuild& onbuild) const {
    fuzz::refuse_or_accept([&] { parse_fragment(onbuild.text, "trigger", escape); });
  }
  template <typename Other>
  void operator()(const Other&) const {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  fuzz::refuse_or_accept([&] {
    const auto file = parse_dockerfile(text, "Dockerfile");
    fuzz::require(!file.stages.empty());
    const Reader user{*file.source, file.directives.escape};
    for (const auto& arg : file.global_args) std::visit(user, arg.body);
    for (const auto& stage : file.stages) {
      user(stage.from);
      for (const auto& step : stage.steps) std::visit(user, step.body);
    }
    LintOptions options;
    options.experimental = {"all"};
    const IgnoreRules rules("a*\n");
    options.ignore_rules = &rules;
    try {
      for (const auto& warning : lint(file, options)) fuzz::require(warning.position.line >= 1);
    } catch (const Error&) {
      std::abort();  // checks never fail
    }
  });
  fuzz::refuse_or_accept([&] { parse_fragment(text, "fragment", '`'); });
  return 0;
}
