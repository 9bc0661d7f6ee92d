// pods/<id>/config.json and rootfs/ (the holder's "/"), and pod-names/<name>, a symlink to the id.
//
// A pod is published by one rename of its whole directory; its name is reserved before that and given back after its
// removal, both under the lock of pod-names/. So a killed command leaves at most a name without a pod, which the next
// one who wants the name takes over. Which containers are in a pod, their records say.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libpod/spec/pod_config.hh"
#include "libpod/store/paths.hh"
#include "libpod/sys/lock.hh"

namespace lichen::store {

class PodStore {
 public:
  explicit PodStore(const Paths& paths) : paths_(paths) {}

  /// @throws Error{conflict} the name is taken: the message has the id of its holder
  void create(const spec::PodConfig& pod) const;
  bool has(const std::string& id) const;
  /// @throws Error{not_found}, Error{invalid} a damaged record
  spec::PodConfig get(const std::string& id) const;
  /// Ids, in no order.
  std::vector<std::string> list() const;
  /// Full id for a name, an id or the unambiguous beginning of one.
  /// @throws Error{not_found} with the name that is near as hint; Error{conflict} ambiguous
  std::string find(const std::string& name_or_id) const;
  std::optional<std::string> find_name(const std::string& name) const;
  /// Names to ids.
  std::vector<std::pair<std::string, std::string>> names() const;
  /// Who adds or starts a container holds the pod together with others, who removes the pod alone. Before any lock of a
  /// container. @throws Error{not_found} it was removed meanwhile; Error{conflict} who has it does not let go
  sys::FileLock hold(const std::string& id, sys::LockMode mode) const;
  /// Who makes or starts the holder, after the pod's lock.
  sys::FileLock hold_holder(const std::string& id) const;
  /// @return whether we did: of several at once, one
  bool remove(const std::string& id, const std::string& name) const;

 private:
  void release_name(const std::string& name, const std::string& id) const;
  const Paths& paths_;
};

}  // namespace lichen::store
