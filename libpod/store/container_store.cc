#include "libpod/store/container_store.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/io.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace lichen::store {
namespace {

constexpr std::chrono::seconds kLockTimeout{2};
constexpr JsonLimits kRecordLimits{.max_bytes = 16u << 20, .max_depth = 64, .allow_duplicate_keys = true};

constexpr std::string_view kRepairHint = "`lichen system check --repair` sets it aside; everything else keeps working";

Json read_record(const std::string& path) {
  try {
    return parse_json(sys::read_file(path), path, kRecordLimits);
  } catch (Error& error) {
    if (error.kind() == ErrorKind::invalid) error.with_hint(std::string(kRepairHint));
    throw;
  }
}

// Unlink a name if it is still this container's. Locked: between our look and the unlink another command may find the
// name dead and take it over.
void release_name(const Paths& paths, const std::string& name, const std::string& id) {
  const std::string link = paths.names() + "/" + name;
  if (name.empty() || sys::read_link(link) != id) return;
  const auto lock = sys::wait_lock(paths.names(), sys::LockMode::exclusive, kLockTimeout);
  if (sys::read_link(link) == id) sys::remove_file(link);
}

// Everything of one container, in an order that keeps names from pointing into nothing for long.
// @return false: another process has taken its directory away
bool remove_all(const Paths& paths, const std::string& id, const std::string& name) {
  const bool removed = remove_through_staging(paths, paths.container(id));
  release_name(paths, name, id);
  sys::remove_tree(paths.container_run(id));
  sys::remove_file(paths.passing_marker(id));
  return removed;
}

bool is_container_marker(const std::string& entry) {
  return (entry.starts_with("c-") || entry.starts_with("r-")) && is_full_id(entry.substr(2));
}

// A container that never came to be also takes the anonymous volumes with it that were made for it.
void remove_unfinished(const Paths& paths, const std::string& id, const std::string& name) {
  try {
    const std::string path = paths.container(id) + "/config.json";
    if (sys::exists(path))
      for (const auto& mount : spec::container_config_from_json(read_record(path), path).mounts)
        if (mount.anonymous && is_valid_name(mount.source)) remove_through_staging(paths, paths.volume(mount.source));
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
  remove_all(paths, id, name);
}

}  // namespace

bool ContainerRecord::is_lost() const {
  return !monitor_alive && (wire::is_active(state.status) || state.status == wire::ContainerStatus::removing);
}

ContainerMaker::~ContainerMaker() {
  if (id_.empty()) return;
  try {
    remove_unfinished(*paths_, id_, name_);
    sys::remove_file(paths_->container_marker(id_));
  } catch (const Error& error) {
    log_debug("{}", error.what());  // the next sweep takes it
  }
}

void ContainerMaker::publish() {
  const std::string marker = paths_->container_marker(id_);
  is_passing_ ? sys::rename_path(marker, paths_->passing_marker(id_)) : void(sys::remove_file(marker));
  hand_over();
}

void ContainerMaker::hand_over() {
  id_.clear();
  marker_ = {};
  pod_ = {};
}

// A name is a container's when both say so: a rename that was killed may have left a second one.
bool ContainerStore::is_stale_name(const std::string& name, const std::string& id) const {
  if (!sys::exists(paths_.container(id))) return !sys::is_locked(paths_.container_marker(id));
  try {
    return has(id) && load_config(id).name != name;
  } catch (const Error&) {
    return false;  // a damaged record may well be called so
  }
}

// One at a time, the caller holds the lock on names/: of two that find a dead name only one may take it over.
void ContainerStore::reserve_name_locked(const std::string& name, const std::string& id) {
  const std::string link = paths_.names() + "/" + name;
  std::string holder;
  for (;;) {
    if (::symlink(id.c_str(), link.c_str()) == 0) return;
    // Somebody without the lock may be faster each time: names that are free need none.
    if (errno != EEXIST) throw_errno("reserve name '{}'", name);
    const auto found = sys::read_link(link);
    if (!found) {
      // Given up between the two looks: what stands there next is not ours to unlink. What is no link is rubbish.
      struct stat info {};
      if (::lstat(link.c_str(), &info) == 0 && !S_ISLNK(info.st_mode)) sys::remove_file(link);
      continue;
    }
    holder = *found;
    if (!is_stale_name(name, holder)) break;
    sys::remove_file(link);  // only who has the lock unlinks names: it is still the one we looked at
  }
  throw Error(ErrorKind::conflict, format("the name \"{}\" is already in use by container {}", name, short_id(holder)))
      .with_hint(format("remove or rename that container, or use --replace: lichen rm {}", name));
}

void ContainerStore::reserve_name(const std::string& name, const std::string& id) {
  const std::string link = paths_.names() + "/" + name;
  if (::symlink(id.c_str(), link.c_str()) == 0) return;
  if (errno != EEXIST) throw_errno("reserve name '{}'", name);
  const auto lock = sys::wait_lock(paths_.names(), sys::LockMode::exclusive, kLockTimeout);
  reserve_name_locked(name, id);
}

ContainerMaker ContainerStore::begin(const spec::ContainerConfig& config, sys::Durability durability) {
  // Waiting: a sweeper may hold the new file for a moment and even unlink it; wait_lock then makes it again.
  ContainerMaker maker(
      paths_, config.id, config.name, config.auto_remove,
      sys::wait_lock(paths_.container_marker(config.id), sys::LockMode::exclusive, kLockTimeout, /*create=*/true));
  reserve_name(config.name, config.id);
  sys::make_directory(paths_.container(config.id), 0700);
  write_config(config, durability);
  wire::ContainerState state;
  state.boot_id = paths_.boot_id();
  write_state(config.id, state, durability);
  if (durability == sys::Durability::synced) {
    sys::sync_directory(paths_.containers());
    sys::sync_directory(paths_.names());
  }
  return maker;
}

std::vector<std::string> ContainerStore::list(bool with_unfinished) const {
  std::vector<std::string> ids;
  for (auto& name : sys::list_directory(paths_.containers()))
    if (is_full_id(name)) ids.push_back(std::move(name));
  if (with_unfinished) return ids;
  for (const auto& entry : sys::list_directory(paths_.staging()))
    if (is_container_marker(entry) && is_hidden(entry)) std::erase(ids, entry.substr(2));
  return ids;
}

bool ContainerStore::has(const std::string& id) const { return sys::exists(paths_.container(id)); }

spec::ContainerConfig ContainerStore::load_config(const std::string& id) const {
  const std::string path = paths_.container(id) + "/config.json";
  return spec::container_config_from_json(read_record(path), path);
}

wire::ContainerState ContainerStore::load_state(const std::string& id) const {
  const std::string path = paths_.container(id) + "/state.json";
  if (!sys::exists(path) && sys::exists(paths_.container(id)))
    return {};  // cut off between the two records: never started
  return wire::container_state_from_json(read_record(path), path);
}

bool ContainerStore::is_monitor_alive(const std::string& id) const {
  return sys::is_locked(paths_.container_run(id) + "/monitor.lock");
}

ContainerRecord ContainerStore::load(const std::string& id) const {
  ContainerRecord record{.config = load_config(id), .state = load_state(id), .monitor_alive = false};
  using enum wire::ContainerStatus;
  // A created or exited container has a monitor only for the moment of its start or end.
  if (record.state.status == created || record.state.status == exited) return record;
  record.monitor_alive = is_monitor_alive(id);
  // The monitor may have written its last words between our two looks.
  if (!record.monitor_alive) record.state = load_state(id);
  return record;
}

std::optional<std::string> ContainerStore::find_name(const std::string& name) const {
  if (!is_valid_name(name)) return std::nullopt;
  auto id = sys::read_link(paths_.names() + "/" + name);
  if (!id || !has(*id)) return std::nullopt;
  return id;
}

std::string ContainerStore::find(const std::string& name_or_id) const {
  if (is_full_id(name_or_id) && has(name_or_id)) return name_or_id;
  if (const auto id = find_name(name_or_id)) return *id;
  std::vector<std::string> found;
  if (is_id_prefix(name_or_id))
    for (const auto& id : list())
      if (id.starts_with(name_or_id)) found.push_back(id);
  if (found.size() == 1) return found[0];
  if (found.size() > 1)
    throw Error(ErrorKind::conflict, format("'{}' is the beginning of {} container ids", name_or_id, found.size()))
        .with_hint("give more digits");
  Error error(ErrorKind::not_found, format("no such container: {}", name_or_id));
  std::vector<std::string> known;
  for (auto& [name, id] : names()) known.push_back(name);
  if (const auto near = nearest(name_or_id, known))
    error.with_hint(format("did you mean '{}'?", *near));
  else
    error.with_hint("`lichen ps -a` lists all containers");
  throw error;
}

void ContainerStore::write_state(const std::string& id, const wire::ContainerState& state,
                                 sys::Durability durability) const {
  sys::write_file_atomic(paths_.container(id) + "/state.json", dump_json_pretty(wire::to_json(state)), 0600,
                         durability);
}

void ContainerStore::write_config(const spec::ContainerConfig& config, sys::Durability durability) const {
  sys::write_file_atomic(paths_.container(config.id) + "/config.json", dump_json_pretty(spec::to_json(config)), 0600,
                         durability);
}

sys::FileLock ContainerStore::hold(const std::string& id) const {
  return sys::wait_lock(paths_.container(id), sys::LockMode::exclusive, kLockTimeout);
}

std::vector<std::pair<std::string, std::string>> ContainerStore::names() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& name : sys::list_directory(paths_.names()))
    if (auto id = sys::read_link(paths_.names() + "/" + name); id && is_full_id(*id))
      out.emplace_back(name, *std::move(id));
  return out;
}

