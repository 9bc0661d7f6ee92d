// SHA-256 for keys and ids that the command line itself makes: of build steps, image configurations.
//
// The bulk (layers, blobs) is hashed by lichen-image. Here OpenSSL's block function is linked statically, 30 kB: to
// load libcrypto would cost every `lichen ps` two milliseconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lichen {

class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void update(const void* data, std::size_t size);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// A text whose end is known: two of them never make the same hash as two others.
  void field(std::string_view text);
  /// 64 hex digits; once.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view text);

}  // namespace lichen
