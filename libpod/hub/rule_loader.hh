// libnftables at work: a thread in the hub's network namespace, as the process itself must stay in the host's (hub.hh).
// A thread and no child: nothing has to be started for each change.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "libpod/hub/rules.hh"

namespace lichen::hub {

class RuleLoader {
 public:
  explicit RuleLoader(int hub_netns);
  RuleLoader(const RuleLoader&) = delete;
  RuleLoader& operator=(const RuleLoader&) = delete;
  ~RuleLoader();

  /// Make the rules of the namespace say `wanted`, all or nothing: by what has changed, or, when that is refused since
  /// somebody else has changed them, from the beginning. @throws Error{unsupported} the kernel refuses
  void load(RuleElements wanted);
  /// Whatever the namespace has now is not known: the next load() begins anew.
  void forget() { is_loaded_ = false; }

 private:
  void work(int hub_netns);
  // @return empty, or why not
  std::string run(const std::string& commands);

  int netns_;
  bool is_loaded_ = false;
  RuleElements loaded_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string commands_, answer_;  // by mutex_
  bool has_work_ = false, ends_ = false;
  std::thread thread_;
};

}  // namespace lichen::hub
