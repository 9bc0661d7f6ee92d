// The content of /etc/hosts, /etc/resolv.conf and /etc/hostname of a container. Pure: text in, text out.
//
// Everything that comes from an image, a flag or the host's own files is checked before it becomes part of a line: a
// name or address with a control character or a space could add lines of its own (C15).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libpod/spec/container_config.hh"

namespace lichen::network {

struct HostsInput {
  std::string container_ip;  // empty: no address of its own (none)
  std::string container_ip6;
  std::string hostname;
  std::string domainname;
  std::vector<std::pair<std::string, std::string>> extra_hosts;  // name, address or "host-gateway"
  std::string host_gateway;         // the address by which the container reaches the host; empty: none does
  std::string host_gateway_hint;    // what makes host-gateway work, when host_gateway is empty
  std::optional<std::string> base;  // --network host: the host's /etc/hosts, kept as it is
};

/// Docker's format: localhost lines, extra hosts, then the container's own line. With a host_gateway also
/// host.docker.internal and host.containers.internal, unless extra_hosts name them.
///
/// @throws Error{invalid}     a name that is no host name, an address that is none
/// @throws Error{unsupported} host-gateway where no address leads to the host
std::string hosts_file(const HostsInput& input);

struct ResolvInput {
  std::string host_conf;                     // the host's /etc/resolv.conf
  std::optional<std::string> resolved_conf;  // /run/systemd/resolve/resolv.conf when it exists
  bool shares_host_network = false;          // then loopback servers work and stay
  std::vector<std::string> own_servers;      // the network's own DNS (slirp4netns: 10.0.2.3), in front of the host's
  std::vector<std::string> dns, dns_search, dns_options;  // --dns*; "none" or "." as docker and podman take them
};

/// nullopt: --dns none, leave the image's file alone.
///
/// --dns replaces all servers, --dns-search all search domains ("." alone: none), --dns-option all options. A host's
/// servers on loopback cannot be reached from another network namespace: they go, and when they are systemd-resolved's,
/// its real ones stand in.
/// @throws Error{invalid} a server that is no address, a domain or option with control characters or spaces
std::optional<std::string> resolv_conf(const ResolvInput& input);

/// host_conf and resolved_conf from this host; missing files are empty.
ResolvInput read_host_resolv();

/// One line. @throws Error{invalid} not a host name (letters, digits, '-', '.', '_'; at most 64 bytes)
std::string hostname_file(std::string_view hostname);

/// Whether it may stand in hosts(5) as a name: letters, digits, '-', '.', '_'; 1 to 253 bytes.
bool is_host_name(std::string_view text);
/// 4 or 6; 0 when it is no address.
int address_family(std::string_view text);

}  // namespace lichen::network
