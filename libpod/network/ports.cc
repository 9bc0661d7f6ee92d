#include "libpod/network/ports.hh"

#include <algorithm>
#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/json.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/network/dns_files.hh"
#include "libpod/network/port_holder.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/socket.hh"
#include "libpod/sys/unique_fd.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

namespace lichen::network {
namespace {

// Where docker's automatic ports come from: net.ipv4.ip_local_port_range's default.
constexpr std::chrono::milliseconds kLastBreath{500};
constexpr std::uint32_t kFirstRandom = 32768, kLastRandom = 60999;

std::string shown_ip(const spec::PortMapping& port) { return port.host_ip.empty() ? "0.0.0.0" : port.host_ip; }

std::string shown(const spec::PortMapping& port) {
  return format("port {}/{} on {}", port.host_port, port.protocol, shown_ip(port));
}

void check_publishable(const spec::PortMapping& port, AddressFamilies families) {
  if (port.protocol != "tcp" && port.protocol != "udp")
    throw Error(ErrorKind::unsupported,
                format("publish port {}/{}: only tcp and udp can be forwarded without privileges", port.container_port,
                       port.protocol))
        .with_hint("use --network host");
  if (port.host_ip.empty() || address_family(port.host_ip) == 4) return;
  if (address_family(port.host_ip) != 6)
    throw_error(ErrorKind::invalid, "publish port {}: '{}' is not an IP address", port.container_port, port.host_ip);
  if (families == AddressFamilies::both) return;
  throw Error(ErrorKind::unsupported,
              format("publish port {}/{} on [{}]: slirp4netns forwards from IPv4 addresses only", port.host_port,
                     port.protocol, port.host_ip))
      .with_hint("use an IPv4 address, or --network pasta, or --network host");
}

// Bind for a moment. The socket is kept so that two entries of one list meet each other. 0 or the errno.
//
// TCP with SO_REUSEADDR as slirp4netns does it: connections in TIME_WAIT do not count, listeners do. UDP without it:
// two UDP sockets that both have it may share a port, and the second would silently take the first one's packets
// (socket(7)).
int try_bind(const spec::PortMapping& port, std::vector<sys::UniqueFd>& held) {
  const bool tcp = port.protocol == "tcp";
  const bool ipv6 = address_family(port.host_ip) == 6;
  sys::UniqueFd socket(::socket(ipv6 ? AF_INET6 : AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  if (!socket) throw_errno("open a socket");
  const int on = 1;
  if (tcp) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ipv6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  v6.sin6_family = AF_INET6;
  v4.sin_family = AF_INET;
  v6.sin6_port = v4.sin_port = htons(port.host_port);
  ::inet_pton(v6.sin6_family, shown_ip(port).c_str(), &v6.sin6_addr);
  ::inet_pton(v4.sin_family, shown_ip(port).c_str(), &v4.sin_addr);
  const int bound = ipv6 ? ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&v6), sizeof v6)
                         : ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  if (bound != 0) return errno;
  held.push_back(std::move(socket));
  return 0;
}

// The network helper of a container that has just ended lets go of its ports a moment after the monitor has answered:
// `stop` and `start` in one line must work.
int bind_patiently(const spec::PortMapping& port, std::vector<sys::UniqueFd>& held) {
  const auto deadline = std::chrono::steady_clock::now() + kLastBreath;
  for (;;) {
    const int error = try_bind(port, held);
    if (error != EADDRINUSE || std::chrono::steady_clock::now() > deadline) return error;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

[[noreturn]] void refuse(const spec::PortMapping& port, int error, const PortHolderLookup& lookup) {
  if (error == EADDRINUSE) {
    const std::string holder = describe_port_holder(port.host_ip, port.host_port, port.protocol, lookup);
    throw Error(ErrorKind::conflict, format("{} is already in use by {}", shown(port), holder), error)
        .with_hint(holder.starts_with("container")
                       ? "stop that container or publish on another host port"
                       : "publish on another host port, or leave it out to have a free one chosen");
  }
  if (error == EACCES) {
    const auto first = sys::read_file_if_exists("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    throw Error(ErrorKind::permission,
                format("{}: ports below {} are for root", shown(port), first ? trim(*first) : "1024"), error)
        .with_hint(format("publish on a higher port, or as root: sysctl -w net.ipv4.ip_unprivileged_port_start={}",
                          port.host_port));
  }
  if (error == EADDRNOTAVAIL)
    throw Error(ErrorKind::invalid, format("{}: the address does not belong to this host", shown(port)), error)
        .with_hint("see the host's addresses with: ip address");
  throw_errno_value(error, "{}", shown(port));
}

bool overlap(const spec::PortMapping& a, const spec::PortMapping& b) {
  if (a.host_port != b.host_port || a.protocol != b.protocol) return false;
  const std::string first = shown_ip(a), second = shown_ip(b);
  if (address_family(first) != address_family(second)) return false;
  const std::string_view all = address_family(first) == 6 ? "::" : "0.0.0.0";
  return first == second || first == all || second == all;
}

bool is_to_be_chosen(const spec::PortMapping& port) { return port.host_port == 0 || port.host_port_last != 0; }

// In the range that was asked for the first one that is free, as docker; else a random place in docker's own range, and
// upwards from there.
void choose_port(spec::PortMapping& port, const std::vector<spec::PortMapping>& taken,
                 std::vector<sys::UniqueFd>& held) {
  const bool is_random = port.host_port == 0;
  const std::uint32_t first = is_random ? kFirstRandom : port.host_port;
  const std::uint32_t last = is_random ? kLastRandom : port.host_port_last;
  const std::uint32_t count = last - first + 1;
  std::uint32_t start = 0;
  if (is_random && ::getrandom(&start, sizeof start, 0) != sizeof start) throw_errno("get random bytes");
  port.host_port_last = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    port.host_port = static_cast<std::uint16_t>(first + (start % count + i) % count);
    if (std::ranges::any_of(taken, [&](const auto& other) { return overlap(port, other); })) continue;
    const int error = try_bind(port, held);
    if (error == 0) return;
    if (error != EADDRINUSE) refuse(port, error, {});
  }
  throw_error(ErrorKind::conflict, "choose a host port for {}/{}: none of {} to {} is free", port.container_port,
              port.protocol, first, last);
}

Json call_slirp(const std::string& api_socket, const Json& request) {
  const auto socket = sys::connect_unix(api_socket, SOCK_STREAM);
  if (!socket) throw_error(ErrorKind::system, "forward ports: slirp4netns does not answer at '{}'", api_socket);
  sys::write_all(socket->get(), dump_json(request), "ask slirp4netns");
  ::shutdown(socket->get(), SHUT_WR);  // one request per connection, ended so (slirp4netns(1), "API SOCKET")
  return parse_json(sys::read_all(socket->get(), "answer of slirp4netns", 64 << 10), "answer of slirp4netns");
}

std::int64_t add_forward(const std::string& api_socket, const spec::PortMapping& port, const std::string& guest_ip,
                         const PortHolderLookup& lookup) {
  Json request;
  request["execute"] = "add_hostfwd";
  request["arguments"] = {{"proto", port.protocol},
                          {"host_addr", shown_ip(port)},
                          {"host_port", port.host_port},
                          {"guest_addr", guest_ip},
                          {"guest_port", port.container_port}};
  const Json answer = call_slirp(api_socket, request);
  const JsonView view(answer, "answer of slirp4netns");
  if (const auto id = view.at("return").find_int("id")) return *id;
  const std::string cause = view.at("error").get_string("desc", "no reason given");
  // Its own word for a bind(2) that failed; the cause can only be a port taken since our check.
  if (cause.find("slirp_add_hostfwd failed") != std::string::npos) refuse(port, EADDRINUSE, lookup);
  throw_error(ErrorKind::system, "forward {}: {}", shown(port), cause);
}

void remove_slirp_forward(const std::string& api_socket, std::int64_t id) {
  call_slirp(api_socket, Json{{"execute", "remove_hostfwd"}, {"arguments", {{"id", id}}}});
}

}  // namespace

std::vector<spec::PortMapping> expand_exposed(const std::vector<spec::PortMapping>& ports,
                                              const std::vector<std::string>& exposed) {
  std::vector<spec::PortMapping> all = ports;
  for (const auto& text : exposed) {
    const auto pair = cut(text, '/');
    const auto number = parse_uint(pair ? pair->first : text);
    spec::PortMapping port;
    if (pair) port.protocol = pair->second;
    if (!number || *number < 1 || *number > 65535 ||
        (port.protocol != "tcp" && port.protocol != "udp" && port.protocol != "sctp"))
      throw_error(ErrorKind::invalid, "exposed port '{}': not of the form PORT/PROTOCOL", text);
    port.container_port = static_cast<std::uint16_t>(*number);
    const bool known = std::ranges::any_of(all, [&](const auto& other) {
      return other.container_port == port.container_port && other.protocol == port.protocol;
    });
    if (!known) all.push_back(std::move(port));
  }
  return all;
}

std::vector<spec::PortMapping> reserve_ports(const std::vector<spec::PortMapping>& ports, AddressFamilies families,
                                             const PortHolderLookup& lookup) {
  std::vector<spec::PortMapping> done;
  std::vector<sys::UniqueFd> held;
  for (const auto& port : ports) check_publishable(port, families);
  for (const auto& port : ports) {
    if (is_to_be_chosen(port)) continue;
    for (const auto& other : done)
      if (overlap(port, other))
        throw Error(ErrorKind::conflict, format("{} is published twice, for {} and for {}", shown(port),
                                                other.container_port, port.container_port))
            .with_hint("give each -p its own host port");
    if (const int error = bind_patiently(port, held)) refuse(port, error, lookup);
    done.push_back(port);
  }
  std::vector<spec::PortMapping> result;
  for (auto port : ports) {
    if (is_to_be_chosen(port)) {
      choose_port(port, done, held);
      done.push_back(port);
    }
    result.push_back(std::move(port));
  }
  return result;
}

sys::UniqueFd open_published_port(const spec::PortMapping& port) {
  std::vector<sys::UniqueFd> held;
  if (const int error = bind_patiently(port, held))
    refuse(port, error, [](const auto&, auto, const auto&) { return std::nullopt; });
  sys::UniqueFd socket = std::move(held[0]);
  const bool v6 = address_family(port.host_ip) == 6;
  const int on = 1;
  if (port.protocol == "tcp") {
    if (::listen(socket.get(), SOMAXCONN) != 0) refuse(port, errno, {});
  } else if (::setsockopt(socket.get(), v6 ? int{IPPROTO_IPV6} : int{IPPROTO_IP}, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO,
                          &on, sizeof on) != 0) {
    throw_errno("learn which address of {} is asked", shown(port));
  }
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno("{}", shown(port));
  return socket;
}

void add_slirp_forwards(const std::string& api_socket, const std::vector<spec::PortMapping>& ports,
                        const std::string& guest_ip, const PortHolderLookup& lookup) {
  std::vector<std::int64_t> added;
  try {
    for (const auto& port : ports) added.push_back(add_forward(api_socket, port, guest_ip, lookup));
  } catch (const Error&) {
    for (const auto id : added) remove_slirp_forward(api_socket, id);
    throw;
  }
}

}  // namespace lichen::network
