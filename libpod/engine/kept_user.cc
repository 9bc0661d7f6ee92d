#include "libpod/engine/kept_user.hh"

#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"
#include "libpod/sys/userns.hh"

namespace lichen::engine {
namespace {

// The container's number for the caller.
std::optional<std::uint32_t> kept_id(const spec::IdMap& map) {
  const auto line = std::find_if(map.begin(), map.end(), [](const auto& row) { return row.host == 0; });
  return line == map.end() ? std::nullopt : std::optional(line->container);
}

bool has_field(const std::string& text, std::size_t index, const std::string& value) {
  for (const auto& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() > index && fields[index] == value) return true;
  }
  return false;
}

// A name that another id has in the image would lead to that one's entry.
std::string free_name(std::string name, const std::string& text, std::uint32_t id) {
  return has_field(text, 0, name) ? format("{}_{}", name, id) : name;
}

std::string with_line(std::string text, const std::string& line) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text + line + '\n';
}

// podman's rule: the caller's own directory when a mount brings it along, else the working directory.
std::string home_of(const spec::ContainerConfig& config, const std::string& home) {
  for (const auto& mount : config.mounts)
    if (!home.empty() && is_below(home, mount.destination)) return home;
  return config.working_dir.empty() ? "/" : clean_path("/" + config.working_dir);
}

bool fits_in_line(const std::string& text) {
  return text.find(':') == std::string::npos && !spec::has_control_characters(text);
}

}  // namespace

UserFiles files_with_kept_user(const spec::ContainerConfig& config, const std::string& passwd,
                               const std::string& group) {
  UserFiles files;
  if (!config.userns.starts_with("keep-id")) return files;
  const auto uid = kept_id(config.uid_map), gid = kept_id(config.gid_map);
  const auto maps = sys::current_maps();
  if (!uid || !gid || maps.uids.empty()) return files;
  std::string name = sys::user_name(maps.uids[0].outside);
  if (name.empty() || !fits_in_line(name)) name = "user";
  std::string home = home_of(config, sys::home_directory(maps.uids[0].outside));
  if (!fits_in_line(home)) home = "/";
  if (!has_field(passwd, 2, std::to_string(*uid)))
    files.passwd = with_line(passwd, format("{}:*:{}:{}::{}:/bin/sh", free_name(name, passwd, *uid), *uid, *gid, home));
  if (!has_field(group, 2, std::to_string(*gid)))
    files.group = with_line(group, format("{}:x:{}:", free_name(name, group, *gid), *gid));
  return files;
}

}  // namespace lichen::engine
