// Short forms → long forms, document by document and before anything is merged, so that merging knows long forms only.
#pragma once

#include "compose/language/schema.hh"

namespace lichen::compose {

/// What the long forms need to know.
struct CanonicalContext {
  const Sources& sources;
  bool interpolated = true;  // false with --no-interpolate: a short form with `$` in it stays as it is
  const Warn& warn;
};

/// @param document  passed check_document()
/// @throws Error{invalid} a short form that cannot be read
void make_canonical(Node& document, const CanonicalContext& context);

// Of short_forms.cc: each takes the text of one item. `path` and the node's place are for errors.

/// "[[IP:]HOST:]CONTAINER[/PROTOCOL]" with ranges: one mapping for each port.
std::vector<Node> long_ports(const Node& item, const std::string& path, const CanonicalContext& context);
/// "[SOURCE:]TARGET[:OPTIONS]"
Node long_volume(const Node& item, const std::string& path, const CanonicalContext& context);
/// "SOURCE[:TARGET[:PERMISSIONS]]" or a CDI name
Node long_device(const Node& item, const std::string& path, const CanonicalContext& context);
/// "HOST=ADDRESS" or "HOST:ADDRESS"
std::pair<std::string, std::string> split_host(const Node& item, const std::string& path,
                                               const CanonicalContext& context);

}  // namespace lichen::compose
