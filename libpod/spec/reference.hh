// Image names: docker's reference grammar (distribution/reference) and its defaults.
//
//   reference := name [":" tag] ["@" digest]        name := [host "/"] component {"/" component}
//
// Parsing is exact: what is accepted is printed again as it was, so that a name can be a key, a path and a URL without
// a second reading. The defaults (docker.io, library/, latest) are a step of their own, as a short name may first go
// through the aliases and search registries of registries.conf.
#pragma once

#include <string>
#include <string_view>

#include "libpod/base/digest.hh"

namespace lichen::spec {

struct Reference {
  std::string host;        // "docker.io", "localhost:5000", "[::1]:5000"; empty in a short name
  std::string repository;  // "library/debian"
  std::string tag;         // may be empty
  Digest digest;           // may be empty

  bool is_short() const { return host.empty(); }
  /// host/repository without tag and digest.
  std::string name() const { return host.empty() ? repository : host + "/" + repository; }
  /// All parts, as parse_reference reads them back.
  std::string str() const;

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// Read a name as it was typed; nothing is added.
/// @throws Error{invalid} the message says which part is wrong
Reference parse_reference(std::string_view text);

/// docker.io for a missing host, library/ for a single component there, index.docker.io as docker.io, tag latest when
/// there is neither tag nor digest.
Reference with_defaults(Reference reference);

/// parse_reference and with_defaults.
Reference parse_full_reference(std::string_view text);

/// What docker's tables show: without docker.io/ and library/.
std::string familiar_name(const Reference& reference);

bool is_valid_tag(std::string_view tag);
/// "host", "host:port" with host a DNS name, an IPv4 address or an IPv6 address in brackets.
bool is_valid_registry_host(std::string_view host);
/// Components of lower-case letters, digits and separators, joined by slashes.
bool is_valid_repository(std::string_view repository);

}  // namespace lichen::spec
