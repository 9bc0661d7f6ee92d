// lists/<list-id>/list.json: a manifest list (OCI: image index), one name for images of several platforms.
//
// A list has no bytes of its own until it is pushed: the record says what it is made of, images that are here by their
// ids and others by the registry that has them. Its id is random, for what is in it changes. A ref may hold the id of a
// list where it could hold that of an image; ImageStore::resolve then gives the image for this machine, so that
// whoever wants files need not know of lists.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/digest.hh"
#include "libpod/base/json.hh"
#include "libpod/spec/platform.hh"
#include "libpod/store/paths.hh"
#include "libpod/sys/lock.hh"

namespace lichen::store {

struct ListEntry {
  std::string image_id;  // of an image that is here; else empty
  std::string source;    // "host/repository" that has the manifest; empty when the image is here
  /// Of the manifest. For an image that never had one: of that with its layers as they are; a push names it anew.
  std::string media_type;
  Digest digest;
  std::int64_t size = 0;
  spec::Platform platform;
  std::string os_version;
  std::vector<std::string> os_features, features;
  std::map<std::string, std::string> annotations;
};
Json to_json(const ListEntry& entry);
/// @throws Error{invalid}
ListEntry list_entry_from_json(const JsonView& view);

struct ListRecord {
  std::string id;       // 64 hex digits
  std::string created;  // RFC 3339
  std::map<std::string, std::string> annotations;
  std::vector<std::string> repo_digests;  // "host/repo@sha256:...", as pushed
  std::vector<ListEntry> entries;
};
Json to_json(const ListRecord& record);
ListRecord list_record_from_json(const Json& json, std::string_view what);
/// image-spec image-index.md, or docker's manifest list.
Json index_document(const ListRecord& record, bool docker);

/// The entry that serves who wants `wanted` best, among those whose images are here. nullptr: none does
const ListEntry* best_local_entry(const ListRecord& record, const spec::Platform& wanted);

class ListStore {
 public:
  explicit ListStore(const Paths& paths) : paths_(paths) {}

  bool has(const std::string& id) const;
  /// @throws Error{not_found|invalid}
  ListRecord get(const std::string& id) const;
  std::vector<std::string> list() const;
  /// Full ids that begin with `prefix` (hex).
  std::vector<std::string> find_by_prefix(const std::string& prefix) const;
  /// A new list.
  void publish(const ListRecord& record);
  /// Only who holds the list.
  void update(const ListRecord& record);
  sys::FileLock hold(const std::string& id) const;
  /// Who gives a name to a new list, alone: of two at once the second finds the first one's.
  sys::FileLock hold_names() const;
  void remove(const std::string& id);
  /// Ids of the lists that have the image. Damaged lists are passed over.
  std::vector<std::string> with_image(const std::string& image_id) const;

 private:
  const Paths& paths_;
};

}  // namespace lichen::store
