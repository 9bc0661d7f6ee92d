// A command that was written as one text, in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lichen::compose {

struct CommandWords {
  std::vector<std::string> words;
  std::string left_out;  // from the first operator of a shell on
};

/// Words as docker compose makes them (the Go library shellwords): no shell reads them, and the first of ; & | < > that
/// is not quoted ends the command. Quotes and backslashes are taken away; \n and \t are a new line and a tab; what
/// stands in `...` and $(...) stays one word as it is.
/// @throws Error{invalid} a quote that is not closed
CommandWords command_words(std::string_view text);

}  // namespace lichen::compose
