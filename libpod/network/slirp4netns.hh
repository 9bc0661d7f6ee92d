// slirp4netns(1): a TCP/IP stack in user space that gives one network namespace a way out without privileges.
// How it is started side by side with everything else: helper_launch.hh. Within its network it takes fixed addresses.
#pragma once

#include <string>
#include <vector>

#include "libpod/network/helper_launch.hh"

namespace lichen::network {

struct SlirpOptions {
  std::string cidr = "10.0.2.0/24";
  unsigned mtu = 65520;
  bool allow_host_loopback = false;  // 10.0.2.2 reaches services on the host's 127.0.0.1
  bool enable_ipv6 = false;
  std::string outbound_addr;  // IPv4 address or interface; empty: as the host routes
  std::string outbound_addr6;
  std::string api_socket;  // absolute path of any length below an existing directory; empty: none
  std::string device = "tap0";
};

/// From the "k=v" words of --network slirp4netns:k=v,... (NetworkConfig::options).
/// @throws Error{usage}       unknown option or value
/// @throws Error{unsupported} port_handler=rootlesskit
SlirpOptions parse_slirp_options(const std::vector<std::string>& words);

/// The addresses that slirp4netns takes within its network: network + 100, + 2 and + 3 (slirp4netns(1)).
struct SlirpAddresses {
  std::string container, gateway, dns;
  unsigned prefix = 24;
};
/// @throws Error{usage} not a network address with a prefix of 1 to 25 bits
SlirpAddresses slirp_addresses(const std::string& cidr);

/// The command line. @param ready_fd,exit_fd  numbers in slirp4netns
std::vector<std::string> slirp_argv(const SlirpOptions& options, const std::string& netns_path, int ready_fd,
                                    int exit_fd);

/// A launch for the namespace that this process's child will make. With options.api_socket the socket is there once it
/// is ready.
HelperLaunch prepare_slirp4netns(SlirpOptions options);

}  // namespace lichen::network
