// lichen search: what a registry offers.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/engine/image_program.hh"

namespace lichen::engine {

struct SearchRequest {
  std::string term;  // [REGISTRY/]WORDS; with list_tags a repository
  std::int64_t limit = 25;
  std::vector<std::string> filters;  // stars is-official is-automated
  bool list_tags = false;
  bool no_trunc = false;
};

/// Rows with docker's placeholders (Description IsAutomated IsOfficial Name StarCount) and podman's (Automated Index
/// Official Stars, Tag).
/// @param request  as image_request gives it, with credentials and TLS
/// @throws Error{usage} limit, filter; Error{unsupported} the registry has no search; Error{network|permission}
std::vector<Json> search_images(Engine& engine, const SearchRequest& search, wire::ImageRequest request);

}  // namespace lichen::engine
