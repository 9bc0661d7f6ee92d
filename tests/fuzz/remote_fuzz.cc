// links: language base
// Places in the network: what is accepted cannot be taken for an option, leads nowhere upwards, and shows no password.
#include "buildah/language/remote.hh"

#include <algorithm>

#include "libpod/base/strings.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;

bool has_control(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void check(const language::GitPlace& place) {
  fuzz::require(!place.url.starts_with('-') && !place.ref.starts_with('-') && !has_control(place.url));
  fuzz::require(place.ref.find("..") == std::string::npos && !has_control(place.ref + place.directory));
  for (const auto& part : split(place.directory, '/')) fuzz::require(part != ".." && !part.starts_with('-'));
  fuzz::require(!place.host.empty() && !place.host.starts_with('-'));
}

void check(const language::UrlPlace& place) {
  fuzz::require(place.url.starts_with("http://") || place.url.starts_with("https://"));
  fuzz::require(place.name.find('/') == std::string::npos && place.name != "." && place.name != "..");
  fuzz::require(!has_control(place.url + place.name) && place.url.find('#') == std::string::npos);
  const auto host = place.url.find("://") + 3;
  fuzz::require(place.url.substr(host, place.url.find_first_of("/?", host) - host).find('@') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  language::without_credentials(std::string(text));
  for (const auto use : {language::RemoteUse::add, language::RemoteUse::context})
    fuzz::refuse_or_accept([&] {
      if (const auto place = language::parse_remote(text, use))
        std::visit([](const auto& each) { check(each); }, *place);
    });
  return 0;
}
