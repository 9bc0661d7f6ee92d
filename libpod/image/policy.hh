// containers-policy.json(5): which images may come in or go out, by transport and scope.
//
//   {"default": [REQUIREMENT...], "transports": {"docker": {"registry.example.org/team": [REQUIREMENT...], "": ...}}}
//
// The most specific scope alone counts, and all its requirements must hold. What asks for a signature is refused, as
// signatures cannot be checked here yet: accepting would be a lie. Without a file everything is accepted, as there is
// nobody who said otherwise (podman refuses to work then).
#pragma once

#include <string>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// What is about to be read: {"docker", "docker.io/library/debian:12"}, {"oci", "/absolute/path"},
/// {"docker-archive", ""}, {"containers-storage", ""}.
struct PolicySubject {
  std::string transport, scope;
};

class Policy {
 public:
  /// Accepts everything.
  Policy() = default;
  /// @param what  the file, for messages. @throws Error{invalid}
  static Policy parse(std::string_view text, const std::string& what);

  /// @throws Error{permission} it is rejected; Error{unsupported} a signature is asked for
  void require(const PolicySubject& subject) const;

 private:
  std::string what_;
  Json rules_;
};

/// Scopes under which a policy may have a subject, the most specific first; the last is "".
std::vector<std::string> policy_scopes(const PolicySubject& subject);

/// request.signature_policy, else the user's policy.json, else the machine's.
Policy load_policy(const wire::ImageRequest& request);

}  // namespace lichen::image
