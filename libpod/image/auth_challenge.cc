#include "libpod/image/auth_challenge.hh"

#include <algorithm>
#include <memory>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

#include <arpa/inet.h>
#include <curl/curl.h>

namespace lichen::image {
namespace {

constexpr std::size_t kMaxChallenges = 16, kMaxParameters = 32;

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  void skip_commas() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == ','))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string token() {
    std::size_t size = 0;
    while (size < rest_.size() && is_token_char(rest_[size])) ++size;
    std::string result(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return result;
  }
  /// After the opening quote. @return false when it is not closed
  bool quoted(std::string& out) {
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
      out += c;
    }
    return false;
  }
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  void reset(std::string_view rest) { rest_ = rest; }

 private:
  std::string_view rest_;
};

// name "=" value; the reader stays where it was when there is none.
bool read_parameter(Reader& reader, AuthChallenge& challenge, bool& malformed) {
  const std::string_view before = reader.rest();
  std::string name = to_lower(reader.token());
  reader.skip_space();
  if (name.empty() || !reader.take('=')) {
    reader.reset(before);
    return false;
  }
  reader.skip_space();
  std::string value;
  if (reader.take('"'))
    malformed = !reader.quoted(value);
  else
    value = reader.token();
  if (challenge.parameters.size() >= kMaxParameters) malformed = true;
  if (!malformed) challenge.parameters.emplace_back(std::move(name), std::move(value));
  return true;
}

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string result(text);
  curl_free(text);
  return result;
}

bool is_ip(const std::string& host) {
  in6_addr six{};
  in_addr four{};
  return ::inet_pton(AF_INET, host.c_str(), &four) == 1 || ::inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

}  // namespace

std::string AuthChallenge::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters)
    if (key == name) return value;
  return "";
}

std::vector<AuthChallenge> parse_challenges(std::string_view header) {
  std::vector<AuthChallenge> challenges;
  Reader reader(header);
  for (;;) {
    reader.skip_commas();
    if (reader.done() || challenges.size() >= kMaxChallenges) return challenges;
    AuthChallenge challenge;
    challenge.scheme = to_lower(reader.token());
    if (challenge.scheme.empty()) return challenges;
    reader.skip_space();
    bool malformed = false;
    for (;;) {
      reader.skip_commas();
      // A token without '=' begins the next challenge.
      if (!read_parameter(reader, challenge, malformed) || malformed) break;
      reader.skip_space();
      if (!reader.done() && reader.rest().front() != ',') malformed = true;
      if (malformed) break;
    }
    if (malformed) return challenges;
    challenges.push_back(std::move(challenge));
  }
}

std::string Origin::str() const { return format("{}://{}:{}", scheme, host, port); }

Origin url_origin(const std::string& text) {
  const UrlHandle url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
    throw_error(ErrorKind::invalid, "'{}' is not a usable URL", printable(text.substr(0, 200)));
  Origin origin;
  origin.scheme = to_lower(url_part(url.get(), CURLUPART_SCHEME));
  origin.host = to_lower(url_part(url.get(), CURLUPART_HOST));
  if (origin.host.starts_with('[') && origin.host.ends_with(']'))
    origin.host = origin.host.substr(1, origin.host.size() - 2);
  if (origin.host.ends_with('.')) origin.host.pop_back();
  if (origin.scheme != "http" && origin.scheme != "https")
    throw_error(ErrorKind::invalid, "'{}' is not an http or https URL", printable(text.substr(0, 200)));
  origin.port = static_cast<int>(parse_uint(url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)).value_or(0));
  return origin;
}

std::string resolve_url(const std::string& base, const std::string& location) {
  const UrlHandle url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
    throw_error(ErrorKind::invalid, "'{}' is not a usable URL", printable(location.substr(0, 200)));
  return url_part(url.get(), CURLUPART_URL);
}

bool is_loopback(std::string_view host) {
  const std::string name(host);
  if (name == "localhost" || name == "::1") return true;
  in_addr four{};
  return ::inet_pton(AF_INET, name.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}

bool may_send_credentials(const Origin& registry, const Origin& realm) {
  if (registry == realm) return true;
  if (realm.scheme != "https" || registry.scheme != "https") return false;
  if (is_ip(registry.host) || is_ip(realm.host) || registry.host == realm.host) return false;
  const auto labels = split(registry.host, '.');
  if (labels.size() < 3) return false;
  const std::string parent = registry.host.substr(labels[0].size() + 1);
  // "co.uk" and its like belong to nobody: a short word below a country's two letters is no owner's domain.
  if (labels.size() == 3 && labels[2].size() == 2 && labels[1].size() <= 3) return false;
  return realm.host == parent || realm.host.ends_with("." + parent);
}

}  // namespace lichen::image
