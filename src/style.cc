#include "src/style.hh"

#include "libpod/base/format.hh"

#include <cstdlib>

#include <unistd.h>

namespace lichen::cli {
namespace {

std::string_view escape_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::bold:
      return "1";
    case Colour::dim:
      return "2";
    case Colour::red:
      return "31";
    case Colour::green:
      return "32";
    case Colour::yellow:
      return "33";
    case Colour::blue:
      return "34";
    case Colour::magenta:
      return "35";
    case Colour::cyan:
      return "36";
  }
  return "";
}

}  // namespace

TerminalFacts terminal_facts(bool stdout_is_terminal, bool stderr_is_terminal, const char* no_color, const char* term) {
  const bool capable = term != nullptr && *term != 0 && std::string_view(term) != "dumb";
  return {.stdout_is_terminal = stdout_is_terminal,
          .stderr_is_terminal = stderr_is_terminal,
          .colours_wanted = capable && (no_color == nullptr || *no_color == 0),
          .can_redraw = stderr_is_terminal && capable};
}

TerminalFacts read_terminal_facts() {
  return terminal_facts(::isatty(STDOUT_FILENO) == 1, ::isatty(STDERR_FILENO) == 1, std::getenv("NO_COLOR"),
                        std::getenv("TERM"));
}

std::string paint(std::string_view text, Colour colour, bool enabled) {
  if (!enabled || colour == Colour::none) return std::string(text);
  return format("\x1b[{}m{}\x1b[0m", escape_of(colour), text);
}

}  // namespace lichen::cli
