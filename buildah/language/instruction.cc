// What all instructions have in common: keyword, flags, JSON or shell form, heredocs.
#include "buildah/language/instruction.hh"

#include <algorithm>

#include "buildah/language/parse.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

bool takes_heredocs(std::string_view keyword) { return keyword == "RUN" || keyword == "COPY" || keyword == "ADD"; }

/// Whether "<<NAME" in this line begins a heredoc (only there; not in JSON form).
bool may_have_heredocs(const LineParts& parts) {
  if (parts.line.text.find("<<") == std::string::npos) return false;
  if (parts.keyword == "ONBUILD") {
    const auto inner = split_line(parts.source, parts.line, parts.escape, parts.arguments_offset);
    return takes_heredocs(inner.keyword) && json_array(inner.arguments).kind == JsonArray::Kind::none;
  }
  return takes_heredocs(parts.keyword) && json_array(parts.arguments).kind == JsonArray::Kind::none;
}

void read_heredocs(LineParts& parts, LineReader& reader) {
  for (auto& start : heredoc_starts(parts.line.text)) {
    HeredocText text{std::move(start), {}, {reader.line_number() + 1, 1}};
    bool is_ended = false;
    while (const auto raw = reader.next_physical()) {
      auto line = raw->substr(0, raw->find_last_not_of("\r\n") + 1);
      if (text.start.strips_tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      is_ended = line == text.start.name;
      if (is_ended) break;
      text.raw += *raw;
    }
    if (!is_ended)
      parts.fail(text.start.offset, "this heredoc has no end",
                 format("a line must have '{}' and nothing else", printable(text.start.name)));
    parts.heredocs.push_back(std::move(text));
  }
}

}  // namespace

void LineParts::fail(std::size_t offset, std::string_view message, std::string hint) const {
  fail_at(source, line.position_at(offset), message, std::move(hint));
}

void LineParts::fail_arguments(std::string_view message, std::string hint) const {
  fail(arguments_offset, message, std::move(hint));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > 64) return {};
  const auto near = nearest(word, candidates);
  return near ? format("did you mean '{}'?", *near) : std::string();
}

Heredoc finished(const HeredocText& text) {
  Heredoc heredoc{text.start.name, {}, text.start.is_expanded, text.start.fd, text.position};
  if (!text.start.strips_tabs) {
    heredoc.body = text.raw;
    return heredoc;
  }
  bool is_at_start = true;
  for (const char c : text.raw) {
    if (is_at_start && c == '\t') continue;
    heredoc.body += c;
    is_at_start = c == '\n';
  }
  return heredoc;
}

Flags::Flags(const LineParts& parts) : parts_(parts) {
  for (const auto& token : parts.flags) {
    const auto equals = token.text.find('=');
    Flag flag{token.text.substr(2, equals == std::string::npos ? equals : equals - 2), std::nullopt, token.offset,
              token.offset};
    if (equals != std::string::npos) {
      flag.value = token.text.substr(equals + 1);
      flag.value_offset = token.offset + equals + 1;
    }
    flags_.push_back(std::move(flag));
  }
}

Flags::Flag* Flags::find(const std::string& name) {
  known_.push_back("--" + name);
  Flag* found = nullptr;
  for (auto& flag : flags_) {
    if (flag.name != name) continue;
    if (found) parts_.fail(flag.offset, format("--{} is there twice", name));
    flag.is_taken = true;
    found = &flag;
  }
  return found;
}

std::optional<Word> Flags::text(const std::string& name) {
  const auto* flag = find(name);
  if (!flag) return std::nullopt;
  if (!flag->value) parts_.fail(flag->offset, format("--{} needs a value", name), format("write --{}=VALUE", name));
  return Word{*flag->value, parts_.line.position_at(flag->value_offset)};
}

std::vector<Word> Flags::texts(const std::string& name) {
  known_.push_back("--" + name);
  std::vector<Word> values;
  for (auto& flag : flags_) {
    if (flag.name != name) continue;
    if (!flag.value) parts_.fail(flag.offset, format("--{} needs a value", name), format("write --{}=VALUE", name));
    flag.is_taken = true;
    values.push_back({*flag.value, parts_.line.position_at(flag.value_offset)});
  }
  return values;
}

