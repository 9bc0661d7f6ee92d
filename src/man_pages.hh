// Manual pages in roff, printed from the table: lichen(1), and lichen-run(1) and so on for each command that works.
#pragma once

#include <string>
#include <vector>

#include "src/command.hh"

namespace lichen::cli {

struct ManPage {
  std::string file_name;  // "lichen-image-ls.1"
  std::string text;
};

/// All pages. An alias has a page of one line, which names the command's page (".so man1/lichen-ps.1").
std::vector<ManPage> man_pages();

/// Text for roff: backslashes, leading dots and quotes, and hyphens that must stay ASCII.
std::string roff_escape(std::string_view text);

}  // namespace lichen::cli
