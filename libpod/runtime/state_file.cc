#include "libpod/runtime/state_file.hh"

#include "libpod/base/enum_names.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/cgroup.hh"
#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/socket.hh"
#include "libpod/wire/runtime_cli.hh"

#include <sys/socket.h>

namespace lichen::runtime {
namespace {

constexpr int kFormat = 1;

constexpr EnumName<Status> kStatusNames[] = {
    {Status::creating, "creating"}, {Status::created, "created"}, {Status::running, "running"},
    {Status::paused, "paused"},     {Status::stopped, "stopped"},
};

std::string record_path(const std::string& root, const std::string& id) {
  return container_dir(root, id) + "/state.json";
}

Json to_json(const ContainerRecord& record) {
  Json json;
  json["format"] = kFormat;
  json["id"] = record.id;
  json["pid"] = record.pid;
  json["startTime"] = record.start_time;
  json["bootId"] = record.boot_id;
  json["bundle"] = record.bundle;
  json["rootfs"] = record.rootfs;
  json["created"] = record.created;
  json["owner"] = record.owner;
  if (!record.cgroup.empty()) json["cgroup"] = record.cgroup;
  if (!record.annotations.empty()) json["annotations"] = record.annotations;
  return json;
}

}  // namespace

std::string_view to_string(Status status) { return enum_name(kStatusNames, status); }

std::string container_dir(const std::string& root, const std::string& id) { return root + "/" + id; }

sys::FileLock make_container_dir(const std::string& root, const std::string& id) {
  sys::make_directories(root, 0700);
  const std::string dir = container_dir(root, id);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool made = sys::make_directory(dir, 0700);
    auto lock = sys::try_lock(dir, sys::LockMode::exclusive);
    if (made && lock) return *std::move(lock);
    if (!lock || sys::exists(record_path(root, id))) break;
    sys::remove_tree(dir);
  }
  throw Error(ErrorKind::conflict, "create container '" + id + "': the id is in use")
      .with_hint("delete it first or take another id");
}

void remove_container_dir(const std::string& root, const std::string& id) {
  // The record goes first: without it the directory is nobody's and the next `create` may take it.
  sys::remove_file(record_path(root, id));
  sys::remove_tree(container_dir(root, id));
}

void save_record(const std::string& root, const ContainerRecord& record) {
  sys::write_file_atomic(record_path(root, record.id), dump_json(to_json(record)) + "\n", 0600, sys::Durability::none);
}

std::optional<ContainerRecord> find_record(const std::string& root, const std::string& id) {
  const std::string path = record_path(root, id);
  const auto text = sys::read_file_if_exists(path);
  if (!text) return std::nullopt;
  const Json json = parse_json(*text, path);
  const JsonView view(json, path);
  ContainerRecord record;
  record.id = id;
  record.pid = static_cast<pid_t>(view.get_int("pid"));
  record.start_time = static_cast<std::uint64_t>(view.get_int("startTime"));
  record.boot_id = view.get_string("bootId");
  record.bundle = view.get_string("bundle");
  record.rootfs = view.get_string("rootfs");
  record.created = view.get_string("created");
  record.owner = static_cast<std::uint32_t>(view.get_int("owner"));
  record.cgroup = view.get_string("cgroup");
  record.annotations = view.at("annotations").as_string_map();
  return record;
}

ContainerRecord load_record(const std::string& root, const std::string& id) {
  auto record = find_record(root, id);
  if (!record) throw_error(ErrorKind::not_found, "container '{}' does not exist", id);
  return *std::move(record);
}

std::optional<sys::UniqueFd> open_init(const ContainerRecord& record) {
  if (record.boot_id != sys::boot_id()) return std::nullopt;
  auto fd = sys::open_process(record.pid, record.start_time);
  // A zombie still has its pid: its pidfd polls readable (pidfd_open(2)).
  if (fd && sys::wait_pidfd(fd->get(), std::chrono::milliseconds(0))) return std::nullopt;
  return fd;
}

std::string paused_mark(const std::string& root, const ContainerRecord& record) {
  return container_dir(root, record.id) + "/paused";
}

Status status_of(const std::string& root, const ContainerRecord& record) {
  if (!open_init(record)) return Status::stopped;
  if (sys::connect_unix(container_dir(root, record.id) + "/" + std::string(wire::kStartSocket), SOCK_SEQPACKET))
    return Status::created;
  const bool paused = record.cgroup.empty() ? sys::exists(paused_mark(root, record)) : cgroup_is_frozen(record.cgroup);
  return paused ? Status::paused : Status::running;
}

Json state_json(const ContainerRecord& record, Status status) {
  Json json;
  json["ociVersion"] = spec::kOciVersion;
  json["id"] = record.id;
  json["status"] = to_string(status);
  json["pid"] = status == Status::stopped ? 0 : record.pid;
  json["bundle"] = record.bundle;
  json["rootfs"] = record.rootfs;
  json["created"] = record.created;
  json["owner"] = record.owner;
  json["annotations"] = Json(record.annotations);
  if (record.annotations.empty()) json["annotations"] = Json::object();
  return json;
}

std::vector<std::string> list_ids(const std::string& root) {
  std::vector<std::string> ids;
  for (auto& name : sys::list_directory(root))
    if (sys::exists(record_path(root, name))) ids.push_back(std::move(name));
  return ids;
}

}  // namespace lichen::runtime
