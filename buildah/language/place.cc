// Where the message meets the source line. What is printed comes from a file that may be hostile: control characters
// would reach the terminal, and a line of a megabyte would drown the message.
#include "buildah/language/place.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"

namespace lichen::language {
namespace {

constexpr std::size_t kShownBytes = 160;

std::string_view line_of(std::string_view text, unsigned number) {
  std::size_t start = 0;
  for (unsigned at = 1; at < number; ++at) {
    const auto end = text.find('\n', start);
    if (end == std::string_view::npos) return {};
    start = end + 1;
  }
  const auto line = text.substr(start, text.find('\n', start) - start);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string show_place(const Source& source, Position position, std::string_view message) {
  if (position.line == 0) return format("{}: {}", printable(source.name), message);
  const auto line = line_of(source.text, position.line);
  const std::size_t column = std::min<std::size_t>(std::max(position.column, 1u) - 1, line.size());
  // A window around the place when the line is long, moved to the border of a UTF-8 character.
  std::size_t first = column > kShownBytes / 2 && line.size() > kShownBytes ? column - kShownBytes / 2 : 0;
  while (first < column && continues_character(line[first])) ++first;
  std::size_t last = std::min(line.size(), first + kShownBytes);
  while (last > column && last < line.size() && continues_character(line[last])) --last;

  std::string shown, below;
  if (first > 0) shown = below = "...";
  for (auto& character : below) character = ' ';
  for (std::size_t at = first; at < last; ++at) {
    const char byte = line[at];
    const bool is_control = static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
    shown += byte == '\t' ? '\t' : is_control ? '?' : byte;
    if (at < column && !continues_character(byte)) below += byte == '\t' ? '\t' : ' ';
  }
  if (last < line.size()) shown += "...";
  const std::string number = format("{}", position.line);
  return format("{}:{}:{}: {}\n  {} | {}\n  {} | {}^", printable(source.name), position.line,
                std::max(position.column, 1u), message, number, shown, std::string(number.size(), ' '), below);
}

void fail_at(const Source& source, Position position, std::string_view message, std::string hint) {
  Error error(ErrorKind::invalid, show_place(source, position, message));
  if (!hint.empty()) error.with_hint(std::move(hint));
  throw error;
}

}  // namespace lichen::language
