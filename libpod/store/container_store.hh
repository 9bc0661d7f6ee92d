// containers/<id>/ and names/: records of containers, their names, and who is alive.
//
// A container is being made as long as its marker staging/c-<id> exists: the marker is flocked by the command that
// makes it, then by its monitor, and unlinked when `create` is done or the container runs. A marker that nobody holds
// belongs to a command that was killed: whoever sees it removes the container again. So a command leaves its whole
// effect or none (invariant I2), without moving directories whose paths are already in use. Records of --rm containers
// are not synced, so a power cut may leave them empty: their marker becomes staging/r-<id> and stays as long as they
// do.
//
// state.json has one writer at a time: the monitor while it lives (it holds monitor.lock), else the engine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/spec/container_config.hh"
#include "libpod/store/paths.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"
#include "libpod/wire/container_state.hh"

namespace lichen::store {

struct ContainerRecord {
  spec::ContainerConfig config;
  wire::ContainerState state;
  bool monitor_alive = false;
  /// The record says that it lives, but its monitor is gone: killed, or the machine rebooted.
  bool is_lost() const;
};

/// The directory of a container that is being made. Removes all of it again unless published or handed over.
class ContainerMaker {
 public:
  ContainerMaker(const Paths& paths, std::string id, std::string name, bool is_passing, sys::FileLock marker)
      : paths_(&paths),
        id_(std::move(id)),
        name_(std::move(name)),
        is_passing_(is_passing),
        marker_(std::move(marker)) {}
  ContainerMaker(ContainerMaker&& other) noexcept
      : paths_(other.paths_),
        id_(std::exchange(other.id_, {})),
        name_(std::move(other.name_)),
        is_passing_(other.is_passing_),
        marker_(std::move(other.marker_)),
        pod_(std::move(other.pod_)) {}
  ContainerMaker& operator=(ContainerMaker&&) = delete;
  ~ContainerMaker();

  const std::string& id() const { return id_; }
  int marker_fd() const { return marker_.fd(); }
  /// The lock of its pod: nobody removes that until the container is there for all to see.
  void keep(sys::FileLock pod) { pod_ = std::move(pod); }
  /// It exists from now on.
  void publish();
  /// The monitor holds the marker too and will unlink it, or remove the container: nothing is left to us.
  void hand_over();

 private:
  const Paths* paths_;
  std::string id_, name_;
  bool is_passing_;
  sys::FileLock marker_, pod_;
};

class ContainerStore {
 public:
  explicit ContainerStore(const Paths& paths) : paths_(paths) {}

  /// Reserve the name, make containers/<id>/ and write config.json and state.json (created).
  /// @throws Error{conflict} the name is taken: the message has the id of its holder
  ContainerMaker begin(const spec::ContainerConfig& config, sys::Durability durability);

  /// Ids of all containers that are there, without those still being made by a living command (unless asked).
  std::vector<std::string> list(bool with_unfinished = false) const;
  bool has(const std::string& id) const;

  /// @throws Error{not_found}, Error{invalid} a damaged record (hint: system check --repair)
  ContainerRecord load(const std::string& id) const;
  spec::ContainerConfig load_config(const std::string& id) const;
  wire::ContainerState load_state(const std::string& id) const;
  bool is_monitor_alive(const std::string& id) const;

  /// Full id for a name, an id or the unambiguous beginning of one (docker's order).
  /// @throws Error{not_found} with the name that nearly exists as hint; Error{conflict} ambiguous prefix
  std::string find(const std::string& name_or_id) const;
  std::optional<std::string> find_name(const std::string& name) const;

  void write_state(const std::string& id, const wire::ContainerState& state, sys::Durability durability) const;
  void write_config(const spec::ContainerConfig& config, sys::Durability durability) const;

  /// Who changes config.json holds this, so that two changes never undo each other. Order: names/ before it.
  sys::FileLock hold(const std::string& id) const;

  /// Names to ids, one pass over names/.
  std::vector<std::pair<std::string, std::string>> names() const;
  /// Change the name. The record decides: killed between the steps, the container has its old name or the new one, and
  /// the other is free. @throws Error{conflict} the new one is taken
  void rename(const std::string& id, const std::string& to);

  /// Remove the directory, the name and the run directory. The monitor must be gone.
  /// @return whether we did: of several at once, one
  bool remove(const std::string& id, const std::string& name);
  /// Free names whose container is gone or has another name: a power cut may end a removal between the two. Names are
  /// taken over without it; this is for the eye.
  void sweep_names();
  /// Remove containers whose maker was killed. @return how many
  int sweep_unfinished();

 private:
  void reserve_name(const std::string& name, const std::string& id);
  void reserve_name_locked(const std::string& name, const std::string& id);
  bool is_stale_name(const std::string& name, const std::string& id) const;
  bool is_whole(const std::string& id) const;
  bool is_torn(const std::string& id) const;
  bool is_rubbish(const std::string& marker) const;
  bool is_hidden(const std::string& marker) const;
  const Paths& paths_;
};

}  // namespace lichen::store
