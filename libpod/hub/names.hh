// The hub's end of the process that answers names (name_answers.hh): starts it, and tells it of members one by one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libpod/hub/hub_child.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::hub {

class NameServer {
 public:
  explicit NameServer(int hub_netns) : netns_(hub_netns) {}

  void start();
  /// Tell what has changed, and wait until it counts.
  void apply(const std::vector<wire::HubMember>& members);
  /// -1: it does not run. Readable when it has ended: then restart().
  int pidfd() const { return child_.process ? child_.process.pidfd() : -1; }
  void restart();
  /// How often it was started: descriptors of two have the same number.
  std::uint64_t starts() const { return starts_; }

 private:
  void tell(const std::map<std::string, std::string>& members);

  int netns_;
  std::map<std::string, std::string> wanted_, told_;  // id -> the member, as it is told
  HubChild child_;
  std::uint64_t starts_ = 0;
};

}  // namespace lichen::hub
