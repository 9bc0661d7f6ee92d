// Who listens on a host port: for the one error message that asks for it.
//
// First our own containers, by the caller's lookup; else the socket's inode from /proc/net/{tcp,udp}[6] and the process
// that has it open. The kernel shows us only processes that we may trace: from inside U0 those are U0's, from outside
// all of our user.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/network/ports.hh"

namespace lichen::network {

struct SocketRow {
  std::uint64_t inode = 0;
  std::uint32_t uid = 0;  // as our user namespace sees it
};

/// The rows of a /proc/net/{tcp,udp}[6] table whose local port is `port`. Pure.
/// @param listening_only  tcp: only state LISTEN (0A)
std::vector<SocketRow> socket_rows(std::string_view table, std::uint16_t port, bool listening_only);

/// "container 'web'", "process 'nginx' (pid 712)", "another user's process" or "another process".
std::string describe_port_holder(const std::string& host_ip, std::uint16_t host_port, const std::string& protocol,
                                 const PortHolderLookup& lookup);

}  // namespace lichen::network
