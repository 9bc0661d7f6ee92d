#include "libpod/store/pod_store.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::store {
namespace {

// A pod's holder is started within milliseconds; its removal may wait for containers that take their ten seconds to
// end.
constexpr std::chrono::seconds kLockTimeout{15};
constexpr JsonLimits kRecordLimits{.max_bytes = 16u << 20, .max_depth = 64, .allow_duplicate_keys = true};
// Where lichen-oci mounts: the holder's "/" is read-only, so these must be there.
constexpr const char* kMountPoints[] = {"dev", "etc", "proc", "run", "sys"};
constexpr const char* kMountFiles[] = {"etc/hostname", "etc/hosts", "etc/resolv.conf", "run/lichen-init"};

sys::FileLock lock_of(const std::string& path, const std::string& id, sys::LockMode mode) {
  try {
    return sys::wait_lock(path, mode, kLockTimeout);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) throw_error(ErrorKind::not_found, "no such pod: {}", short_id(id));
    throw;
  }
}

}  // namespace

void PodStore::create(const spec::PodConfig& pod) const {
  for (const auto& path : {paths_.pods(), paths_.pod_names()}) sys::make_directories(path, 0700);
  const auto lock = sys::wait_lock(paths_.pod_names(), sys::LockMode::exclusive, kLockTimeout);
  const std::string link = paths_.pod_names() + "/" + pod.name;
  if (const auto holder = sys::read_link(link); holder && has(*holder))
    throw Error(ErrorKind::conflict, format("the name \"{}\" is already in use by pod {}", pod.name, short_id(*holder)))
        .with_hint(format("remove that pod, or use --replace: lichen pod rm {}", pod.name));
  sys::remove_file(link);
  StagingDir staged(paths_);
  sys::make_directory(staged.path() + "/rootfs", 0755);
  for (const char* name : kMountPoints) sys::make_directory(staged.path() + "/rootfs/" + name, 0755);
  for (const char* name : kMountFiles) sys::write_file(staged.path() + "/rootfs/" + name, "", 0644);
  sys::write_file_atomic(staged.path() + "/config.json", dump_json_pretty(spec::to_json(pod)), 0600);
  sys::make_symlink(pod.id, link);
  if (!staged.publish(paths_.pod(pod.id)))
    throw_error(ErrorKind::conflict, "make pod '{}': there is one with id {}", pod.name, short_id(pod.id));
  sys::sync_directory(paths_.pods());
}

bool PodStore::has(const std::string& id) const {
  return is_full_id(id) && sys::exists(paths_.pod(id) + "/config.json");
}

spec::PodConfig PodStore::get(const std::string& id) const {
  const std::string path = paths_.pod(id) + "/config.json";
  const auto text = is_full_id(id) ? sys::read_file_if_exists(path) : std::nullopt;
  if (!text) throw_error(ErrorKind::not_found, "no such pod: {}", is_full_id(id) ? short_id(id) : id);
  try {
    return spec::pod_config_from_json(parse_json(*text, path, kRecordLimits), path);
  } catch (Error& error) {
    if (error.kind() == ErrorKind::invalid)
      error.with_hint("`lichen system check --repair` sets it aside; everything else keeps working");
    throw;
  }
}

std::vector<std::string> PodStore::list() const {
  auto ids = sys::list_directory(paths_.pods());
  std::erase_if(ids, [&](const std::string& id) { return !has(id); });
  return ids;
}

std::optional<std::string> PodStore::find_name(const std::string& name) const {
  if (!is_valid_name(name)) return std::nullopt;
  auto id = sys::read_link(paths_.pod_names() + "/" + name);
  if (!id || !has(*id)) return std::nullopt;
  return id;
}

std::string PodStore::find(const std::string& name_or_id) const {
  if (has(name_or_id)) return name_or_id;
  if (const auto id = find_name(name_or_id)) return *id;
  std::vector<std::string> found;
  if (is_id_prefix(name_or_id))
    for (const auto& id : list())
      if (id.starts_with(name_or_id)) found.push_back(id);
  if (found.size() == 1) return found[0];
  if (found.size() > 1)
    throw Error(ErrorKind::conflict, format("'{}' is the beginning of {} pod ids", name_or_id, found.size()))
        .with_hint("give more digits");
  Error error(ErrorKind::not_found, format("no such pod: {}", name_or_id));
  std::vector<std::string> known;
  for (auto& [name, id] : names()) known.push_back(name);
  if (const auto near = nearest(name_or_id, known))
    error.with_hint(format("did you mean '{}'?", *near));
  else
    error.with_hint("`lichen pod ps` lists all pods");
  throw error;
}

std::vector<std::pair<std::string, std::string>> PodStore::names() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& name : sys::list_directory(paths_.pod_names()))
    if (auto id = sys::read_link(paths_.pod_names() + "/" + name); id && has(*id))
      out.emplace_back(name, *std::move(id));
  return out;
}

sys::FileLock PodStore::hold(const std::string& id, sys::LockMode mode) const {
  return lock_of(paths_.pod(id), id, mode);
}

sys::FileLock PodStore::hold_holder(const std::string& id) const {
  return lock_of(paths_.pod_rootfs(id), id, sys::LockMode::exclusive);
}

bool PodStore::remove(const std::string& id, const std::string& name) const {
  LICHEN_ASSERT(is_full_id(id));
  const bool removed = remove_through_staging(paths_, paths_.pod(id));
  sys::remove_tree(paths_.pod_run(id));
  if (name.empty()) {  // its record could not be read
    for (const auto& entry : sys::list_directory(paths_.pod_names()))
      if (sys::read_link(paths_.pod_names() + "/" + entry) == id) release_name(entry, id);
  } else {
    release_name(name, id);
  }
  return removed;
}

void PodStore::release_name(const std::string& name, const std::string& id) const {
  const std::string link = paths_.pod_names() + "/" + name;
  if (sys::read_link(link) != id) return;
  const auto lock = sys::wait_lock(paths_.pod_names(), sys::LockMode::exclusive, kLockTimeout);
  if (sys::read_link(link) == id) sys::remove_file(link);
}

}  // namespace lichen::store
