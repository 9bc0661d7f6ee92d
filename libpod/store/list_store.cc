#include "libpod/store/list_store.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::store {
namespace {

constexpr std::int64_t kListVersion = 1;
constexpr std::chrono::seconds kLockTimeout{2};

Json platform_object(const ListEntry& entry) {
  Json platform{{"architecture", entry.platform.architecture}, {"os", entry.platform.os}};
  if (!entry.os_version.empty()) platform["os.version"] = entry.os_version;
  if (!entry.os_features.empty()) platform["os.features"] = entry.os_features;
  if (!entry.platform.variant.empty()) platform["variant"] = entry.platform.variant;
  if (!entry.features.empty()) platform["features"] = entry.features;
  return platform;
}

Json descriptor_object(const ListEntry& entry) {
  Json out{{"mediaType", entry.media_type}, {"digest", entry.digest.str()}, {"size", entry.size}};
  if (!entry.platform.os.empty() || !entry.platform.architecture.empty()) out["platform"] = platform_object(entry);
  if (!entry.annotations.empty()) out["annotations"] = entry.annotations;
  return out;
}

}  // namespace

Json to_json(const ListEntry& entry) {
  Json out = descriptor_object(entry);
  if (!entry.image_id.empty()) out["image_id"] = entry.image_id;
  if (!entry.source.empty()) out["source"] = entry.source;
  return out;
}

ListEntry list_entry_from_json(const JsonView& view) {
  ListEntry entry;
  entry.image_id = view.get_string("image_id");
  entry.source = view.get_string("source");
  if (entry.image_id.empty() ? entry.source.empty() : !is_full_id(entry.image_id))
    throw_error(ErrorKind::invalid, "{}: an image id of 64 hex digits or a source is needed", view.path());
  entry.media_type = view.get_string("mediaType");
  const auto digest = Digest::parse(view.get_string("digest"));
  if (!digest) throw_error(ErrorKind::invalid, "{} must be a digest", view.at("digest").path());
  entry.digest = *digest;
  entry.size = view.get_int("size");
  const JsonView platform = view.at("platform");
  entry.platform = {platform.get_string("os"), platform.get_string("architecture"), platform.get_string("variant")};
  entry.os_version = platform.get_string("os.version");
  entry.os_features = platform.get_strings("os.features");
  entry.features = platform.get_strings("features");
  entry.annotations = view.at("annotations").as_string_map();
  return entry;
}

Json to_json(const ListRecord& record) {
  Json entries = Json::array();
  for (const auto& entry : record.entries) entries.push_back(to_json(entry));
  return Json{{"version", kListVersion},
              {"id", record.id},
              {"created", record.created},
              {"annotations", record.annotations},
              {"repo_digests", record.repo_digests},
              {"entries", std::move(entries)}};
}

ListRecord list_record_from_json(const Json& json, std::string_view what) {
  const JsonView view(json, std::string(what) + ":");
  const auto version = view.get_int("version", 0);
  if (version != kListVersion)
    throw_error(ErrorKind::invalid, "{}: record version {}, this program knows {}", what, version, kListVersion);
  ListRecord record;
  record.id = view.get_string("id");
  if (!is_full_id(record.id)) throw_error(ErrorKind::invalid, "{}: id must be 64 hex digits", what);
  record.created = view.get_string("created");
  record.annotations = view.at("annotations").as_string_map();
  record.repo_digests = view.get_strings("repo_digests");
  for (const auto& entry : view.at("entries").as_array()) record.entries.push_back(list_entry_from_json(entry));
  return record;
}

Json index_document(const ListRecord& record, bool docker) {
  Json manifests = Json::array();
  for (const auto& entry : record.entries) {
    manifests.push_back(descriptor_object(entry));
    if (docker) manifests.back().erase("annotations");
  }
  Json out{{"schemaVersion", 2},
           {"mediaType", docker ? "application/vnd.docker.distribution.manifest.list.v2+json"
                                : "application/vnd.oci.image.index.v1+json"},
           {"manifests", std::move(manifests)}};
  if (!docker && !record.annotations.empty()) out["annotations"] = record.annotations;
  return out;
}

