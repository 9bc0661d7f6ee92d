// -p and --expose: "[IP:][HOST[-RANGE]:]CONTAINER[-RANGE][/PROTOCOL]".
//
// A range becomes one PortMapping per container port here, so that nobody later has to know about ranges; only a range
// of the host's for one container port stays one, until a port of it is chosen at start. An IPv6 address stands in
// brackets; docker also takes it bare when both ports follow, so we do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// @return one entry per container port, ascending; host_port 0 = chosen at start
/// @throws Error{usage} not this grammar, a port outside 1..65535 (a host port may be 0), ranges of different length,
/// an unknown protocol, not an
///         IP address
std::vector<PortMapping> parse_port_option(std::string_view text);

/// --expose and EXPOSE: "PORT[-RANGE][/PROTOCOL]" into "80/tcp" forms.
/// @throws Error{usage} not this grammar
std::vector<std::string> parse_expose_option(std::string_view text);

/// "80/tcp", as EXPOSE and inspect name a port. @throws Error{invalid} not that form
std::pair<std::uint16_t, std::string> split_exposed_port(std::string_view text);

/// The host's part of -p and of inspect: "8080", "8000-8010", "" for one that is chosen at start.
std::string host_port_text(const PortMapping& port);

/// `port` as -p would read it: "[::1]:8080:80/udp".
std::string format_port_option(const PortMapping& port);

}  // namespace lichen::spec
