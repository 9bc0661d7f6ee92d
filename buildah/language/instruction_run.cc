// RUN: flags, and how heredocs become what the shell or a program gets (Dockerfile reference, "Here-documents").
#include <algorithm>

#include "buildah/language/expand.hh"
#include "buildah/language/instruction.hh"
#include "buildah/language/mount.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"

namespace lichen::language {
namespace {

std::string choice_of(const LineParts& parts, const std::optional<Word>& value, std::string_view flag,
                      const std::vector<std::string>& choices) {
  if (!value) return {};
  if (std::find(choices.begin(), choices.end(), value->text) != choices.end()) return value->text;
  std::string list;
  for (const auto& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  fail_at(parts.source, value->position, format("--{}={} does not exist", flag, printable(value->text.substr(0, 64))),
          format("possible: {}", list));
}

RunMount mount_of(const LineParts& parts, const Word& word) {
  auto mount = read_mount(word, parts.source);
  // Without variables all is known: a mistake is told before anything is built.
  if (word.text.find('$') == std::string::npos)
    resolve_mount(mount, parts.source, [&parts](const std::string& value) {
      return expand(
                 value, [](std::string_view) { return std::nullopt; }, parts.escape)
          .text;
    });
  return mount;
}

}  // namespace

Body parse_run(const LineParts& parts) {
  Flags flags(parts);
  Run run;
  for (const auto& mount : flags.texts("mount")) run.mounts.push_back(mount_of(parts, mount));
  run.network = choice_of(parts, flags.text("network"), "network", {"default", "none", "host"});
  run.security = choice_of(parts, flags.text("security"), "security", {"sandbox", "insecure"});
  run.devices = flags.texts("device");
  flags.finish();
  if (parts.arguments.empty()) parts.fail_arguments("RUN needs a command");
  run.command = command_of(parts, parts.arguments, parts.arguments_offset);
  if (run.command.args.empty()) parts.fail_arguments("RUN needs a command");
  for (const auto& heredoc : parts.heredocs) run.heredocs.push_back(finished(heredoc));
  if (run.heredocs.empty()) return run;
  if (heredoc_start(parts.arguments)) {
    run.command.args[0] = run.heredocs[0].body;
    run.is_script_file = run.heredocs[0].body.starts_with("#!");
  } else {
    for (const auto& heredoc : parts.heredocs) run.command.args[0] += "\n" + heredoc.raw + heredoc.start.name;
  }
  return run;
}

}  // namespace lichen::language
