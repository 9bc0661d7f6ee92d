// Physical lines → logical lines: continuation, comments in between, and the way back from an offset to its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildah/language/ast.hh"

namespace lichen::language {

/// What separates words: the set of BuildKit's parser.
inline constexpr std::string_view kBlanks = " \t\v\f\r";

struct LogicalLine {
  std::string text;  // continuation lines joined; blanks of the first line's begin and of the end cut
  std::vector<std::pair<std::size_t, Position>> pieces;  // offset in text where a physical line begins → its place
  unsigned last_line = 0;
  Position empty_continuation;  // line 0: none
  std::vector<std::string> comments;

  Position position_at(std::size_t offset) const;
};

/// The directives at the top of `source`. @param lines_used  how many lines they (and a "#!" line) take
/// @throws Error{invalid} a directive twice, an escape that is not \ or `, an unknown check option
Directives read_directives(const Source& source, unsigned& lines_used);

class LineReader {
 public:
  /// @param skipped_lines  those of the directives
  LineReader(const Source& source, char escape, unsigned skipped_lines);

  /// The next line that is not blank and not a comment.
  std::optional<LogicalLine> next();
  /// The next physical line with its end: a heredoc's body.
  std::optional<std::string_view> next_physical();
  /// Of the line read last.
  unsigned line_number() const { return line_; }

 private:
  void append(LogicalLine& logical, std::string_view line, std::size_t column) const;

  std::string_view rest_;
  char escape_;
  unsigned line_ = 0;
};

}  // namespace lichen::language
