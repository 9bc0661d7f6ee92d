#include "libpod/base/digest.hh"

#include <algorithm>

#include "libpod/base/error.hh"

namespace lichen {

std::optional<Digest> Digest::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view algorithm = text.substr(0, colon);
  const std::string_view hex = text.substr(colon + 1);
  const std::size_t wanted = algorithm == "sha256" ? 64 : algorithm == "sha512" ? 128 : 0;
  const bool all_hex =
      std::all_of(hex.begin(), hex.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (wanted == 0 || hex.size() != wanted || !all_hex) return std::nullopt;
  return Digest(std::string(text));
}

Digest Digest::from_sha256_hex(std::string_view hex) {
  auto digest = parse("sha256:" + std::string(hex));
  LICHEN_ASSERT(digest.has_value());
  return *digest;
}

std::string Digest::algorithm() const { return text_.substr(0, text_.find(':')); }
std::string Digest::hex() const { return text_.empty() ? "" : text_.substr(text_.find(':') + 1); }

}  // namespace lichen
