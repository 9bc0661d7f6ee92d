// Manifests, indexes and platforms: image-spec manifest.md and image-index.md, docker's schema 2 forms of the same.
//
// The bytes are hostile: one document must have one meaning (CVE-2021-41190), every digest becomes a path and a URL,
// every size a limit. A reader here either understands a document fully or refuses it by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/digest.hh"
#include "libpod/base/json.hh"
#include "libpod/spec/platform.hh"

namespace lichen::image {

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

using spec::host_platform;
using spec::parse_platform;
using spec::Platform;
using spec::platform_match;

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::optional<Platform> platform;
  std::vector<std::pair<std::string, std::string>> annotations;
  std::string annotation(std::string_view key) const;
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;
};

struct Index {
  std::string media_type;
  std::vector<Descriptor> manifests;
};

enum class DocumentKind { manifest, index };

/// What `text` is, from its fields, its mediaType and what the sender called it; all must agree.
/// @param content_type  as sent; empty when there was none. Parameters after ';' do not count
/// @throws Error{invalid} they disagree; Error{unsupported} schema 1, or something else
DocumentKind document_kind(std::string_view text, std::string_view content_type, std::string_view what);

Manifest parse_manifest(std::string_view text, std::string_view what);
Index parse_index(std::string_view text, std::string_view what);
Descriptor parse_descriptor(const JsonView& view);

/// The entry that fits best; entries without platform fit only when there is nothing else.
/// @throws Error{not_found} naming what there is
const Descriptor& choose_platform(const Index& index, const Platform& wanted, std::string_view what);

/// What a config says that matters for unpacking: its platform and diff ids.
struct ConfigFacts {
  Platform platform;
  std::vector<Digest> diff_ids;
};
/// @throws Error{invalid}
ConfigFacts parse_config_facts(std::string_view text, std::string_view what);

/// A blob's bytes are what its descriptor says. @throws Error{invalid}
void check_blob(const Descriptor& descriptor, std::string_view text, std::string_view what);

}  // namespace lichen::image
