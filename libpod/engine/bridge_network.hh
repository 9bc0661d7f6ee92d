// A container's places in bridge networks: records, addresses, names; what the hub and the container's namespace get.
#pragma once

#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/spec/network_record.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::engine {

/// Take the addresses and name the links.
/// @throws Error{not_found} no such network; Error{conflict} an address is taken, or none is left
std::vector<wire::HubEndpoint> lease_endpoints(Engine& engine, const spec::ContainerConfig& config);

/// One more, for a container that runs. @param member  what it has
wire::HubEndpoint lease_endpoint(Engine& engine, const spec::ContainerConfig& config,
                                 const spec::NetworkEndpoint& wanted, const wire::HubMember& member);

/// Tell the hub again what the records say now of a container that runs: its names, the networks' servers. The hub sets
/// its rules, ports and names anew. @return false: it is no member of bridge networks @stage with the container held
bool refresh_member(Engine& engine, const spec::ContainerConfig& config);

/// Give back all addresses of a container that is removed.
void release_endpoints(const Engine& engine, const spec::ContainerConfig& config);

/// The symlinks that are the container's leases, for whoever removes it without an engine (lichen-conmon).
std::vector<std::string> lease_paths(const Engine& engine, const std::vector<wire::HubEndpoint>& endpoints);

}  // namespace lichen::engine
