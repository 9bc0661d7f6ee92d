#include "src/report.hh"

#include <cstdio>
#include <string>

#include "libpod/base/log.hh"
#include "src/style.hh"

namespace lichen::cli {

void report(const Error& error) {
  const bool colour = read_terminal_facts().colour_on_stderr();
  std::string text = paint("lichen:", Colour::red, colour) + " " + printable(error.what()) + "\n";
  if (!error.hint().empty()) text += paint("  hint:", Colour::cyan, colour) + " " + printable(error.hint()) + "\n";
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace lichen::cli
