// "# name=value" at the top of the file (Dockerfile reference, "Parser directives"): before any comment, blank line or
// instruction; the first line that is none ends them, and what follows is a comment. `syntax` names an image that
// would translate the file: lichen understands the current language itself, so the name is only kept.
#include <algorithm>

#include "buildah/language/lines.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

struct Line {
  std::string name;  // lower case
  std::string value;
  Position value_at;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name_character(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

std::optional<Line> directive_on(std::string_view raw, unsigned number) {
  constexpr std::string_view kLineBlanks = " \t\v\f\r\n";
  std::size_t at = raw.find_first_not_of(kLineBlanks);
  if (at == std::string_view::npos || raw[at] != '#') return std::nullopt;
  at = raw.find_first_not_of(kLineBlanks, at + 1);
  if (at == std::string_view::npos || !is_letter(raw[at])) return std::nullopt;
  std::size_t end = at;
  while (end < raw.size() && is_name_character(raw[end])) ++end;
  const auto equals = raw.find_first_not_of(kLineBlanks, end);
  if (equals == std::string_view::npos || raw[equals] != '=') return std::nullopt;
  const auto value = raw.find_first_not_of(kLineBlanks, equals + 1);
  if (value == std::string_view::npos) return std::nullopt;
  return Line{to_lower(raw.substr(at, end - at)),
              std::string(trim(raw.substr(value))),
              {number, static_cast<unsigned>(value + 1)}};
}

std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> names;
  for (const auto& name : split(list, ','))
    if (!trim(name).empty()) names.emplace_back(trim(name));
  return names;
}

// skip=RULE,RULE;error=true;experimental=RULE
void read_check(const Source& source, const Line& line, Directives& directives) {
  for (const auto& option : split(line.value, ';')) {
    const auto pair = cut(option, '=');
    const std::string key(trim(pair ? pair->first : option));
    if (pair && key == "skip") {
      directives.check_skip = names_of(pair->second);
    } else if (pair && key == "experimental") {
      directives.check_experimental = names_of(pair->second);
    } else if (pair && key == "error") {
      const auto value = parse_bool(trim(pair->second));
      if (!value) fail_at(source, line.value_at, "check: error must be true or false");
      directives.check_error = *value;
    } else {
      fail_at(source, line.value_at, format("check: '{}' is not an option", printable(key)),
              "write '# check=skip=RULE,RULE;error=true'");
    }
  }
}

void apply(const Source& source, const Line& line, Directives& directives) {
  if (line.name == "syntax") {
    directives.syntax = line.value.substr(0, line.value.find(' '));
  } else if (line.name == "escape") {
    if (line.value != "\\" && line.value != "`")
      fail_at(source, line.value_at, format("the escape character must be \\ or `, not '{}'", printable(line.value)));
    directives.escape = line.value[0];
  } else if (line.name == "check") {
    read_check(source, line, directives);
  } else {
    directives.platform = line.value;
  }
}

}  // namespace

Directives read_directives(const Source& source, unsigned& lines_used) {
  Directives directives;
  std::vector<std::string> seen;
  LineReader reader(source, '\\', 0);
  lines_used = 0;
  while (const auto raw = reader.next_physical()) {
    // A file may be a program: "#!/usr/bin/env -S lichen build -f".
    if (reader.line_number() == 1 && raw->starts_with("#!")) {
      lines_used = 1;
      continue;
    }
    const auto line = directive_on(*raw, reader.line_number());
    if (!line) break;
    if (line->name != "syntax" && line->name != "escape" && line->name != "check" && line->name != "platform") break;
    if (std::find(seen.begin(), seen.end(), line->name) != seen.end())
      fail_at(source, {line->value_at.line, 1}, format("only one {} directive can be used", line->name));
    seen.push_back(line->name);
    apply(source, *line, directives);
    lines_used = reader.line_number();
  }
  return directives;
}

}  // namespace lichen::language