const ListEntry* best_local_entry(const ListRecord& record, const spec::Platform& wanted) {
  const ListEntry* best = nullptr;
  int best_match = 0;
  for (const auto& entry : record.entries) {
    const int match = entry.image_id.empty() ? 0 : spec::platform_match(wanted, entry.platform);
    if (match <= best_match) continue;
    best = &entry;
    best_match = match;
  }
  return best;
}

bool ListStore::has(const std::string& id) const {
  return is_full_id(id) && sys::exists(paths_.list(id) + "/list.json");
}

ListRecord ListStore::get(const std::string& id) const {
  if (!is_full_id(id)) throw_error(ErrorKind::invalid, "list '{}': not an id of 64 hex digits", printable(id));
  const std::string path = paths_.list(id) + "/list.json";
  try {
    const auto text = sys::read_file_if_exists(path);
    if (!text) throw_error(ErrorKind::not_found, "there is no such list");
    auto record = list_record_from_json(parse_json(*text, path), path);
    if (record.id != id) throw_error(ErrorKind::invalid, "'{}': it is the record of list {}", path, record.id);
    return record;
  } catch (Error& error) {
    error.add_context(format("manifest list '{}'", short_id(id)));
    if (error.kind() == ErrorKind::invalid)
      error.with_hint("run 'lichen system check --repair', then make the list again");
    throw;
  }
}

std::vector<std::string> ListStore::list() const {
  auto ids = sys::list_directory(paths_.lists());
  std::erase_if(ids, [](const std::string& id) { return !is_full_id(id); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::string> ListStore::find_by_prefix(const std::string& prefix) const {
  if (!is_id_prefix(prefix)) return {};
  auto ids = list();
  std::erase_if(ids, [&](const std::string& id) { return !id.starts_with(prefix); });
  return ids;
}

void ListStore::publish(const ListRecord& record) {
  LICHEN_ASSERT(is_full_id(record.id));
  sys::make_directories(paths_.lists(), 0700);
  StagingDir staged(paths_);
  sys::write_file(staged.path() + "/list.json", dump_json_pretty(to_json(record)));
  sys::sync_file_system(staged.path());
  if (!staged.publish(paths_.list(record.id)))
    throw_error(ErrorKind::conflict, "manifest list '{}': it is there already", short_id(record.id));
  sys::sync_directory(paths_.lists());
}

void ListStore::update(const ListRecord& record) {
  LICHEN_ASSERT(is_full_id(record.id));
  sys::write_file_atomic(paths_.list(record.id) + "/list.json", dump_json_pretty(to_json(record)));
}

sys::FileLock ListStore::hold(const std::string& id) const {
  try {
    return sys::wait_lock(paths_.list(id), sys::LockMode::exclusive, kLockTimeout);
  } catch (Error& error) {
    if (!has(id)) throw_error(ErrorKind::not_found, "manifest list '{}': it was just removed", short_id(id));
    error.add_context(format("manifest list '{}'", short_id(id)));
    throw;
  }
}

sys::FileLock ListStore::hold_names() const {
  sys::make_directories(paths_.lists(), 0700);
  return sys::wait_lock(paths_.lists(), sys::LockMode::exclusive, kLockTimeout);
}

void ListStore::remove(const std::string& id) {
  LICHEN_ASSERT(is_full_id(id));
  remove_through_staging(paths_, paths_.list(id));
}

std::vector<std::string> ListStore::with_image(const std::string& image_id) const {
  std::vector<std::string> found;
  for (const auto& id : list()) {
    try {
      const auto record = get(id);
      if (std::any_of(record.entries.begin(), record.entries.end(),
                      [&](const ListEntry& entry) { return entry.image_id == image_id; }))
        found.push_back(id);
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
  }
  return found;
}

}  // namespace lichen::store
