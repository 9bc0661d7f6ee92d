// secrets/<name>: one file for each secret, 0600, published by one rename: the record as one line of JSON, then the
// value as it came. So a secret is there as a whole or not at all, and a replacement is never half old and half new.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/store/paths.hh"

namespace lichen::store {

inline constexpr std::size_t kMaxSecretBytes = 512000;  // docker's and podman's

struct SecretRecord {
  std::string id;  // 25 hex digits, as podman's
  std::string name;
  std::string driver = "file";
  std::string created, updated;  // RFC 3339
  std::map<std::string, std::string> labels;
};

class SecretStore {
 public:
  explicit SecretStore(const Paths& paths) : paths_(paths) {}

  bool has(const std::string& name) const;
  /// By name. @throws Error{not_found} with the name that is near, or all names, as hint; Error{invalid}
  SecretRecord get(const std::string& name) const;
  std::string value(const std::string& name) const;
  /// The name for a name, an id or the beginning of an id. @throws Error{not_found}; Error{conflict} ambiguous
  std::string find(const std::string& name_or_id) const;
  std::vector<std::string> list() const;
  /// false when there is one of that name. @throws Error{usage} a bad name, or a value that is empty or too long
  bool create(const SecretRecord& record, std::string_view value);
  /// Make it, or take the place of the one that is there.
  void replace(const SecretRecord& record, std::string_view value);

 private:
  const Paths& paths_;
};

}  // namespace lichen::store
