#include "libpod/engine/manifest_lists.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/spec/platform.hh"
#include "libpod/spec/reference.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

void add_annotations(std::map<std::string, std::string>& to, const std::vector<std::string>& words) {
  for (const auto& word : words) {
    const auto pair = cut(word, '=');
    if (!pair || pair->first.empty()) throw Error(ErrorKind::usage, format("--annotation '{}': not KEY=VALUE", word));
    to[pair->first] = pair->second;
  }
}

void apply_notes(store::ListEntry& entry, const EntryNotes& notes) {
  if (!notes.os.empty()) entry.platform.os = notes.os;
  if (!notes.architecture.empty()) {
    if (notes.variant.empty() && notes.architecture != entry.platform.architecture) entry.platform.variant.clear();
    entry.platform.architecture = notes.architecture;
  }
  if (!notes.variant.empty()) entry.platform.variant = notes.variant;
  if (!notes.os_version.empty()) entry.os_version = notes.os_version;
  if (!notes.os_features.empty()) entry.os_features = notes.os_features;
  if (!notes.features.empty()) entry.features = notes.features;
  add_annotations(entry.annotations, notes.annotations);
}

// The images of a request as entries; lichen-image knows manifests.
std::vector<store::ListEntry> describe(Engine& engine, const ListImages& images) {
  std::vector<store::ListEntry> entries;
  if (images.names.empty()) return entries;
  auto request = images.request;
  request.names = images.names;
  request.all_platforms = images.all_platforms;
  request.quiet = true;
  if (!images.notes.architecture.empty()) {
    const auto own = spec::host_platform();
    request.platform = spec::Platform{images.notes.os.empty() ? own.os : images.notes.os, images.notes.architecture,
                                      images.notes.variant}
                           .str();
  }
  for (const auto& document : run_image_program(engine, "describe", request).documents)
    for (const auto& item : JsonView(document, "lichen-image:").as_array()) {
      entries.push_back(store::list_entry_from_json(item));
      apply_notes(entries.back(), images.notes);
    }
  return entries;
}

bool same_place(const store::ListEntry& a, const store::ListEntry& b) {
  return a.digest == b.digest || (a.platform == b.platform && a.os_version == b.os_version &&
                                  a.os_features == b.os_features && a.features == b.features);
}

