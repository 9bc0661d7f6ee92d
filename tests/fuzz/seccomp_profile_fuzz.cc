// links: spec base
// --security-opt seccomp=FILE.
#include "libpod/spec/seccomp_profile.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  fuzz::refuse_or_accept([&] { spec::seccomp_profile_from_json(fuzz::as_text(data, size), "fuzz", {"CAP_CHOWN"}); });
  return 0;
}
