// The variables that docker's --link gives a container on the default network about the other one: where its ports are
// (DB_PORT_5432_TCP_ADDR ...), what it is called (DB_NAME) and its own environment (DB_ENV_...). Rules and names:
// docker's documentation, "Legacy container links", section "Environment variables".
#pragma once

#include <string>
#include <vector>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// "NAME=value", in docker's order. PATH and HOME of the other container are left out, as docker does.
///
/// @param name     of the container that gets them
/// @param alias    --link OTHER:ALIAS; upper case with '_' for '-' begins each name
/// @param address  of the other container
std::vector<std::string> link_variables(const std::string& name, const std::string& alias, const std::string& address,
                                        const ContainerConfig& other);

}  // namespace lichen::spec
