#include "libpod/image/hash.hh"

#include "libpod/base/error.hh"

#include <openssl/evp.h>

namespace lichen::image {

struct Hasher::State {
  EVP_MD_CTX* context = nullptr;
  std::string algorithm;
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(std::string_view algorithm) : state_(std::make_unique<State>()) {
  const EVP_MD* const kind = algorithm == "sha256"   ? EVP_sha256()
                             : algorithm == "sha384" ? EVP_sha384()
                             : algorithm == "sha512" ? EVP_sha512()
                                                     : nullptr;
  LICHEN_ASSERT(kind != nullptr);
  state_->algorithm = algorithm;
  state_->context = EVP_MD_CTX_new();
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, kind, nullptr) != 1)
    throw_error(ErrorKind::system, "start a {} digest: the crypto library refuses", algorithm);
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::uint8_t> data) { EVP_DigestUpdate(state_->context, data.data(), data.size()); }
void Hasher::update(std::string_view text) { EVP_DigestUpdate(state_->context, text.data(), text.size()); }

std::string Hasher::finish_text() {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, raw, &size);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text = state_->algorithm + ":";
  for (unsigned int i = 0; i < size; ++i) {
    text += kHex[raw[i] >> 4];
    text += kHex[raw[i] & 15];
  }
  return text;
}

Digest Hasher::finish() {
  auto digest = Digest::parse(finish_text());
  LICHEN_ASSERT(digest.has_value());
  return *digest;
}

Digest sha256(std::string_view text) {
  Hasher hasher;
  hasher.update(text);
  return hasher.finish();
}

Digest digest_like(const Digest& like, std::string_view text) {
  Hasher hasher(like.algorithm());
  hasher.update(text);
  return hasher.finish();
}

std::string chain_id(const std::string& parent, const Digest& diff_id) {
  if (diff_id.algorithm() != "sha256")
    throw_error(ErrorKind::unsupported, "layer '{}': diff ids other than sha256 are not supported", diff_id.str());
  return parent.empty() ? diff_id.hex() : sha256("sha256:" + parent + " " + diff_id.str()).hex();
}

}  // namespace lichen::image
