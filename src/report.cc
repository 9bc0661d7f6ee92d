#include "src/report.hh"

#include <cstdio>
#include <string>

#include "libpod/base/log.hh"
#include "src/personality.hh"
#include "src/style.hh"

namespace lichen::cli {

void report(const Error& error) {
  const bool colour = read_terminal_facts().colour_on_stderr();
  const Personality who = personality();
  std::string what = as_called(error.what(), who);
  // Scripts look for docker's "No such container: NAME".
  if (who == Personality::docker && what.starts_with("no such ")) what[0] = 'N';
  std::string text =
      paint(who == Personality::docker ? "docker:" : "lichen:", Colour::red, colour) + " " + printable(what) + "\n";
  if (!error.hint().empty())
    text += paint("  hint:", Colour::cyan, colour) + " " + printable(as_called(error.hint(), who)) + "\n";
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace lichen::cli
