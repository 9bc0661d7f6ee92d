// Platforms of images: os, architecture and variant as the image-spec writes them, and who can run what.
#pragma once

#include <string>
#include <string_view>

namespace lichen::spec {

struct Platform {
  std::string os, architecture, variant;
  std::string str() const;
  friend bool operator==(const Platform&, const Platform&) = default;
};

/// "linux", "linux/arm64", "arm64", "linux/arm/v7", with the aliases that docker knows (x86_64, aarch64, armhf, i386
/// ...).
/// @throws Error{invalid}
Platform parse_platform(std::string_view text);
/// linux and the architecture that this program was built for.
Platform host_platform();
/// How well `offered` serves who wants `wanted`: 0 not at all, higher is better. A missing variant of arm means v7, of
/// arm64 v8; an older variant of the same architecture serves too (containerd's platforms.Only).
int platform_match(const Platform& wanted, const Platform& offered);

}  // namespace lichen::spec
