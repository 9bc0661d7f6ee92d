// links: src
// --format templates, over an object of every kind of value. A person writes them, but never wrongly enough to crash.
#include "src/template.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  static const Json object = parse_json(
      R"({"A":{"B":[1,2,{"C":"x"}]},"Labels":{"k":"v"},"N":-3,"F":1.5,"T":true,"Z":null,"S":"text","L":[]})", "fuzz");
  if (size > 4096) return 0;
  fuzz::refuse_or_accept([&] { cli::Template::parse(fuzz::as_text(data, size)).execute(object); });
  return 0;
}
