// The "sha256:<64 hex>" type. Hashing lives in libpod/image/hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lichen {

class Digest {
 public:
  Digest() = default;

  /// Only sha256 and sha512 with lower-case hex of the right length: a digest becomes a file name, so nothing else may
  /// pass (OCI image-spec, descriptor.md "Digests"; CVE-2024-3727).
  static std::optional<Digest> parse(std::string_view text);
  static Digest from_sha256_hex(std::string_view hex);

  bool empty() const { return text_.empty(); }
  /// "sha256:..."
  const std::string& str() const { return text_; }
  std::string algorithm() const;
  std::string hex() const;

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace lichen
