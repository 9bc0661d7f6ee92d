// Passwords for registries: containers-auth.json(5), docker's config.json and credential helpers.
//
// The first file with an answer counts: --creds; --authfile or REGISTRY_AUTH_FILE (then no other);
// $XDG_RUNTIME_DIR/containers/ auth.json; ~/.config/containers/auth.json; ~/.docker/config.json. A helper that is
// configured but missing is an error and never a reason to look elsewhere (CVE-2021-41092). Helpers are run from fixed
// directories that others cannot write to; the name never holds a slash (security.md C42).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/wire/image_cli.hh"

namespace lichen::image {

struct Credentials {
  std::string user, password;
  std::string identity_token;  // instead of a password: an OAuth2 refresh token
};

class CredentialSource {
 public:
  explicit CredentialSource(const wire::ImageRequest& request);

  /// For a registry (as named: "docker.io") and repository; the most specific entry of a file counts.
  /// @throws Error{not_found} a helper is missing; Error{invalid} a file is damaged
  std::optional<Credentials> find(const std::string& host, const std::string& repository) const;

 private:
  std::optional<Credentials> find_in_file(const std::string& path, const std::string& host,
                                          const std::string& repository) const;
  std::optional<Credentials> ask_helper(const std::string& name, const std::string& server) const;

  std::optional<Credentials> given_;
  std::vector<std::string> files_;
  std::string home_;
};

/// Who keeps the passwords of `host` by this file: the name of a helper; empty: the file itself.
std::string helper_of(const std::string& path, const std::string& host);
/// Hand credentials to a helper, or (no password) have it forget them. @throws Error{permission} it fails
void tell_helper(const std::string& name, const std::string& home, const std::string& host,
                 const std::optional<Credentials>& credentials);
/// Keys under which files know a registry; the first is the one to write.
std::vector<std::string> auth_keys(const std::string& host);

/// Where a program docker-credential-NAME may lie.
/// @throws Error{invalid} the name; Error{not_found} it is in none of the directories
std::string find_credential_helper(const std::string& name, const std::vector<std::string>& directories);

}  // namespace lichen::image
