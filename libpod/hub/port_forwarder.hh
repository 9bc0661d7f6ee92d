// The process behind published ports. It lives in the hub's namespace and is handed sockets that the hub has opened in
// the host's: so a connection is taken there and made anew to the container, and its bytes go from one socket to the
// other inside the kernel (splice(2)). slirp4netns could forward ports too, but all bytes would go through its TCP in
// user space, one by one 14 times slower; it does so from IPv4 only, and never answers UDP on the host's loopback.
//
// The new connection comes from the client's own address (IP_TRANSPARENT), so that is what the container sees; the
// rules bring the answers back to us (rules.hh). A client on the host's loopback is seen as the bridge's gateway, and
// so is one of the other family or with an address out of the container's own network, as with docker's own proxy.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/hub/dns_socket.hh"
#include "libpod/sys/event_loop.hh"

namespace lichen::hub {

class PortForwarder {
 public:
  /// @param control  {"open": NUMBER, "protocol": "tcp", "address": CONTAINER, "prefix": OF ITS
  /// NETWORK, "port": ITS PORT} with the socket, or
  /// {"close": NUMBER}; its end is ours
  /// @param is_marked  the rules are there that bring answers back; else all clients are seen as the gateway
  PortForwarder(sys::UniqueFd control, bool is_marked);
  void run() { loop_.run(); }

 private:
  struct Port {
    sys::UniqueFd socket;
    bool is_udp = false;
    Endpoint target;
    spec::IpNetwork network;  // of the target
    sys::EventLoop::WatchId watch = 0;
  };
  // Bytes on their way: in the pipe while the receiver does not take them.
  struct Direction {
    sys::Pipe pipe;
    std::size_t held = 0;
    bool has_ended = false, is_shut = false;
  };
  struct Side {
    sys::UniqueFd socket;
    sys::EventLoop::WatchId watch = 0;
  };
  struct Connection {
    std::uint64_t port = 0;
    Side client, container;
    Direction in, out;  // to the container, to the client
    bool is_made = false;
  };
  struct Session {  // UDP: one asker's datagrams
    std::uint64_t port = 0;
    DatagramPath path;
    sys::UniqueFd socket;
    sys::EventLoop::WatchId watch = 0;
    std::chrono::steady_clock::time_point used;
  };

  void take_order();
  void open_port(std::uint64_t number, const JsonView& order, sys::UniqueFd socket);
  void close_port(std::uint64_t number);

  sys::UniqueFd connect_to(const Port& port, const Endpoint& client, int type);
  void accept(std::uint64_t port);
  void carry(std::uint64_t number, std::uint32_t events, bool from_client);
  bool move_bytes(int from, int to, Direction& direction);
  void watch_again(std::uint64_t number, Connection& connection);
  void watch_side(std::uint64_t number, Side& side, bool is_client, std::uint32_t events);
  void close_connection(std::uint64_t number, bool reset);

  void read_datagrams(std::uint64_t port);
  Session* session_of(std::uint64_t port, const DatagramPath& path);
  void answer_datagrams(const std::string& key);
  void close_session(const std::string& key);
  void sweep_sessions();

  sys::EventLoop loop_;
  sys::UniqueFd control_;
  std::map<std::uint64_t, Port> ports_;
  std::unordered_map<std::uint64_t, Connection> connections_;
  std::unordered_map<std::string, Session> sessions_;
  std::uint64_t last_number_ = 0;
  bool is_marked_;
  std::size_t max_connections_ = 0, max_sessions_ = 0;
  sys::EventLoop::TimerId sweep_ = 0;
};

}  // namespace lichen::hub
