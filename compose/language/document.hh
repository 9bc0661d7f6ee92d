// YAML text → nodes. The only door to yaml-cpp, of which nothing else (types, texts of exceptions) comes through.
//
// Anchors, aliases and merge keys (`<<`, with one mapping or a list of them; what is written wins, then the first) are
// expanded here; `!reset` and `!override` become Node::tag. Two members with one key are an error. Hostile input: the
// size of the text, the depth, and how much aliases may unfold to are bounded.
#pragma once

#include "compose/language/node.hh"

namespace lichen::compose {

struct DocumentLimits {
  std::size_t max_bytes = 8u << 20;
  unsigned max_depth = 100;
  std::size_t max_values = 1'000'000;  // nodes in memory, those kept for anchors too
  std::size_t max_unfolded = 400'000;  // nodes (and each 64 bytes of text) that aliases may copy
};

/// The documents of a text, empty ones left out.
///
/// @param file  its number in `sources`
/// @throws Error{invalid} with the place: not YAML, duplicate keys, a limit
std::vector<Node> parse_documents(std::string_view text, std::uint16_t file, const Sources& sources,
                                  const DocumentLimits& limits = {});

}  // namespace lichen::compose
