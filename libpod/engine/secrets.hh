// lichen secret: what containers must know and nobody else may read.
//
// A value is in one place on disk, the store's file of 0600. A container names the secrets that it uses; their values
// go into its memory at each start (secret_mounts.hh) and into no record, layer, log or command line.
//
// As for volumes, creating a container and removing what it uses need no common lock: remove takes the secret away
// first and looks for users then; create writes its record first and looks for the secret then. One of them sees the
// other.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct SecretRequest {
  std::string name;
  std::string source;                  // a path, "-" for standard input, or a variable's name
  bool from_env = false;               // source is a variable
  std::optional<std::string> value{};  // the value itself; `source` is not looked at then
  std::string driver;                  // "" or "file"
  std::map<std::string, std::string> labels;
  bool replace = false;  // one that is there gets the new value, and keeps its id
  bool ignore = false;   // one that is there stays as it is, and is no error
};
/// @return the id
/// @throws Error{conflict} the name is taken; Error{usage} a bad name or value; Error{not_found} no such file or
/// variable
std::string create_secret(Engine& engine, const SecretRequest& request);

/// Rows with docker's placeholders (CreatedAt Driver ID Labels Name UpdatedAt), by name. @param filters  id label
/// label! name
std::vector<Json> list_secrets(Engine& engine, const std::vector<std::string>& filters, const OnDamaged& on_damaged);

/// docker's and podman's document. @param with_value  podman's SecretData too @throws Error{not_found|invalid|conflict}
Json inspect_secret(const Engine& engine, const std::string& name_or_id, bool with_value);

/// @throws Error{conflict} containers use it: the message names them; Error{not_found}
void remove_secret(Engine& engine, const std::string& name_or_id);

}  // namespace lichen::engine
