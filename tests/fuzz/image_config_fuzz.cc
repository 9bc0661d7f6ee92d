// links: spec base
// Image configurations: what is accepted can be written and read again without a change.
#include "libpod/spec/image_config.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  fuzz::refuse_or_accept([&] {
    const auto config = spec::parse_image_config(fuzz::as_text(data, size), "fuzz");
    const std::string text = dump_json(spec::to_json(config));
    fuzz::require(dump_json(spec::to_json(spec::parse_image_config(text, "again"))) == text);
  });
  return 0;
}
