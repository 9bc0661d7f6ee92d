// The last steps on the structs: env files, profiles, defaults, checks across objects. In the order of the calls.
#pragma once

#include "compose/language/loading.hh"

namespace lichen::compose {

/// Null values of environment and build.args from `environment` (what is not there goes from args), values of secrets
/// and configs that come from a variable.
void resolve_variables(Project& project);

/// env_file and label_file into environment and labels, which win. @throws Error{not_found} a file that is required
void read_env_files(Service& service, const Mapping& environment, Loading& loading);

/// Services that no active profile has go to disabled_services; those named in the request make theirs active.
void select_profiles(Project& project, const LoadRequest& request);

/// With only_services: those named and what they depend on stay.
/// @return those, or the names of all services when none was named
/// @throws Error{not_found} no such service
std::set<std::string> select_services(Project& project, const LoadRequest& request);

/// Defaults: build context, Dockerfile, network `default`, names of objects, implied dependencies, clean targets.
void normalize(Project& project);

/// Networks, volumes, secrets, configs that no active service uses go.
void drop_unused(Project& project);

/// Undefined references, contradictions, cycles. @throws Error{invalid}
void check_consistency(const Project& project, Loading& loading);

/// Keys of these services, and of the other objects of the project, that have no effect here: one warning each, with
/// the reason (support.cc).
/// @throws Error{unsupported} with UnsupportedKeys::refused, for those that it would be wrong to run without
void warn_of_unsupported(const Node& model, const Project& project, const std::set<std::string>& services,
                         Loading& loading);

}  // namespace lichen::compose
