// links: image
// WWW-Authenticate of a hostile registry: the credentials go only where they may, whatever the realm says.
#include "libpod/image/auth_challenge.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  const auto text = fuzz::as_text(data, size);
  fuzz::refuse_or_accept([&] { image::parse_challenges(text); });
  fuzz::refuse_or_accept([&] {
    const auto origin = image::url_origin(std::string(text));
    const auto registry = image::url_origin("https://registry.example:5000/v2/");
    // Over plain HTTP nothing is ever sent to another host.
    if (origin.scheme == "http" && origin.host != registry.host)
      fuzz::require(!image::may_send_credentials(registry, origin));
  });
  fuzz::refuse_or_accept([&] { image::resolve_url("https://registry.example/v2/x", std::string(text)); });
  return 0;
}
