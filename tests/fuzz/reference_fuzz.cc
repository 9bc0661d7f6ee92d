// links: spec base
// Image references: what is accepted prints itself, and what is printed is accepted as the same.
#include "libpod/spec/reference.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  const auto text = fuzz::as_text(data, size);
  fuzz::refuse_or_accept([&] {
    const auto reference = spec::with_defaults(spec::parse_reference(text));
    const auto again = spec::parse_full_reference(reference.str());
    fuzz::require(again.str() == reference.str());
    // A reference names a folder of the store: it must not be able to leave it.
    fuzz::require(reference.str().find("..") == std::string::npos || reference.str().find("/../") == std::string::npos);
  });
  return 0;
}
