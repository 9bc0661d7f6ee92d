#include "libpod/hub/hub.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/hub_namespace.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lichen::hub {
namespace {

constexpr std::chrono::seconds kLinger{3};
constexpr std::chrono::hours kLookAgain{1};
constexpr std::chrono::milliseconds kSparePause{50};
constexpr std::chrono::milliseconds kHelperPause{500};
constexpr std::chrono::seconds kSettled{1};
constexpr std::chrono::seconds kMemberTimeout{5};
constexpr std::size_t kMaxClients = 512;
constexpr std::string_view kDone = "{}";

Json error_json(const Error& error) {
  return {{"error", {{"kind", to_string(error.kind())}, {"message", error.what()}, {"hint", error.hint()}}}};
}

// The promise of such a network is kept by rules alone.
void refuse_internal(const wire::HubMember& member) {
  for (const auto& endpoint : member.endpoints)
    if (endpoint.internal)
      throw Error(
          ErrorKind::unsupported,
          format("join network '{}': nothing would keep it internal, as network.isolation is false", endpoint.network))
          .with_hint("take networks that are not internal; or --network none");
}

// Of a process that ends meanwhile nothing can be read; of one in a namespace beside ours neither (ptrace(2), "Ptrace
// access mode checking"), and it lives on.
bool is_of_namespace(const std::string& pid, const std::string& wanted) {
  try {
    const auto found = sys::read_link("/proc/" + pid + "/ns/user");
    return !found || *found == wanted;
  } catch (const Error& error) {
    log_debug("{}", error.what());
    return false;
  }
}

}  // namespace

std::string Hub::member_path(const std::string& id) const {
  return format("{}/members/{}.json", holdings_.directory, id);
}

Hub::Hub(Holdings& holdings)
    : holdings_(holdings),
      way_out_(holdings.netns.get()),
      names_(holdings.netns.get()),
      ports_(holdings.netns.get(), holdings.has_rules) {}

// Whoever started us may have been killed before this line: then the next command has made a new U0, and from there
// nobody can enter our namespace (setns(2), EPERM). Two must never exist side by side, so it is us who go.
void Hub::register_member() {
  const auto no_new_one = sys::wait_lock(holdings_.userns_lock, sys::LockMode::shared, kMemberTimeout, /*create=*/true);
  const std::string own = sys::read_link("/proc/self/ns/user").value_or("");
  for (const auto& name : sys::list_directory(holdings_.userns_members)) {
    if (!sys::is_locked(holdings_.userns_members + "/" + name) || is_of_namespace(name, own)) continue;
    throw_error(ErrorKind::interrupted, "keep networks: process {} lives in a newer user namespace", name);
  }
  member_ =
      sys::wait_lock(format("{}/{}", holdings_.userns_members, ::getpid()), sys::LockMode::exclusive, kMemberTimeout,
                     /*create=*/true);
}

