// links: compose_language spec base
// .env files, in both formats: names and values of what is accepted are well formed.
#include "compose/language/dotenv.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  if (size > 20000) return 0;
  const auto text = fuzz::as_text(data, size);
  const compose::Lookup lookup = [](const std::string& name) -> std::optional<std::string> {
    return name.size() % 2 == 0 ? std::optional<std::string>("x$y") : std::nullopt;
  };
  fuzz::refuse_or_accept([&] {
    std::vector<std::string> unset;
    for (const auto& [name, value] : compose::parse_dotenv(text, ".env", lookup, unset)) {
      fuzz::require(!name.empty() && name.find_first_of("=\n \t") == std::string::npos);
      fuzz::require(value.size() <= size * 200);
    }
  });
  fuzz::refuse_or_accept([&] {
    for (const auto& [name, value] : compose::parse_raw_env(text, ".env", lookup))
      fuzz::require(!name.empty() && value.find('\n') == std::string::npos);
  });
  return 0;
}
