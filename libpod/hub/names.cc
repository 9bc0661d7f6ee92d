#include "libpod/hub/names.hh"

#include <chrono>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/name_answers.hh"
#include "libpod/sys/capabilities.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/socket.hh"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lichen::hub {
namespace {

constexpr std::chrono::milliseconds kAnswer{500};

// Nothing of the hub's may be in its hands: it would keep locks, clients and helpers alive, and could be made to.
void close_all_but(const std::set<int>& kept) {
  for (const auto& name : sys::list_directory("/proc/self/fd"))
    if (const int fd = std::stoi(name); fd > 2 && !kept.contains(fd)) ::close(fd);
}

int answer_names(int hub_netns, sys::UniqueFd control) {
  ::prctl(PR_SET_NAME, "lichen-names");
  close_all_but({hub_netns, control.get()});
  sys::join_namespace(hub_netns, CLONE_NEWNET, "enter the network hub");
  NameAnswers answers(std::move(control));
  sys::limit_bounding_set(0);
  sys::set_capabilities(0, 0, 0);
  sys::set_no_new_privs();
  sys::set_dumpable(false);
  answers.run();
  return 0;
}

}  // namespace

void NameServer::apply(const std::vector<wire::HubMember>& members) {
  wanted_.clear();
  for (const auto& member : members) wanted_[member.id] = dump_json(Json{{"set", wire::to_json(member)}});
  if (!process_ && !wanted_.empty()) start();
  if (process_) tell(wanted_);
}

void NameServer::restart() {
  process_ = {};
  control_.reset();
  if (wanted_.empty()) return;
  start();
  tell(wanted_);
}

void NameServer::start() {
  auto pair = sys::make_socket_pair(SOCK_SEQPACKET);
  process_ = sys::fork_child([&] { return answer_names(netns_, std::move(pair.second)); });
  control_ = std::move(pair.first);
  told_.clear();
  ++starts_;
}

void NameServer::tell(const std::map<std::string, std::string>& members) {
  std::vector<std::string> orders;
  for (const auto& [id, order] : told_)
    if (!members.contains(id)) orders.push_back(dump_json(Json{{"drop", id}}));
  for (const auto& [id, order] : members)
    if (const auto old = told_.find(id); old == told_.end() || old->second != order) orders.push_back(order);
  for (const auto& order : orders) {
    pollfd polled{control_.get(), POLLIN, 0};
    if (!sys::send_packet(control_.get(), order) || ::poll(&polled, 1, static_cast<int>(kAnswer.count())) != 1 ||
        !sys::receive_packet(control_.get(), 1)) {
      // It has ended, which its pidfd tells too, or it hangs.
      log_debug("the process that answers names does not answer");
      sys::signal_pidfd(process_.pidfd(), SIGKILL);
      return;
    }
  }
  told_ = members;
}

}  // namespace lichen::hub
