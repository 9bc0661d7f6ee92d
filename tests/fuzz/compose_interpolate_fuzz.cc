// links: compose_language spec base
// ${...}: text without a dollar stays, escaped text comes back, collecting variables finds each that was looked up.
#include "compose/language/interpolate.hh"
#include "libpod/base/strings.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  if (size > 20000) return 0;
  const auto text = fuzz::as_text(data, size);
  std::map<std::string, compose::Variable> variables;
  compose::collect_variables(text, variables);
  std::vector<std::string> unset;
  const compose::Lookup lookup = [&](const std::string& name) -> std::optional<std::string> {
    fuzz::require(variables.count(name) == 1);
    return name.size() % 3 == 0 ? std::nullopt : std::optional<std::string>(name.size() % 3 == 1 ? "" : "value");
  };
  fuzz::refuse_or_accept([&] {
    const auto result = compose::interpolate(text, lookup, unset);
    if (text.find('$') == std::string_view::npos) fuzz::require(result == text);
  });
  fuzz::require(compose::interpolate(replace_all(std::string(text), "$", "$$"), lookup, unset) == text);
  return 0;
}
