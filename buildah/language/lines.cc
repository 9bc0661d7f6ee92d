// Rules of BuildKit's parser for lines: a line continues when its last character before blanks is the escape character
// and the one before that is not; blanks at the start of a continuation line are kept; comment lines inside an
// instruction vanish; blank ones vanish too, with a warning.
#include "buildah/language/lines.hh"

#include <algorithm>

namespace lichen::language {
namespace {

std::string_view without_end(std::string_view line) {
  const auto last = line.find_last_not_of("\r\n");
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

std::size_t first_character(std::string_view line) { return std::min(line.find_first_not_of(kBlanks), line.size()); }

/// Cut the escape character at the end; false when there is none.
bool cut_continuation(std::string_view& line, char escape) {
  const auto last = line.find_last_not_of(" \t");
  if (last == std::string_view::npos || line[last] != escape) return false;
  if (last > 0 && line[last - 1] == escape) return false;
  line = line.substr(0, last);
  return true;
}

}  // namespace

Position LogicalLine::position_at(std::size_t offset) const {
  auto at = std::upper_bound(pieces.begin(), pieces.end(), offset,
                             [](std::size_t value, const auto& piece) { return value < piece.first; });
  if (at == pieces.begin()) return {};
  --at;
  return {at->second.line, at->second.column + static_cast<unsigned>(offset - at->first)};
}

LineReader::LineReader(const Source& source, char escape, unsigned skipped_lines)
    : rest_(source.text), escape_(escape) {
  while (line_ < skipped_lines && next_physical()) continue;
}

std::optional<std::string_view> LineReader::next_physical() {
  if (rest_.empty()) return std::nullopt;
  const auto end = rest_.find('\n');
  const auto line = rest_.substr(0, end == std::string_view::npos ? end : end + 1);
  rest_.remove_prefix(line.size());
  ++line_;
  return line;
}

void LineReader::append(LogicalLine& logical, std::string_view line, std::size_t column) const {
  logical.pieces.emplace_back(logical.text.size(), Position{line_, static_cast<unsigned>(column + 1)});
  logical.text += line;
  logical.last_line = line_;
}

std::optional<LogicalLine> LineReader::next() {
  LogicalLine logical;
  bool is_continued = false;
  while (const auto raw = next_physical()) {
    auto line = without_end(*raw);
    const std::size_t start = first_character(line);
    if (start == line.size()) {
      if (is_continued) logical.empty_continuation = {line_, 1};
      if (!is_continued) logical.comments.clear();
      continue;
    }
    if (line[start] == '#') {
      if (is_continued) continue;
      const auto text = line.substr(start + 1);
      const auto first = first_character(text);
      if (first == text.size())
        logical.comments.clear();
      else
        logical.comments.emplace_back(text.substr(first, text.find_last_not_of(kBlanks) + 1 - first));
      continue;
    }
    const std::size_t column = is_continued ? 0 : start;
    line.remove_prefix(column);
    is_continued = cut_continuation(line, escape_);
    append(logical, line, column);
    if (!is_continued) break;
  }
  if (logical.pieces.empty()) return std::nullopt;
  const auto last = logical.text.find_last_not_of(kBlanks);
  logical.text.resize(last == std::string::npos ? 0 : last + 1);
  return logical;
}

}  // namespace lichen::language
