// network connect and disconnect: a container's places, changed while it runs or before.
#pragma once

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// @throws Error{conflict} it is connected, or its network is not a bridge network; Error{not_found}
void connect_network(Engine& engine, const std::string& network, const std::string& container,
                     spec::NetworkEndpoint endpoint);

/// @param force  one that is not connected is no error
void disconnect_network(Engine& engine, const std::string& network, const std::string& container, bool force);

}  // namespace lichen::engine
