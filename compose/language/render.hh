// What `config` prints: the canonical project as YAML or JSON in docker compose's order of keys, quoting and forms, and
// the hash that labels a container with the configuration it was made from.
#pragma once

#include "compose/language/model.hh"

namespace lichen::compose {

/// YAML and JSON differ in more than syntax: docker compose drops empty structs from YAML only, and x-* of services
/// from JSON only.
enum class Format { yaml, json };

/// Active services and the objects of the project. `$` is not doubled (escape_dollars does).
Json project_json(const Project& project, Format format);
Json service_json(const Service& service, Format format);

/// Block style, two spaces, strings quoted where YAML 1.1 or 1.2 would read something else; ends in a newline.
std::string render_yaml(const Json& value);
/// Two spaces, <, > and & as \u00XX; ends in a newline. `indent` < 0: one line without a newline.
std::string render_json(const Json& value, int indent = 2);

/// `$` as `$$` in all values (keys are never replaced), so that the output can be read again.
Json escape_dollars(Json value);

/// SHA-256 (hex) over the service as JSON without build, pull_policy, scale, deploy.replicas, depends_on and profiles,
/// which do not change what a container is: docker compose's label com.docker.compose.config-hash.
std::string config_hash(const Service& service);

/// Likewise of what a network or a volume is made from.
std::string config_hash(const Network& network);
std::string config_hash(const Volume& volume);

/// The image a service runs: `image`, else PROJECT-SERVICE, which its build makes.
std::string image_of(const Service& service, const Project& project);

}  // namespace lichen::compose
