#include "libpod/store/volume_store.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::store {

Json to_json(const VolumeRecord& record) {
  Json json;
  json["version"] = 1;
  json["name"] = record.name;
  json["driver"] = record.driver;
  json["created"] = record.created;
  json["anonymous"] = record.anonymous;
  json["labels"] = record.labels;
  json["options"] = record.options;
  return json;
}

VolumeRecord volume_record_from_json(const Json& json, std::string_view what) {
  const JsonView in(json, std::string(what) + ":");
  VolumeRecord record;
  record.name = in.at("name").as_string();
  record.driver = in.get_string("driver", "local");
  record.created = in.get_string("created");
  record.anonymous = in.get_bool("anonymous");
  record.labels = in.at("labels").as_string_map();
  record.options = in.at("options").as_string_map();
  return record;
}

bool VolumeStore::has(const std::string& name) const {
  return is_valid_name(name) && sys::exists(paths_.volume(name) + "/data");
}

VolumeRecord VolumeStore::get(const std::string& name) const {
  const std::string path = paths_.volume(name) + "/volume.json";
  const auto text = is_valid_name(name) ? sys::read_file_if_exists(path) : std::nullopt;
  if (!text) {
    Error error(ErrorKind::not_found, format("no such volume: {}", name));
    const auto known = list();
    if (const auto near = nearest(name, known))
      error.with_hint(format("did you mean '{}'?", *near));
    else
      error.with_hint("`lichen volume ls` lists all volumes");
    throw error;
  }
  return volume_record_from_json(parse_json(*text, path), path);
}

std::vector<std::string> VolumeStore::list() const {
  auto names = sys::list_directory(paths_.volumes());
  std::erase_if(names, [](const std::string& name) { return !is_valid_name(name); });
  std::sort(names.begin(), names.end());
  return names;
}

bool VolumeStore::create(const VolumeRecord& record) {
  if (!is_valid_name(record.name))
    throw Error(ErrorKind::usage, format("'{}' is no valid volume name", record.name))
        .with_hint("names are letters, digits, '_', '.' and '-', and begin with a letter or digit");
  if (has(record.name)) return false;
  StagingDir staged(paths_);
  sys::make_directory(staged.path() + "/data", 0755);
  sys::write_file_atomic(staged.path() + "/volume.json", dump_json_pretty(to_json(record)));
  if (!staged.publish(paths_.volume(record.name))) return false;
  sys::sync_directory(paths_.volumes());
  return true;
}

void VolumeStore::remove(const std::string& name) {
  // ".." would be the whole store.
  if (!is_valid_name(name)) throw_error(ErrorKind::not_found, "no such volume: {}", name);
  remove_through_staging(paths_, paths_.volume(name));
}

}  // namespace lichen::store
