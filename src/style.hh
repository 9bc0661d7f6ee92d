// Colours, and when to use them: only on a terminal that understands them, and not when NO_COLOR is set (no-color.org).
#pragma once

#include <string>
#include <string_view>

namespace lichen::cli {

/// What the process knows about where its output goes; read once by main.
struct TerminalFacts {
  bool stdout_is_terminal = false;
  bool stderr_is_terminal = false;
  bool colours_wanted = false;  // NO_COLOR is unset or empty, TERM is set and not "dumb"

  bool colour_on_stdout() const { return stdout_is_terminal && colours_wanted; }
  bool colour_on_stderr() const { return stderr_is_terminal && colours_wanted; }
  /// Progress that redraws its lines: needs a terminal that moves its cursor, colours or not.
  bool can_redraw = false;
};

/// Looks at the two descriptors and at NO_COLOR and TERM.
TerminalFacts read_terminal_facts();
/// The decision alone. @param no_color, term  values of the variables; nullptr when unset
TerminalFacts terminal_facts(bool stdout_is_terminal, bool stderr_is_terminal, const char* no_color, const char* term);

enum class Colour { none, bold, dim, red, green, yellow, blue, magenta, cyan };

/// `text` in the colour when `enabled`, else `text`.
std::string paint(std::string_view text, Colour colour, bool enabled);

}  // namespace lichen::cli
