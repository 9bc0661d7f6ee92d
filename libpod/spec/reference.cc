#include "libpod/spec/reference.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

constexpr std::size_t kMaxName = 255;  // distribution/reference, NameTotalLengthMax
constexpr std::size_t kMaxTag = 128;

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_lower_alnum(c) || is_upper(c); }

[[noreturn]] void refuse(std::string_view text, std::string_view why, std::string hint = {}) {
  Error error(ErrorKind::invalid, format("image name '{}': {}", printable(text), why));
  if (!hint.empty()) error.with_hint(std::move(hint));
  throw error;
}

// alnum { ("." | "_" | "__" | "-"...) alnum }
bool is_component(std::string_view text) {
  if (text.empty() || !is_lower_alnum(text.front()) || !is_lower_alnum(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_lower_alnum(text[i])) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && !is_lower_alnum(text[i])) ++i;
    const std::string_view separator = text.substr(start, i - start);
    const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
  }
  return true;
}

bool is_host_label(std::string_view text) {
  return !text.empty() && is_alnum(text.front()) && is_alnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

// Docker's rule for what stands before the first slash (splitDockerDomain): a host has a dot, a colon or an upper-case
// letter, or is "localhost"; anything else is the first component of a repository.
bool looks_like_host(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:[") != std::string_view::npos ||
         std::any_of(first.begin(), first.end(), is_upper);
}

void check_repository(std::string_view text, std::string_view repository) {
  if (repository.empty()) refuse(text, "the repository is empty");
  for (const auto& component : split(repository, '/')) {
    if (component.empty()) refuse(text, "a part between two slashes is empty");
    if (std::any_of(component.begin(), component.end(), is_upper) && is_component(to_lower(component)))
      refuse(text, "the repository must be lower case", format("try '{}'", printable(to_lower(text))));
    if (!is_component(component))
      refuse(text, format("'{}' is not letters and digits joined by '.', '_', '__' or '-'", printable(component)));
  }
}

}  // namespace

bool is_valid_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kMaxTag && (is_alnum(tag.front()) || tag.front() == '_') &&
         std::all_of(tag.begin(), tag.end(), [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_valid_registry_host(std::string_view host) {
  std::string_view port;
  bool has_port = false;
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    const std::string_view address = host.substr(1, close - 1);
    if (address.find(':') == std::string_view::npos ||
        address.find_first_not_of("0123456789abcdefABCDEF:.") != address.npos)
      return false;
    const std::string_view rest = host.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return false;
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const auto colon = host.find(':');
    const std::string_view name = host.substr(0, colon);
    for (const auto& label : split(name, '.'))
      if (!is_host_label(label)) return false;
    has_port = colon != std::string_view::npos;
    if (has_port) port = host.substr(colon + 1);
  }
  if (!has_port) return true;
  const auto number = parse_uint(port);
  return number && *number >= 1 && *number <= 65535 && port.front() != '0';
}

bool is_valid_repository(std::string_view repository) {
  const auto components = split(repository, '/');
  return std::all_of(components.begin(), components.end(), is_component);
}

std::string Reference::str() const {
  std::string text = name();
  if (!tag.empty()) text += ":" + tag;
  if (!digest.empty()) text += "@" + digest.str();
  return text;
}

Reference parse_reference(std::string_view text) {
  if (text.empty()) throw Error(ErrorKind::invalid, "image name '': it is empty");
  if (text.size() > kMaxName + kMaxTag + 140) refuse(text.substr(0, 40), "it is too long");
  if (text.find("://") != std::string_view::npos)
    refuse(text, "a URL is not an image name", "leave out what stands before the registry's host");
  Reference result;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    const auto digest = Digest::parse(rest.substr(at + 1));
    if (!digest)
      refuse(text, format("'{}' is not a digest", printable(rest.substr(at + 1))),
             "sha256: and 64 hex digits, lower case");
    result.digest = *digest;
    rest = rest.substr(0, at);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && looks_like_host(rest.substr(0, slash))) {
    result.host = rest.substr(0, slash);
    if (!is_valid_registry_host(result.host)) refuse(text, format("'{}' is not a host name", printable(result.host)));
    rest = rest.substr(slash + 1);
  }
  if (const auto colon = rest.rfind(':');
      colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
    result.tag = rest.substr(colon + 1);
    if (!is_valid_tag(result.tag)) {
      refuse(text, format("'{}' is not a tag", printable(result.tag)),
             "letters, digits, '_', '.' and '-', at most 128");
    }
    rest = rest.substr(0, colon);
  }
  check_repository(text, rest);
  result.repository = rest;
  if (result.name().size() > kMaxName) refuse(text.substr(0, 40), "the name is longer than 255 characters");
  // A name of 64 hex digits would hide an image id.
  if (result.host.empty() && is_full_id(result.repository)) refuse(text, "64 hex digits are an id, not a name");
  return result;
}

Reference with_defaults(Reference reference) {
  if (reference.host.empty() || reference.host == "index.docker.io" || reference.host == "registry-1.docker.io")
    reference.host = "docker.io";
  if (reference.host == "docker.io" && reference.repository.find('/') == std::string::npos)
    reference.repository = "library/" + reference.repository;
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";
  return reference;
}

Reference parse_full_reference(std::string_view text) { return with_defaults(parse_reference(text)); }

std::string familiar_name(const Reference& reference) {
  Reference shown = reference;
  if (shown.host == "docker.io") {
    shown.host.clear();
    const std::string_view repository = shown.repository;
    if (repository.starts_with("library/") && repository.find('/', 8) == std::string_view::npos)
      shown.repository = std::string(repository.substr(8));
  }
  return shown.str();
}

}  // namespace lichen::spec