void Hub::run() {
  register_member();
  keep_spare();
  // Before the thread: a child has for ever what that has in memory now.
  names_.start();
  watch_name_server();
  if (holdings_.has_rules) rules_.emplace(holdings_.netns.get());
  start_way_out();
  loop_.watch(holdings_.listener.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  read_members();
  end_when_idle();
  loop_.drop_when_idle(kQuiet, {});
  loop_.run();
}

// See the top of hub.hh.
void Hub::keep_spare() {
  loop_.forget(spare_watch_);
  if (spare_) spare_.wait();
  const pid_t keeper = ::getpid();
  spare_ = sys::fork_child([this, keeper] {
    ::prctl(PR_SET_NAME, "lichen-spare");
    const auto pidfd = sys::open_pidfd(keeper);
    // What is the keeper's goes with it: its clients, its helpers' life.
    const std::set<int> kept{holdings_.lock.get(), holdings_.listener.get(), holdings_.netns.get(),
                             pidfd ? pidfd->get() : -1};
    for (const auto& name : sys::list_directory("/proc/self/fd"))
      if (const int fd = std::stoi(name); fd > 2 && !kept.contains(fd)) ::close(fd);
    while (pidfd && ::getppid() == keeper && !sys::wait_pidfd(pidfd->get(), kLookAgain)) {
    }
    ::prctl(PR_SET_NAME, "lichen-hub");
    Hub(holdings_).run();
    return 0;
  });
  // After a pause: were it to end at once, again and again, nobody would be served.
  spare_watch_ = loop_.watch(spare_.pidfd(), EPOLLIN, [this](std::uint32_t) {
    loop_.forget(spare_watch_);
    loop_.after(kSparePause, [this] { keep_spare(); });
  });
}

void Hub::start_way_out() {
  way_out_.start();
  way_out_started_ = std::chrono::steady_clock::now();
  way_out_watch_ = loop_.watch(way_out_.pidfd(), EPOLLIN, [this](std::uint32_t) {
    loop_.forget(way_out_watch_);
    // At once, but one that cannot work here is not started again and again.
    const auto since = std::chrono::steady_clock::now() - way_out_started_;
    loop_.after(since < kSettled ? kHelperPause : std::chrono::milliseconds(0), [this] { start_way_out(); });
  });
}

void Hub::watch_name_server() {
  if (names_.starts() == watched_names_) return;
  watched_names_ = names_.starts();
  loop_.forget(names_watch_);
  names_started_ = std::chrono::steady_clock::now();
  names_watch_ = loop_.watch(names_.pidfd(), EPOLLIN, [this](std::uint32_t) {
    loop_.forget(names_watch_);
    // At once: who asks meanwhile waits five seconds for an answer. But not again and again.
    const auto since = std::chrono::steady_clock::now() - names_started_;
    loop_.after(since < kSettled ? kSparePause : std::chrono::milliseconds(0), [this] {
      names_.restart();
      watch_name_server();
    });
  });
}

void Hub::accept() {
  auto socket = sys::accept_same_user(holdings_.listener.get());
  if (!socket || clients_.size() >= kMaxClients) return;
  if (!sys::send_packet(socket->get(), wire::kHubHello, holdings_.netns.get(), /*nonblocking=*/true)) return;
  loop_.cancel(idle_timer_);
  const std::uint64_t number = ++last_client_;
  Client& client = clients_[number];
  client.socket = *std::move(socket);
  client.watch = loop_.watch(client.socket.get(), EPOLLIN, [this, number](std::uint32_t) { serve(number); });
}

void Hub::serve(std::uint64_t number) {
  Client& client = clients_.at(number);
  try {
    const auto packet = sys::receive_packet(client.socket.get(), wire::kMaxHubPacket);
    const std::string reply = packet && !packet->truncated ? answer(packet->data) : std::string();
    client.has_announced = reply == kDone;
    if (!reply.empty() && sys::send_packet(client.socket.get(), reply, -1, /*nonblocking=*/true)) return;
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
  drop_client(number);
}

void Hub::drop_client(std::uint64_t number) {
  Client& client = clients_.at(number);
  // Whoever fails before it is announced may have made a bridge, with an address that another network gets next.
  if (!client.has_announced) bridges_unknown_ = true;
  loop_.forget(client.watch);
  clients_.erase(number);
  end_when_idle();
}

std::string Hub::answer(std::string_view request) {
  try {
    const Json json = parse_json(request, "request");
    const JsonView in(json, "request:");
    const std::string id = in.at("sync").as_string();
    if (!is_full_id(id)) throw_error(ErrorKind::usage, "'{}' is no id", id);
    sync(id);
    return std::string(kDone);
  } catch (const Error& error) {
    return dump_json(error_json(error));
  }
}

void Hub::read_members() {
  for (const auto& name : sys::list_directory(holdings_.directory + "/members")) {
    if (!name.ends_with(".json") || !is_full_id(name.substr(0, name.size() - 5))) continue;
    try {
      if (auto config = read_member(name.substr(0, name.size() - 5))) add(*std::move(config));
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
  }
  for (auto& [id, member] : members_) reopen_ports(member.config);
  if (!members_.empty()) apply_quietly();
}

std::optional<wire::HubMember> Hub::read_member(const std::string& id) const {
  const std::string path = member_path(id);
  const auto text = sys::read_file_if_exists(path, wire::kMaxHubPacket);
  if (!text) return std::nullopt;
  return wire::hub_member_from_json(parse_json(*text, path), path);
}

void Hub::sync(const std::string& id) {
  auto config = read_member(id);
  // Announced again: it has changed, or somebody has changed the rules and wants them back.
  if (rules_ && members_.contains(id)) rules_->forget();
  forget(id);  // its ports stay open while they are the same
  try {
    if (config && add(*config))
      open_ports(*config);
    else
      ports_.remove(id);
    apply();
  } catch (const Error&) {
    remove(id);
    sys::remove_file(member_path(id));
    throw;
  }
}

bool Hub::add(wire::HubMember config) {
  const std::string id = config.id;
  if (!rules_) refuse_internal(config);
  auto pidfd = sys::open_process(static_cast<pid_t>(config.pid), config.pid_start);
  if (!pidfd) {
    sys::remove_file(member_path(id));
    return false;
  }
  loop_.cancel(idle_timer_);
  for (const auto& endpoint : config.endpoints) bridges_.insert(endpoint.bridge);
  Member& member = members_[id];
  member.config = std::move(config);
  member.pidfd = *std::move(pidfd);
  member.watch = loop_.watch(member.pidfd.get(), EPOLLIN, [this, id](std::uint32_t) {
    remove(id);
    sys::remove_file(member_path(id));
    apply_quietly();
    end_when_idle();
  });
  return true;
}

void Hub::open_ports(const wire::HubMember& member) {
  if (std::ranges::any_of(member.endpoints, [](const auto& endpoint) { return !endpoint.internal; }))
    way_out_.wait_ready();
  ports_.set(member);
  watch_ports();
}

// After an earlier hub, whose process for ports may hold them for a moment more (which open_published_port waits for).
void Hub::reopen_ports(const wire::HubMember& member) {
  try {
    ports_.set(member);
    watch_ports();
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
}

void Hub::watch_ports() {
  if (ports_.starts() == watched_ports_) return;
  watched_ports_ = ports_.starts();
  loop_.forget(ports_watch_);
  ports_started_ = std::chrono::steady_clock::now();
  ports_watch_ = loop_.watch(ports_.pidfd(), EPOLLIN, [this](std::uint32_t) {
    loop_.forget(ports_watch_);
    const auto since = std::chrono::steady_clock::now() - ports_started_;
    loop_.after(since < kSettled ? kSparePause : std::chrono::milliseconds(0), [this] {
      ports_.restart();
      watch_ports();
    });
  });
}

void Hub::remove(const std::string& id) {
  ports_.remove(id);
  forget(id);
}

void Hub::forget(const std::string& id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  loop_.forget(found->second.watch);
  members_.erase(found);
}

std::vector<wire::HubMember> Hub::all_members() const {
  std::vector<wire::HubMember> all;
  for (const auto& [id, member] : members_) all.push_back(member.config);
  return all;
}

void Hub::load_rules() {
  if (rules_) rules_->load(rule_elements(all_members()));
}

void Hub::apply() {
  load_rules();
  apply_names();
}

void Hub::apply_names() {
  names_.apply(all_members());
  watch_name_server();
}

// Nobody is there who could be told, and the next one who comes tries again.
void Hub::apply_quietly() {
  try {
    load_rules();
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
  apply_names();
}

// Not while a client is there: it may be about to put a link into one of them.
void Hub::remove_unused_bridges() {
  if (!clients_.empty()) return;
  std::set<std::string> used;
  for (const auto& [id, member] : members_)
    for (const auto& endpoint : member.config.endpoints) used.insert(endpoint.bridge);
  if (!bridges_unknown_ && used == bridges_) return;
  remove_other_bridges(holdings_.netns.get(), used);
  bridges_ = std::move(used);
  bridges_unknown_ = false;
}

void Hub::end_when_idle() {
  remove_unused_bridges();
  if (!members_.empty() || !clients_.empty()) return;
  loop_.cancel(idle_timer_);
  idle_timer_ = loop_.after(kLinger, [this] {
    if (members_.empty() && clients_.empty()) loop_.stop();
  });
}

}  // namespace lichen::hub
