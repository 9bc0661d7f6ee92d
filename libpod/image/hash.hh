// Digests of streams (OpenSSL EVP), so that no other folder needs OpenSSL.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "libpod/base/digest.hh"

namespace lichen::image {

class Hasher {
 public:
  /// @param algorithm  "sha256" or "sha512"; "sha384" too, for finish_text
  explicit Hasher(std::string_view algorithm = "sha256");
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(std::span<const std::uint8_t> data);
  void update(std::string_view text);
  /// The digest of all that was given; the hasher is used up.
  Digest finish();
  /// The same as "ALGORITHM:HEX".
  std::string finish_text();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::string_view text);
/// The digest of `text` by the algorithm of `like`.
Digest digest_like(const Digest& like, std::string_view text);

/// Chain id (image-spec config.md, "Layer ChainID") as 64 hex digits.
/// @param parent  chain id beneath; empty for the lowest layer
std::string chain_id(const std::string& parent, const Digest& diff_id);

}  // namespace lichen::image