// Shared locks on the images that a record is about to name, so that none goes meanwhile.
std::vector<sys::FileLock> hold_images(const Engine& engine, const std::vector<store::ListEntry>& entries) {
  std::vector<std::string> ids;
  for (const auto& entry : entries)
    if (!entry.image_id.empty()) ids.push_back(entry.image_id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<sys::FileLock> locks;
  for (const auto& id : ids) locks.push_back(hold_image(engine, id));
  return locks;
}

void put_entries(store::ListRecord& record, const std::vector<store::ListEntry>& entries) {
  for (const auto& entry : entries) {
    std::erase_if(record.entries, [&](const store::ListEntry& old) { return same_place(old, entry); });
    record.entries.push_back(entry);
  }
}

std::string publish_list(Engine& engine, const std::optional<store::RefName>& name,
                         const std::vector<store::ListEntry>& entries, const std::vector<std::string>& annotations) {
  store::ListRecord record;
  record.id = random_id();
  record.created = to_rfc3339(now());
  put_entries(record, entries);
  add_annotations(record.annotations, annotations);
  const auto locks = hold_images(engine, record.entries);
  engine.lists.publish(record);
  if (!name) return record.id;
  engine.images.set_ref(*name, record.id);
  append_event(engine, {.type = "image", .action = "tag", .id = record.id, .name = familiar(*name)});
  return record.id;
}

// Read, change, write under the lock of the list.
template <typename F>
std::string change(Engine& engine, const std::string& list, F edit) {
  const auto found = require_list(engine, list);
  const auto lock = engine.lists.hold(found.id);
  auto record = engine.lists.get(found.id);
  edit(record);
  engine.lists.update(record);
  return found.id;
}

store::ListEntry& find_entry(const Engine& engine, store::ListRecord& record, const std::string& text) {
  const auto digest = Digest::parse(text);
  for (auto& entry : record.entries)
    if (digest ? entry.digest == *digest : entry.image_id == text) return entry;
  try {
    const auto id = find_image(engine, text);
    for (auto& entry : record.entries)
      if (id && entry.image_id == *id) return entry;
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
  throw Error(ErrorKind::not_found, format("manifest list {} has no image '{}'", short_id(record.id), printable(text)))
      .with_hint(format("'lichen manifest inspect {}' shows the digests", short_id(record.id)));
}

// A list that no name leads to any more.
void drop_if_nameless(Engine& engine, const std::string& id) {
  if (names_of_image(engine.images.refs(), id).empty()) engine.lists.remove(id);
}

}  // namespace

std::optional<FoundList> find_list(const Engine& engine, const std::string& text) {
  if (!text.starts_with("sha256:") && !is_full_id(text)) {
    const auto typed = spec::parse_reference(text);
    if (!typed.digest.empty()) return std::nullopt;
    std::vector<spec::Reference> candidates{spec::with_defaults(typed)};
    if (typed.is_short()) {
      candidates.push_back(typed);
      candidates.back().host = "localhost";
      candidates.back() = spec::with_defaults(candidates.back());
    }
    for (const auto& candidate : candidates) {
      const store::RefName name{candidate.host, candidate.repository, candidate.tag};
      const auto id = engine.images.ref_id(name);
      if (id && engine.lists.has(*id)) return FoundList{*id, name};
      if (id && engine.images.has(*id)) return std::nullopt;
    }
  }
  const auto ids = engine.lists.find_by_prefix(text.starts_with("sha256:") ? text.substr(7) : text);
  if (ids.empty()) return std::nullopt;
  if (ids.size() > 1 || (!is_full_id(ids[0]) && !engine.images.find_by_prefix(text).empty()))
    throw Error(ErrorKind::conflict, format("'{}' is the beginning of several ids", text))
        .with_hint("give more digits");
  return FoundList{ids[0], std::nullopt};
}

FoundList require_list(const Engine& engine, const std::string& text) {
  if (auto found = find_list(engine, text)) return *found;
  if (find_image(engine, text))
    throw Error(ErrorKind::not_found, format("'{}' is an image, not a manifest list", text))
        .with_hint("make a list: lichen manifest create NAME IMAGE...");
  throw Error(ErrorKind::not_found, format("no such manifest list: {}", text))
      .with_hint(format("make it: lichen manifest create {}", text));
}

std::optional<std::string> image_of_list(const Engine& engine, const std::string& list_id,
                                         const std::string& platform) {
  const auto record = engine.lists.get(list_id);
  const auto wanted = platform.empty() ? spec::host_platform() : spec::parse_platform(platform);
  const auto* entry = store::best_local_entry(record, wanted);
  return entry == nullptr ? std::nullopt : std::optional(entry->image_id);
}

std::string create_list(Engine& engine, const std::string& name, const ListImages& images,
                        const std::vector<std::string>& annotations, bool amend) {
  auto reference = spec::parse_reference(name);
  if (reference.is_short()) reference.host = "localhost";  // as podman: what is made here is nobody else's
  const auto full = parse_ref_name(reference.str());
  engine.enter_userns();
  const auto entries = describe(engine, images);
  const auto names_lock = engine.lists.hold_names();
  const auto taken = engine.images.ref_id(full);
  const bool is_list = taken && engine.lists.has(*taken);
  if (is_list && amend) {
    const auto locks = hold_images(engine, entries);
    return change(engine, full.str(), [&](store::ListRecord& record) {
      put_entries(record, entries);
      add_annotations(record.annotations, annotations);
    });
  }
  if (is_list || (taken && engine.images.has(*taken)))
    throw Error(ErrorKind::conflict,
                format("the name '{}' is that of {}", familiar(full), is_list ? "a manifest list" : "an image"))
        .with_hint(is_list ? "add to it with --amend, or remove it: lichen manifest rm " + familiar(full)
                           : "take another name, or that from the image: lichen untag " + familiar(full));
  return publish_list(engine, full, entries, annotations);
}

std::string add_to_list(Engine& engine, const std::string& list, const ListImages& images) {
  require_list(engine, list);
  const auto entries = describe(engine, images);
  const auto locks = hold_images(engine, entries);
  return change(engine, list, [&](store::ListRecord& record) { put_entries(record, entries); });
}

std::string annotate_list_entry(Engine& engine, const std::string& list, const std::string& digest,
                                const EntryNotes& notes) {
  return change(engine, list,
                [&](store::ListRecord& record) { apply_notes(find_entry(engine, record, digest), notes); });
}

std::string annotate_list(Engine& engine, const std::string& list, const std::vector<std::string>& annotations) {
  return change(engine, list, [&](store::ListRecord& record) { add_annotations(record.annotations, annotations); });
}

std::string remove_from_list(Engine& engine, const std::string& list, const std::string& digest) {
  return change(engine, list, [&](store::ListRecord& record) {
    const auto* entry = &find_entry(engine, record, digest);
    record.entries.erase(record.entries.begin() + (entry - record.entries.data()));
  });
}

Json inspect_list(const Engine& engine, const std::string& list) {
  return store::index_document(engine.lists.get(require_list(engine, list).id), /*docker=*/false);
}

ImageRemoval remove_list(Engine& engine, const FoundList& list) {
  engine.enter_userns();
  ImageRemoval removal;
  const auto lock = engine.lists.hold(list.id);
  const auto names = names_of_image(engine.images.refs(), list.id);
  for (const auto& name : names) {
    if (list.name && !(name == *list.name)) continue;
    if (!engine.images.remove_ref(name)) continue;
    removal.untagged.push_back(familiar(name));
    append_event(engine, {.type = "image", .action = "untag", .id = list.id, .name = familiar(name)});
  }
  if (list.name && names.size() > 1) return removal;
  removal.bytes += sys::disk_size(engine.paths.list(list.id));
  engine.lists.remove(list.id);
  removal.deleted.push_back("sha256:" + list.id);
  append_event(engine, {.type = "image", .action = "delete", .id = list.id});
  return removal;
}

std::string make_list(Engine& engine, const std::string& name, const std::vector<std::string>& image_ids,
                      const std::vector<std::string>& annotations) {
  engine.enter_userns();
  const auto full = name.empty() ? std::nullopt : std::optional(parse_ref_name(name));
  ListImages images;
  images.names = image_ids;
  images.request = image_request(engine);
  const auto entries = describe(engine, images);
  const auto names_lock = engine.lists.hold_names();
  const auto before = full ? engine.images.ref_id(*full) : std::nullopt;
  const std::string id = publish_list(engine, full, entries, annotations);
  if (before && engine.lists.has(*before)) drop_if_nameless(engine, *before);
  return id;
}

}  // namespace lichen::engine
