// Instructions → stages. ARGs before the first FROM are global; everything else needs a stage.
#include "buildah/language/parse.hh"

#include "buildah/language/instruction.hh"
#include "buildah/language/lines.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"

namespace lichen::language {
namespace {

std::shared_ptr<const Source> source_of(std::string_view text, const std::string& name, const ParseLimits& limits) {
  if (text.size() > limits.max_bytes)
    throw_error(ErrorKind::invalid, "{}: it has {} bytes; at most {} are read", printable(name), text.size(),
                limits.max_bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return std::make_shared<const Source>(Source{name, std::string(text)});
}

void add_to(Dockerfile& file, Instruction instruction, const ParseLimits& limits) {
  if (const auto* from = std::get_if<From>(&instruction.body)) {
    if (file.stages.size() >= limits.max_stages)
      fail_at(*file.source, instruction.position, format("more than {} stages", limits.max_stages));
    Stage stage;
    stage.position = instruction.position;
    stage.from = *from;
    stage.from_line = std::move(instruction);
    file.stages.push_back(std::move(stage));
  } else if (!file.stages.empty()) {
    file.stages.back().steps.push_back(std::move(instruction));
  } else if (instruction.keyword == "ARG") {
    file.global_args.push_back(std::move(instruction));
  } else {
    fail_at(*file.source, instruction.position, format("{} stands before the first FROM", instruction.keyword),
            "a Dockerfile begins with FROM; only ARG may come before it");
  }
}

}  // namespace

Dockerfile parse_dockerfile(std::string_view text, const std::string& file_name, const ParseLimits& limits) {
  Dockerfile file;
  file.source = source_of(text, file_name, limits);
  unsigned directive_lines = 0;
  file.directives = read_directives(*file.source, directive_lines);
  LineReader reader(*file.source, file.directives.escape, directive_lines);
  std::size_t count = 0;
  while (const auto line = reader.next()) {
    if (++count > limits.max_instructions)
      fail_at(*file.source, line->position_at(0), format("more than {} instructions", limits.max_instructions));
    if (line->empty_continuation.line != 0)
      file.warnings.push_back({"empty continuation line", line->empty_continuation});
    add_to(file, parse_instruction(file.source, *line, file.directives.escape, reader), limits);
  }
  if (file.stages.empty())
    throw Error(ErrorKind::invalid, format("{}: there is no FROM", printable(file_name)))
        .with_hint("a Dockerfile begins with FROM IMAGE");
  return file;
}

std::vector<Instruction> parse_fragment(std::string_view text, const std::string& name, char escape) {
  const ParseLimits limits;
  const auto source = source_of(text, name, limits);
  LineReader reader(*source, escape, 0);
  std::vector<Instruction> instructions;
  while (const auto line = reader.next()) {
    if (instructions.size() >= limits.max_instructions)
      fail_at(*source, line->position_at(0), format("more than {} instructions", limits.max_instructions));
    auto instruction = parse_instruction(source, *line, escape, reader);
    if (instruction.keyword == "FROM") fail_at(*source, instruction.position, "FROM cannot stand here");
    instructions.push_back(std::move(instruction));
  }
  return instructions;
}

const std::vector<std::string>& instruction_names() {
  static const std::vector<std::string> kNames = {"ADD",    "ARG",   "CMD",         "COPY",  "ENTRYPOINT", "ENV",
                                                  "EXPOSE", "FROM",  "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
                                                  "RUN",    "SHELL", "STOPSIGNAL",  "USER",  "VOLUME",     "WORKDIR"};
  return kNames;
}

}  // namespace lichen::language