void ContainerStore::rename(const std::string& id, const std::string& to) {
  const auto lock = sys::wait_lock(paths_.names(), sys::LockMode::exclusive, kLockTimeout);
  const auto record = hold(id);
  auto config = load_config(id);
  const std::string from = std::exchange(config.name, to);
  reserve_name_locked(to, id);
  write_config(config, sys::Durability::synced);
  const std::string old = paths_.names() + "/" + from;
  if (sys::read_link(old) == id) sys::remove_file(old);
}

void ContainerStore::sweep_names() {
  try {
    const auto lock = sys::try_lock(paths_.names(), sys::LockMode::exclusive);
    if (!lock) return;
    for (const auto& [name, id] : names())
      if (is_stale_name(name, id)) sys::remove_file(paths_.names() + "/" + name);
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
}

bool ContainerStore::remove(const std::string& id, const std::string& name) { return remove_all(paths_, id, name); }

// Published though its marker is there: it was started and then its maker killed before the unlink (state.json says
// so); or it was made in an earlier boot and has all that it needs. Then a power cut may have brought back the marker
// of a command that had ended well, and begin() has synced the record. A record that cannot be read says nothing: those
// of --rm are not synced, so a power cut may leave them empty.
bool ContainerStore::is_whole(const std::string& id) const {
  try {
    if (!has(id)) return false;
    const auto state = load_state(id);
    if (!state.started_at.empty()) return true;
    const auto config = load_config(id);
    return state.boot_id != paths_.boot_id() && !config.auto_remove &&
           sys::read_link(paths_.names() + "/" + config.name) == id &&
           std::all_of(config.mounts.begin(), config.mounts.end(), [&](const spec::MountConfig& mount) {
             return mount.type != spec::MountType::volume || sys::exists(paths_.volume(mount.source));
           });
  } catch (const Error& error) {
    // not_found: killed before the first record, or removed while we look.
    if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::not_found) throw;
    return false;
  }
}

