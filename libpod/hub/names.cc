#include "libpod/hub/names.hh"

#include <chrono>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/name_answers.hh"
#include "libpod/sys/socket.hh"

#include <poll.h>
#include <signal.h>

namespace lichen::hub {
namespace {

constexpr std::chrono::milliseconds kAnswer{500};

void answer_names(sys::UniqueFd control) {
  NameAnswers answers(std::move(control));
  give_up_powers();
  answers.run();
}

}  // namespace

void NameServer::apply(const std::vector<wire::HubMember>& members) {
  wanted_.clear();
  for (const auto& member : members) wanted_[member.id] = dump_json(Json{{"set", wire::to_json(member)}});
  if (child_.process) tell(wanted_);
}

void NameServer::restart() {
  child_ = {};
  start();
  tell(wanted_);
}

void NameServer::start() {
  child_ = fork_hub_child("lichen-names", netns_, answer_names);
  told_.clear();
  ++starts_;
}

void NameServer::tell(const std::map<std::string, std::string>& members) {
  std::vector<std::string> orders;
  for (const auto& [id, order] : told_)
    if (!members.contains(id)) orders.push_back(dump_json(Json{{"drop", id}}));
  for (const auto& [id, order] : members)
    if (const auto old = told_.find(id); old == told_.end() || old->second != order) orders.push_back(order);
  const int control = child_.control.get();
  for (const auto& order : orders) {
    pollfd polled{control, POLLIN, 0};
    if (!sys::send_packet(control, order) || ::poll(&polled, 1, static_cast<int>(kAnswer.count())) != 1 ||
        !sys::receive_packet(control, 1)) {
      // It has ended, which its pidfd tells too, or it hangs.
      log_debug("the process that answers names does not answer");
      sys::signal_pidfd(child_.process.pidfd(), SIGKILL);
      return;
    }
  }
  told_ = members;
}

}  // namespace lichen::hub