std::optional<bool> Flags::boolean(const std::string& name) {
  const auto* flag = find(name);
  if (!flag) return std::nullopt;
  if (!flag->value) return true;
  const auto value = to_lower(*flag->value);
  if (value != "true" && value != "false")
    parts_.fail(flag->value_offset, format("--{} is true or false, not '{}'", name, printable(*flag->value)));
  return value == "true";
}

void Flags::finish() const {
  for (const auto& flag : flags_)
    if (!flag.is_taken)
      parts_.fail(flag.offset, format("{} has no flag --{}", parts_.keyword, printable(flag.name)),
                  did_you_mean("--" + flag.name, known_));
}

Command command_of(const LineParts& parts, std::string_view text, std::size_t offset) {
  auto array = json_array(text);
  if (array.kind == JsonArray::Kind::other) parts.fail(offset, "only strings can stand in this array");
  if (array.kind == JsonArray::Kind::strings) return {false, std::move(array.items)};
  return {true, {std::string(text)}};
}

std::vector<Word> list_of(const LineParts& parts) {
  std::vector<Word> words;
  const auto array = json_array(parts.arguments);
  if (array.kind == JsonArray::Kind::other) parts.fail_arguments("only strings can stand in this array");
  if (array.kind == JsonArray::Kind::strings) {
    for (const auto& item : array.items) words.push_back({item, parts.line.position_at(parts.arguments_offset)});
    return words;
  }
  for (const auto& token : split_blanks(parts.arguments, parts.arguments_offset)) words.push_back(parts.word(token));
  return words;
}

LineParts split_line(const Source& source, const LogicalLine& line, char escape, std::size_t offset) {
  LineParts parts{source, line, escape, {}, {}, 0, {}, {}, 0, {}};
  const std::string_view text = line.text;
  parts.keyword_offset = std::min(text.find_first_not_of(kBlanks, offset), text.size());
  const auto end = std::min(text.find_first_of(kBlanks, parts.keyword_offset), text.size());
  parts.written_keyword = text.substr(parts.keyword_offset, end - parts.keyword_offset);
  parts.keyword = to_upper(parts.written_keyword);
  std::size_t at = end + take_flags(text.substr(end), end, parts.flags);
  at = std::min(text.find_first_not_of(kBlanks, at), text.size());
  parts.arguments = text.substr(at);
  parts.arguments_offset = at;
  return parts;
}

Body parse_body(const LineParts& parts) {
  if (parts.keyword == "FROM") return parse_from(parts);
  if (parts.keyword == "RUN") return parse_run(parts);
  if (parts.keyword == "COPY" || parts.keyword == "ADD") return parse_copy(parts);
  if (parts.keyword == "HEALTHCHECK") return parse_healthcheck(parts);
  if (parts.keyword == "ONBUILD") return parse_onbuild(parts);
  if (auto body = parse_simple(parts)) return std::move(*body);
  auto hint = did_you_mean(parts.keyword, instruction_names());
  if (parts.keyword.find("\xC2\xA0") != std::string::npos)
    hint = "there is a no-break space, as web pages have them; put an ordinary one in its place";
  if (hint.empty())
    hint = format("a line that belongs to the one above needs a '{}' at that one's end; see the Dockerfile reference",
                  parts.escape);
  parts.fail(parts.keyword_offset, format("unknown instruction '{}'", printable(parts.written_keyword.substr(0, 64))),
             std::move(hint));
}

Instruction parse_instruction(const std::shared_ptr<const Source>& source, const LogicalLine& line, char escape,
                              LineReader& reader) {
  auto parts = split_line(*source, line, escape, 0);
  if (may_have_heredocs(parts)) read_heredocs(parts, reader);
  Instruction instruction;
  instruction.position = line.position_at(parts.keyword_offset);
  instruction.end_line = parts.heredocs.empty() ? line.last_line : reader.line_number();
  instruction.text = line.text;
  instruction.comments = line.comments;
  instruction.source = source;
  instruction.body = parse_body(parts);
  instruction.keyword = std::move(parts.keyword);
  instruction.written_keyword = std::move(parts.written_keyword);
  return instruction;
}

}  // namespace lichen::language
