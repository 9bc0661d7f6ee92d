// WWW-Authenticate (RFC 9110 section 11.6.1), and where a registry's credentials may go.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lichen::image {

struct AuthChallenge {
  std::string scheme;                                           // lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case
  std::string parameter(std::string_view name) const;
};

/// All challenges of one header value. What is malformed ends the reading: challenges before it count.
std::vector<AuthChallenge> parse_challenges(std::string_view header);

/// Where a URL leads: what must be equal for two requests to go to the same server.
struct Origin {
  std::string scheme, host;  // lower case; IPv6 without brackets
  int port = 0;
  std::string str() const;
  friend bool operator==(const Origin&, const Origin&) = default;
};
/// @throws Error{invalid} not an http or https URL, or one that holds a user or password
Origin url_origin(const std::string& url);
/// `location` seen from `base`. @throws Error{invalid}
std::string resolve_url(const std::string& base, const std::string& location);

/// localhost, 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view host);

/// Whether the password for `registry` may be sent to the token server `realm`, which the registry named itself.
///
/// Yes for the registry's own origin, and over https for a server of the same owner: the host itself on another port is
/// not, a neighbour below the registry's parent domain is (docker.io's auth.docker.io, gitlab.com for
/// registry.gitlab.com). No for every other host: a registry must not be able to hand its users' passwords on
/// (CVE-2026-33540 and relatives; security.md C30).
bool may_send_credentials(const Origin& registry, const Origin& realm);

}  // namespace lichen::image
