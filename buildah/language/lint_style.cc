// Rules that need no variable: casing, names of stages, deprecated and repeated instructions.
#include <algorithm>
#include <map>
#include <set>

#include "buildah/language/linter.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

bool is_lower(const std::string& text) { return to_lower(text) == text; }
bool is_upper(const std::string& text) { return to_upper(text) == text; }

template <typename Visit>
void for_each_instruction(const Dockerfile& file, const Visit& visit) {
  for (const auto& stage : file.stages) {
    visit(stage.from_line);
    for (const auto& step : stage.steps) visit(step);
  }
}

void lint_casing(Linter& linter) {
  std::size_t lower = 0, upper = 0;
  for_each_instruction(linter.dockerfile(), [&](const Instruction& each) {
    if (is_lower(each.written_keyword))
      ++lower;
    else if (is_upper(each.written_keyword))
      ++upper;
  });
  const bool is_lower_usual = lower > upper;
  for_each_instruction(linter.dockerfile(), [&](const Instruction& each) {
    if (is_lower_usual ? is_lower(each.written_keyword) : is_upper(each.written_keyword)) return;
    linter.report("ConsistentInstructionCasing", each,
                  format("'{}' should be in {} case like most instructions here", each.written_keyword,
                         is_lower_usual ? "lower" : "upper"));
  });
}

// The last comment line above an ARG or a named FROM is taken for its description when lists of targets are printed.
void lint_description(Linter& linter, const Instruction& instruction, const std::vector<std::string>& names) {
  if (instruction.comments.empty() || names.empty()) return;
  const auto& comment = instruction.comments.back();
  const auto first = comment.substr(0, comment.find(' '));
  if (std::find(names.begin(), names.end(), first) != names.end()) return;
  linter.report(
      "InvalidDefinitionDescription", instruction,
      format("the comment on {} should read '# {} DESCRIPTION'; an empty line below it makes it an ordinary one",
             instruction.keyword, names.size() == 1 ? printable(names[0]) : std::string("NAME")));
}

void lint_from(Linter& linter, const Stage& stage) {
  const From& from = stage.from;
  if (from.name.empty()) return;
  const auto& line = stage.from_line;
  if (!is_lower(from.name_as_written))
    linter.report("StageNameCasing", line, format("the stage name '{}' should be in lower case", from.name_as_written));
  const bool is_as_fitting = is_lower(line.written_keyword)   ? is_lower(from.as_keyword)
                             : is_upper(line.written_keyword) ? is_upper(from.as_keyword)
                                                              : true;
  if (!is_as_fitting)
    linter.report("FromAsCasing", line,
                  format("'{}' is not in the case of '{}'", from.as_keyword, line.written_keyword));
  if (from.name == "scratch" || from.name == "context")
    linter.report("ReservedStageName", line, format("'{}' is reserved and should not name a stage", from.name));
  lint_description(linter, line, {from.name});
}

void lint_arg(Linter& linter, const Instruction& instruction) {
  std::vector<std::string> names;
  for (const auto& pair : std::get<Arg>(instruction.body).pairs) names.push_back(pair.key.text);
  lint_description(linter, instruction, names);
}

void lint_legacy(Linter& linter, const Instruction& step) {
  const auto* env = std::get_if<Env>(&step.body);
  const auto* label = std::get_if<Label>(&step.body);
  if ((env && env->is_legacy) || (label && label->is_legacy))
    linter.report("LegacyKeyValueFormat", step,
                  format("write '{0} KEY=VALUE' instead of the older '{0} KEY VALUE'", step.keyword));
}

// Of these only the last one of a stage counts; the ones before it are named.
void lint_repeated(Linter& linter, const Stage& stage) {
  std::map<std::string_view, const Instruction*> last;
  for (const auto& step : stage.steps) {
    if (step.keyword != "CMD" && step.keyword != "ENTRYPOINT" && step.keyword != "HEALTHCHECK") continue;
    auto& before = last[step.keyword];
    if (before)
      linter.report("MultipleInstructionsDisallowed", *before,
                    format("only the last {} of a stage counts; this one does nothing", step.keyword));
    before = &step;
  }
}

}  // namespace

void lint_style(Linter& linter) {
  const auto& file = linter.dockerfile();
  for (const auto& warning : file.warnings)
    linter.report("NoEmptyContinuation", warning.position, warning.position.line,
                  "an empty line inside an instruction");
  lint_casing(linter);
  for (const auto& arg : file.global_args) lint_arg(linter, arg);
  std::set<std::string> names;
  for (const auto& stage : file.stages) {
    lint_from(linter, stage);
    if (!stage.from.name.empty() && !names.insert(stage.from.name).second)
      linter.report("DuplicateStageName", stage.from_line,
                    format("there is another stage with the name '{}'", stage.from.name));
    for (const auto& step : stage.steps) {
      if (step.keyword == "ARG") lint_arg(linter, step);
      if (step.keyword == "MAINTAINER")
        linter.report("MaintainerDeprecated", step,
                      "MAINTAINER is deprecated; write LABEL org.opencontainers.image.authors=...");
      lint_legacy(linter, step);
    }
    lint_repeated(linter, stage);
  }
}

}  // namespace lichen::language
