#include "libpod/engine/volumes.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/engine/volume_mount.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"

#include <sched.h>
#include <sys/mount.h>

namespace lichen::engine {
namespace {

constexpr std::string_view kListFilters[] = {"after", "dangling", "driver", "label", "label!",
                                             "name",  "opt",      "scope",  "since", "until"};
constexpr std::string_view kPruneFilters[] = {"after", "all", "driver", "label", "label!",
                                              "name",  "opt", "scope",  "since", "until"};

std::string container_name(const ContainerSummary& container) {
  return container.config.name.empty() ? short_id(container.config.id) : container.config.name;
}

[[noreturn]] void refuse_used(const std::string& name, const std::vector<std::string>& users) {
  throw Error(ErrorKind::conflict, format("remove volume '{}': it is in use by container{} {}", name,
                                          users.size() == 1 ? "" : "s", join(users, ", ")))
      .with_hint(format("remove the container first: lichen rm {}", users[0]));
}

Json row_object(const Engine& engine, const store::VolumeRecord& volume, std::size_t users) {
  Json row;
  row["Availability"] = "N/A";
  row["Driver"] = volume.driver;
  row["Group"] = "N/A";
  row["Labels"] = labels_text(volume.labels);
  row["Links"] = "N/A";
  row["Mountpoint"] = engine.volumes.data_path(volume.name);
  row["Name"] = volume.name;
  row["Scope"] = "local";
  row["Size"] = "N/A";
  row["Status"] = "N/A";
  row["Anonymous"] = volume.anonymous;
  row["CreatedAt"] = volume.created;
  row["MountCount"] = users;
  row["Options"] = string_map(volume.options);
  return row;
}

bool matches(const Filters& filters, const store::VolumeRecord& volume, std::size_t users) {
  const auto time = parse_rfc3339(volume.created).value_or(Timestamp{});
  const auto until = filters.get_time("until", now());
  auto since = filters.get_time("since", now());
  if (!since) since = filters.get_time("after", now());
  if ((until && time >= *until) || (since && time <= *since)) return false;
  if (filters.has("dangling") && filters.get_bool("dangling", false) != (users == 0)) return false;
  const auto has_option = [&](const std::string& option) {
    const auto pair = cut(option, '=');
    const auto found = volume.options.find(pair ? pair->first : option);
    return found != volume.options.end() && (!pair || found->second == pair->second);
  };
  return filters.match_labels(volume.labels) && filters.match_pattern("name", volume.name) &&
         filters.any("driver", [&](const std::string& driver) { return driver == volume.driver; }) &&
         filters.any("scope", [](const std::string& scope) { return scope == "local"; }) &&
         filters.any("opt", has_option);
}

// See the top of volumes.hh. @return the names of those who use it: then it is back in its place
std::vector<std::string> remove_unused(Engine& engine, const std::string& name, std::int64_t& bytes) {
  auto users = users_of_volume(containers_in_use_check(engine), name);
  if (!users.empty()) return users;
  store::StagingDir bin(engine.paths);
  const std::string moved = bin.path() + "/volume";
  sys::rename_path(engine.paths.volume(name), moved);
  users = users_of_volume(containers_in_use_check(engine), name);
  if (!users.empty() && sys::rename_no_replace(moved, engine.paths.volume(name))) return users;
  bytes += sys::disk_size(moved);
  append_event(engine, {.type = "volume", .action = "remove", .id = name, .name = name, .image = {}, .attributes = {}});
  return {};
}

}  // namespace

std::vector<std::string> users_of_volume(const std::vector<ContainerSummary>& containers, const std::string& name) {
  std::vector<std::string> users;
  for (const auto& container : containers) {
    const auto& mounts = container.config.mounts;
    if (std::any_of(mounts.begin(), mounts.end(),
                    [&](const auto& mount) { return mount.type == spec::MountType::volume && mount.source == name; }))
      users.push_back(container_name(container));
  }
  std::sort(users.begin(), users.end());
  return users;
}

std::string create_volume(Engine& engine, const VolumeRequest& request) {
  if (!request.driver.empty() && request.driver != "local")
    throw Error(ErrorKind::unsupported,
                format("create volume '{}': there is no volume driver '{}'", request.name, request.driver))
        .with_hint("lichen has the driver local");
  check_volume_options(request.name, request.options);
  engine.enter_userns();  // data/ belongs to root of the containers
  store::VolumeRecord record;
  record.name = request.name.empty() ? random_id() : request.name;
  record.anonymous = request.name.empty();
  record.created = to_rfc3339(now());
  record.labels = request.labels;
  record.options = request.options;
  if (engine.volumes.create(record))
    append_event(
        engine,
        {.type = "volume", .action = "create", .id = record.name, .name = record.name, .image = {}, .attributes = {}});
  return record.name;
}

std::vector<Json> list_volumes(Engine& engine, const std::vector<std::string>& words, const OnDamaged& on_damaged) {
  const auto filters = Filters::parse(words, kListFilters);
  const auto containers = containers_in_use_check(engine);
  std::vector<Json> rows;
  for (const auto& name : engine.volumes.list()) {
    try {
      const auto volume = engine.volumes.get(name);
      const auto users = users_of_volume(containers, name).size();
      if (matches(filters, volume, users)) rows.push_back(row_object(engine, volume, users));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::usage) throw;
      if (error.kind() != ErrorKind::not_found || sys::exists(engine.paths.volume(name))) on_damaged(name, error);
    }
  }
  return rows;
}