bool ContainerStore::is_torn(const std::string& id) const {
  try {
    load_config(id);
    load_state(id);
    return false;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::not_found) throw;
    return true;
  }
}

// Nobody holds the marker.
bool ContainerStore::is_rubbish(const std::string& marker) const {
  const std::string id = marker.substr(2);
  return marker.starts_with("r-") ? is_torn(id) : !is_whole(id);
}

bool ContainerStore::is_hidden(const std::string& marker) const {
  const bool is_held = sys::is_locked(paths_.staging() + "/" + marker);
  return is_held ? marker.starts_with("c-") : is_rubbish(marker);
}

int ContainerStore::sweep_unfinished() {
  int swept = 0;
  for (const auto& entry : sys::list_directory(paths_.staging())) {
    if (!is_container_marker(entry)) continue;
    const std::string id = entry.substr(2);
    const std::string marker = paths_.staging() + "/" + entry;
    try {
      const auto lock = sys::try_lock(marker, sys::LockMode::exclusive);
      if (!lock) continue;
      if (is_rubbish(entry)) {
        std::string name;
        for (const auto& [known, target] : names())
          if (target == id) name = known;
        remove_unfinished(paths_, id, name);
        ++swept;
      } else if (entry.starts_with("r-") && has(id)) {
        continue;
      }
      sys::remove_file(marker);
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
  }
  return swept;
}

}  // namespace lichen::store
