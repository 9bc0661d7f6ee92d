// links: image
// Manifests, indexes and configurations as a hostile registry sends them.
#include "libpod/image/manifest.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  const auto text = fuzz::as_text(data, size);
  fuzz::refuse_or_accept([&] { image::document_kind(text, "", "fuzz"); });
  fuzz::refuse_or_accept([&] {
    for (const auto& layer : image::parse_manifest(text, "fuzz").layers)
      fuzz::require(layer.digest.str().find('/') == std::string::npos);
  });
  fuzz::refuse_or_accept([&] {
    const auto index = image::parse_index(text, "fuzz");
    image::choose_platform(index, image::host_platform(), "fuzz");
  });
  fuzz::refuse_or_accept([&] { image::parse_config_facts(text, "fuzz"); });
  return 0;
}