Json inspect_volume(const Engine& engine, const std::string& name) {
  const auto volume = engine.volumes.get(name);
  Json out;
  out["CreatedAt"] = volume.created;
  out["Driver"] = volume.driver;
  out["Labels"] = string_map(volume.labels);
  out["Mountpoint"] = engine.volumes.data_path(volume.name);
  out["Name"] = volume.name;
  out["Options"] = string_map(volume.options);
  out["Scope"] = "local";
  out["Status"] = Json::object();
  out["Anonymous"] = volume.anonymous;
  return out;
}

void remove_volume(Engine& engine, const std::string& name, bool force) {
  if (!is_valid_name(name) || !sys::exists(engine.paths.volume(name))) {
    if (force) return;
    engine.volumes.get(name);  // says what is near
  }
  engine.enter_userns();
  std::int64_t bytes = 0;
  try {
    if (const auto users = remove_unused(engine, name, bytes); !users.empty()) refuse_used(name, users);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || !force) throw;
  }
}

namespace {

// lichen-image works where the volume is mounted: in a mount namespace of its own.
void run_on_volume(Engine& engine, const std::string& command, const std::string& name,
                   const wire::ImageRequest& request) {
  run_image_program(engine, command, request, [&] {
    sys::unshare_namespaces(CLONE_NEWNS, "a mount namespace");
    sys::set_root_propagation(MS_SLAVE);
    mount_volume(engine, name);
  });
}

}  // namespace

void export_volume(Engine& engine, const std::string& name, const std::string& output) {
  engine.volumes.get(name);  // says what is near
  auto request = image_request(engine);
  request.input = engine.volumes.data_path(name);
  request.output = output;
  run_on_volume(engine, "volume-export", name, request);
}

void import_volume(Engine& engine, const std::string& name, const std::string& input) {
  engine.volumes.get(name);
  auto request = image_request(engine);
  request.input = input;
  request.output = engine.volumes.data_path(name);
  run_on_volume(engine, "volume-import", name, request);
}

VolumePrune prune_volumes(Engine& engine, bool all, const std::vector<std::string>& words) {
  const auto filters = Filters::parse(words, kPruneFilters);
  const bool named_too = all || filters.get_bool("all", false);
  engine.enter_userns();
  VolumePrune done;
  for (const auto& name : engine.volumes.list()) {
    try {
      const auto volume = engine.volumes.get(name);
      if (!(volume.anonymous || named_too) || !matches(filters, volume, 0)) continue;
      if (remove_unused(engine, name, done.bytes).empty()) done.removed.push_back(name);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::usage) throw;
      if (error.kind() != ErrorKind::not_found) log_warn("volume {}: {}", name, error.what());
    }
  }
  return done;
}

}  // namespace lichen::engine
