// Connections to the monitor: the starter's socketpair and everybody on ctl.sock.
//
// Theory of operation. A packet for a client is sent at once when its queue is empty, else queued. Output packets are
// encoded once and shared by all queues, so memory is the longest queue, not the sum. When a queue passes kHighWater
// the monitor stops reading the container's output (the `pressure` callback) until all queues are below kLowWater. A
// client that takes nothing for kSlowClient while it holds the others up lags from then on: its queue is thrown away
// and output passes it by, until it reads again and is told how much it missed. So a stopped client costs the container
// ten seconds, once. Clients are named by numbers that are never used again; a call for one that is gone does nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "libpod/sys/event_loop.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/log_format.hh"
#include "libpod/wire/monitor_protocol.hh"

namespace lichen::conmon {

using ClientId = std::uint64_t;

class Clients {
 public:
  struct Callbacks {
    std::function<void(ClientId, const wire::Message&)> message;
    /// The connection is gone: closed by the peer, or ended after a packet that is not ours.
    std::function<void(ClientId)> gone;
    std::function<void(bool stop_reading)> pressure;
  };

  Clients(sys::EventLoop& loop, Callbacks callbacks, std::chrono::milliseconds patience = wire::kSlowClient)
      : loop_(loop), callbacks_(std::move(callbacks)), patience_(patience) {}
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  void listen(const std::string& path);
  void stop_listening();
  ClientId add(sys::UniqueFd connection);
  void drop(ClientId id);

  /// Which output streams it gets, bits of wire::kAttach*.
  void set_streams(ClientId id, std::uint32_t streams);
  /// Does it read what it is sent? Its patience starts anew.
  void touch(ClientId id);

  void send(ClientId id, const wire::Message& message, sys::UniqueFd fd = {});
  void send_all(const wire::Message& message);
  void broadcast(wire::LogStream stream, std::string_view data);

  bool empty() const { return clients_.empty(); }
  std::size_t size() const { return clients_.size(); }
  /// Nothing is waiting to be sent to a client that reads.
  bool flushed() const;

 private:
  struct Outgoing {
    std::shared_ptr<const std::string> packet;
    sys::UniqueFd fd;
  };
  struct Client {
    sys::UniqueFd fd;
    sys::EventLoop::WatchId watch = 0;
    sys::EventLoop::TimerId patience = 0;
    std::uint32_t streams = 0;
    std::deque<Outgoing> queue;
    std::size_t queued = 0;
    bool lagging = false;
    bool deaf = false;         // it has closed its side
    std::uint64_t missed = 0;  // bytes of output, while lagging
  };
  using Map = std::map<ClientId, Client>;

  void on_event(ClientId id, std::uint32_t events);
  void receive(ClientId id);
  void enqueue(ClientId id, std::shared_ptr<const std::string> packet, sys::UniqueFd fd);
  bool flush(ClientId id, Client& client);
  void stop_sending(Client& client);
  void start_patience(ClientId id, Client& client);
  void start_lagging(ClientId id);
  void end_lagging(Client& client);
  void update_pressure();

  sys::EventLoop& loop_;
  Callbacks callbacks_;
  std::chrono::milliseconds patience_;
  sys::UniqueFd listener_;
  sys::EventLoop::WatchId listener_watch_ = 0;
  Map clients_;
  ClientId last_id_ = 0;
  bool pressure_ = false;
};

}  // namespace lichen::conmon
