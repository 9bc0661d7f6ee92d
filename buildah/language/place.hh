// Places in a source text, and errors that show them.
//
//   Dockerfile:3:6: unknown instruction 'COPPY'
//     3 | COPPY a b
//       | ^
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace lichen::language {

/// Both from 1; `column` counts bytes. Line 0 = no place.
struct Position {
  unsigned line = 0;
  unsigned column = 0;
  bool operator==(const Position&) const = default;
};

struct Source {
  std::string name;  // as the user wrote it: "Dockerfile", "-", "ONBUILD trigger 1 of alpine"
  std::string text;
};

/// "NAME:LINE:COLUMN: MESSAGE", the line (cut when it is long, control characters replaced) and a caret below the
/// place. A position without line gives "NAME: MESSAGE".
std::string show_place(const Source& source, Position position, std::string_view message);

/// Throw Error{invalid} with show_place() as its message.
[[noreturn]] void fail_at(const Source& source, Position position, std::string_view message, std::string hint = {});

}  // namespace lichen::language
