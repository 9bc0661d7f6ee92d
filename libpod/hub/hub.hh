// The hub: one network namespace for each user, in which all bridge networks live, and the process that keeps it.
//
// Theory of operation. The process itself stays in the host's network namespace (a process of U0 that leaves it can
// never come back, see network/helper_launch.hh, and slirp4netns must be started there, again when it has died); it
// holds the hub's namespace by a descriptor, and children enter it. Bridges and veth pairs are made by the commands
// that start containers (network/bridge.hh), so the hub is asked for nothing on the way of a container but the
// namespace, rules, names and ports.
//
//   lichen-hub ─┬─ lichen-hub (spare)   waits for the first one's end, then takes its place with the same namespace
//               ├─ slirp4netns          goes with the hub's life descriptor
//               ├─ lichen-names         answers names (name_answers.hh), goes with the hub
//               └─ lichen-ports         carries what comes through published ports (port_forwarder.hh), goes with the
//                                       hub
//
// Members are files (wire/hub_protocol.hh) whose process is watched by a pidfd; so a hub that takes over reads them,
// and puts back ports, rules and names. Without members and clients for a while it ends, and the namespace with it.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "libpod/hub/names.hh"
#include "libpod/hub/published_ports.hh"
#include "libpod/hub/rule_loader.hh"
#include "libpod/hub/way_out.hh"
#include "libpod/sys/event_loop.hh"
#include "libpod/sys/lock.hh"

namespace lichen::hub {

/// What outlives one keeper: inherited by the spare.
struct Holdings {
  std::string directory;
  std::string
      userns_members;       // where processes of U0 register (engine/userns.hh): who holds the namespace must be found
  std::string userns_lock;  // held exclusively by who makes a new U0
  sys::UniqueFd lock, listener, netns;
  bool has_rules = true;  // false: for a kernel without nf_tables; nothing separates networks then
};

class Hub {
 public:
  explicit Hub(Holdings& holdings);

  /// Until nobody is left.
  void run();

 private:
  struct Member {
    wire::HubMember config;
    sys::UniqueFd pidfd;
    sys::EventLoop::WatchId watch = 0;
  };
  struct Client {
    sys::UniqueFd socket;
    sys::EventLoop::WatchId watch = 0;
    bool has_announced = false;
  };

  void register_member();
  void keep_spare();
  void start_way_out();
  void watch_name_server();
  void accept();
  void serve(std::uint64_t number);
  void drop_client(std::uint64_t number);
  std::string answer(std::string_view request);
  void read_members();
  std::string member_path(const std::string& id) const;
  std::optional<wire::HubMember> read_member(const std::string& id) const;
  /// @throws Error; then the member is not there
  void sync(const std::string& id);
  /// false: its process is gone, and its file now too.
  bool add(wire::HubMember member);
  void remove(const std::string& id);
  void forget(const std::string& id);
  void open_ports(const wire::HubMember& member);
  void reopen_ports(const wire::HubMember& member);
  void watch_ports();
  std::vector<wire::HubMember> all_members() const;
  void load_rules();
  /// Rules and names say what members are there. @throws Error{unsupported}
  void apply();
  void apply_names();
  void apply_quietly();
  void end_when_idle();
  void remove_unused_bridges();

  Holdings& holdings_;
  sys::EventLoop loop_;
  WayOut way_out_;
  NameServer names_;
  PublishedPorts ports_;
  std::optional<RuleLoader> rules_;  // its thread comes after the first fork
  std::map<std::string, Member> members_;
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t last_client_ = 0;
  sys::EventLoop::TimerId idle_timer_ = 0;
  sys::EventLoop::WatchId spare_watch_ = 0, names_watch_ = 0, ports_watch_ = 0, way_out_watch_ = 0;
  sys::Pid spare_;
  std::set<std::string> bridges_;  // that members have brought and nobody has taken away yet
  bool bridges_unknown_ = true;    // an earlier hub may have left some
  std::uint64_t watched_names_ = 0, watched_ports_ = 0;
  std::chrono::steady_clock::time_point names_started_, ports_started_, way_out_started_;
  sys::FileLock member_;
};

}  // namespace lichen::hub
