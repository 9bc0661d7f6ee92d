// links: spec base
// -u against a hostile passwd and group: the three parts are separated by a byte 0xff.
#include "libpod/spec/user_spec.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  const auto text = fuzz::as_text(data, size);
  const auto first = text.find('\xff');
  const auto second = first == std::string_view::npos ? first : text.find('\xff', first + 1);
  if (second == std::string_view::npos) return 0;
  fuzz::refuse_or_accept([&] {
    const auto spec = spec::parse_user_spec(text.substr(0, first));
    spec::resolve_user(spec, text.substr(first + 1, second - first - 1), text.substr(second + 1));
  });
  return 0;
}
