// Published ports: which host ports a container gets, and telling slirp4netns about them.
//
// All ports of a container are chosen and checked (by really binding them for a moment, in the host's network
// namespace) before anything is started, so that a taken port leaves nothing half-made. Between the check and
// slirp4netns' own bind somebody else may take one: then slirp4netns' refusal is turned into the same error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libpod/spec/container_config.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::network {

/// The container of ours that publishes this host port; nullopt when none does.
/// @param host_ip  "" = all addresses
using PortHolderLookup = std::function<std::optional<std::string>(const std::string& host_ip, std::uint16_t host_port,
                                                                  const std::string& protocol)>;

/// -P: the given mappings and, for each exposed port ("80/tcp") that none of them publishes, one with host_port 0.
/// Pure.
/// @throws Error{invalid} not of the form PORT/PROTOCOL
std::vector<spec::PortMapping> expand_exposed(const std::vector<spec::PortMapping>& ports,
                                              const std::vector<std::string>& exposed);

/// What the way out can forward from: slirp4netns IPv4 only, pasta both.
enum class AddressFamilies { ipv4, both };

/// Choose a free host port (32768 to 60999, docker's range) where host_port is 0, the first free one of a range, and
/// check that all can be bound.
///
/// @return the same list without a host_port 0 and without ranges
/// @throws Error{conflict}    "port 8080/tcp on 0.0.0.0 is already in use by container 'web'"; also two mappings of one
/// list that collide
/// @throws Error{permission}  below net.ipv4.ip_unprivileged_port_start (hint: the sysctl)
/// @throws Error{unsupported} sctp; an IPv6 host address with AddressFamilies::ipv4
/// @throws Error{invalid}     the address does not belong to this host
/// @stage E, in the host's network namespace
std::vector<spec::PortMapping> reserve_ports(const std::vector<spec::PortMapping>& ports, AddressFamilies families,
                                             const PortHolderLookup& lookup);

/// The socket of a published port, bound and, for TCP, listening; non-blocking. UDP ones say which address was asked
/// (dns_socket.hh). @pre host_port is not 0 @throws as reserve_ports @stage in the host's network namespace
sys::UniqueFd open_published_port(const spec::PortMapping& port);

/// Have slirp4netns forward these ports; none has host_port 0.
///
/// @param api_socket  of a slirp4netns that is ready
/// @throws Error{conflict} as reserve_ports; those added before are removed again
/// @stage any network namespace: the socket is found through the file system
void add_slirp_forwards(const std::string& api_socket, const std::vector<spec::PortMapping>& ports,
                        const std::string& guest_ip, const PortHolderLookup& lookup);

}  // namespace lichen::network
