// links: spec wire base
// Our own records as a torn disk leaves them: state.json and config.json of a container.
#include "libpod/spec/container_config.hh"
#include "libpod/wire/container_state.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  fuzz::refuse_or_accept([&] {
    const Json json = parse_json(fuzz::as_text(data, size), "fuzz");
    fuzz::refuse_or_accept([&] { wire::container_state_from_json(json, "fuzz"); });
    const auto config = spec::container_config_from_json(json, "fuzz");
    const Json once = spec::to_json(config);
    fuzz::require(spec::to_json(spec::container_config_from_json(once, "again")) == once);
  });
  return 0;
}
