// One logical line → one Instruction. The folder's inside: parse.hh is the door.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "buildah/language/ast.hh"
#include "buildah/language/lines.hh"
#include "buildah/language/words.hh"

namespace lichen::language {

struct HeredocText {
  HeredocStart start;
  std::string raw;  // body as in the file
  Position position;
};

/// What the functions for each keyword work on.
struct LineParts {
  const Source& source;
  const LogicalLine& line;
  char escape;
  std::string written_keyword;
  std::string keyword;  // upper case
  std::size_t keyword_offset = 0;
  std::vector<Token> flags;
  std::string_view arguments;  // trimmed; a part of line.text
  std::size_t arguments_offset = 0;
  std::vector<HeredocText> heredocs;

  Word word(const Token& token) const { return {token.text, line.position_at(token.offset)}; }
  [[noreturn]] void fail(std::size_t offset, std::string_view message, std::string hint = {}) const;
  /// At the arguments, or at the end of the line when there are none.
  [[noreturn]] void fail_arguments(std::string_view message, std::string hint = {}) const;
};

/// @throws Error{invalid}
Instruction parse_instruction(const std::shared_ptr<const Source>& source, const LogicalLine& line, char escape,
                              LineReader& reader);

/// Gives out an instruction's flags by name; finish() refuses what nobody asked for.
class Flags {
 public:
  explicit Flags(const LineParts& parts);

  std::optional<Word> text(const std::string& name);
  std::vector<Word> texts(const std::string& name);
  std::optional<bool> boolean(const std::string& name);
  /// @throws Error{invalid} unknown flags; a flag twice
  void finish() const;

 private:
  struct Flag {
    std::string name;
    std::optional<std::string> value;
    std::size_t offset, value_offset;
    bool is_taken = false;
  };
  Flag* find(const std::string& name);

  const LineParts& parts_;
  std::vector<Flag> flags_;
  std::vector<std::string> known_;
};

/// Shell form or JSON array. @throws Error{invalid} a JSON array with something else than strings
Command command_of(const LineParts& parts, std::string_view text, std::size_t offset);
/// JSON array or words between blanks.
std::vector<Word> list_of(const LineParts& parts);

/// "" or "did you mean X?".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
Heredoc finished(const HeredocText& text);

Body parse_from(const LineParts& parts);
Body parse_run(const LineParts& parts);
Body parse_copy(const LineParts& parts);
Body parse_healthcheck(const LineParts& parts);
Body parse_onbuild(const LineParts& parts);
/// All others. nullopt: no such keyword.
std::optional<Body> parse_simple(const LineParts& parts);

/// Keyword, flags and arguments of line.text from `offset` on.
LineParts split_line(const Source& source, const LogicalLine& line, char escape, std::size_t offset);
Body parse_body(const LineParts& parts);

}  // namespace lichen::language
