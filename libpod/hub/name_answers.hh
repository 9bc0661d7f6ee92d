// The process that answers names, in the hub's namespace: what members are called it knows itself (name_table.hh), all
// else it asks the asker's servers. It reads packets that containers made up, so it is a process of its own, without
// capabilities, and nothing of the hub's hangs on it.
//
// One socket for each family and kind listens on all addresses; the rules (rules.hh) let a member reach that of its own
// gateway only. So networks and members come and go without a socket that is closed for a moment.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "libpod/hub/dns_message.hh"
#include "libpod/hub/dns_socket.hh"
#include "libpod/hub/name_table.hh"
#include "libpod/sys/event_loop.hh"

namespace lichen::hub {

class NameAnswers {
 public:
  /// @param control  SOCK_SEQPACKET: {"set": MEMBER} or {"drop": ID} in, one byte out when it counts; its end is ours
  /// @stage in the hub's network namespace @throws Error: port 53 cannot be had
  explicit NameAnswers(sys::UniqueFd control);
  void run() { loop_.run(); }

 private:
  using Reply = std::function<void(const std::string& packet)>;
  struct Forward {
    std::string member, query;  // as it is sent
    std::uint16_t asked_id = 0;
    std::vector<std::string> servers;
    std::size_t next = 0;
    bool stream = false;
    Reply reply;
    sys::UniqueFd socket;
    std::string received;
    bool is_sent = false;  // stream
    sys::EventLoop::WatchId watch = 0;
    sys::EventLoop::TimerId timer = 0;
  };
  struct Connection {
    std::string member, in, out;
    spec::IpAddress peer;
    sys::UniqueFd socket;
    bool waits = false;  // for an answer: one question at a time
    bool is_in_loop = false;
    sys::EventLoop::WatchId watch = 0;
    sys::EventLoop::TimerId timer = 0;
  };

  void listen(bool v6);
  void take_order();
  void read_datagrams(int socket);
  void accept(int listener);
  void serve(std::uint64_t connection, std::uint32_t events);
  void next_question(std::uint64_t connection);
  void write_out(Connection& connection);
  void close_connection(std::uint64_t connection);

  void answer(const spec::IpAddress& from, const std::string& packet, bool stream, Reply reply);
  /// nullopt: not ours to say.
  std::optional<DnsAnswer> own_answer(const wire::HubMember& asker, const DnsQuery& query);
  void forward(const wire::HubMember& asker, const DnsQuery& query, std::string packet, bool stream, Reply reply);
  void ask_next_server(std::uint64_t number);
  void read_reply(std::uint64_t number, std::uint32_t events);
  bool read_stream_reply(Forward& forward, std::uint32_t events, std::string& packet);
  void finish(std::uint64_t number, std::string packet);

  sys::EventLoop loop_;
  NameTable table_;
  sys::UniqueFd control_;
  std::vector<sys::UniqueFd> sockets_;
  std::map<std::uint64_t, Forward> forwards_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t last_number_ = 0;
  std::size_t turn_ = 0;  // who comes first among several addresses
};

}  // namespace lichen::hub
