// links: spec base
// config.json of a bundle, which may come from anybody: read, write, read gives the same.
#include "libpod/spec/oci_spec.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  fuzz::refuse_or_accept([&] {
    const auto spec = spec::oci_spec_from_json(parse_json(fuzz::as_text(data, size), "fuzz"), "fuzz");
    const Json once = spec::to_json(spec);
    fuzz::require(spec::to_json(spec::oci_spec_from_json(once, "again")) == once);
  });
  return 0;
}
