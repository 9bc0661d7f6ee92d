// images/<image-id>/ and refs/: what images there are, and under which names. The image id is the sha256 of
// config.json, whose bytes are kept as they came.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/digest.hh"
#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/time.hh"
#include "libpod/spec/image_config.hh"
#include "libpod/store/paths.hh"

namespace lichen::store {

/// images/<id>/meta.json: what the bytes of the image do not say.
struct ImageMeta {
  std::string id;                         // 64 hex digits
  std::string created;                    // when it came here, RFC 3339
  std::vector<std::string> chain_ids;     // lowest first; may be empty (an image without layers)
  Digest manifest_digest;                 // of manifest.json; empty for images made here that never had one
  std::vector<std::string> repo_digests;  // "docker.io/library/x@sha256:...", as pulled or pushed
  std::int64_t size = 0;                  // sum of the layers' tar sizes
};
Json to_json(const ImageMeta& meta);
ImageMeta image_meta_from_json(const Json& json, std::string_view what);

/// A full name: host, repository path and tag, already normalised ("docker.io", "library/debian", "latest").
struct RefName {
  std::string host, repository, tag;
  std::string str() const { return host + "/" + repository + ":" + tag; }
  friend bool operator==(const RefName&, const RefName&) = default;
  friend auto operator<=>(const RefName&, const RefName&) = default;
};

struct Ref {
  RefName name;
  std::string image_id;  // or that of a manifest list
};

class ImageStore {
 public:
  explicit ImageStore(const Paths& paths) : paths_(paths) {}

  bool has(const std::string& id) const;
  /// @throws Error{not_found|invalid}
  ImageMeta get(const std::string& id) const;
  std::string config_text(const std::string& id) const;
  spec::ImageConfig config(const std::string& id) const;
  /// Raw manifest.json; nullopt when the image has none.
  std::optional<std::string> manifest_text(const std::string& id) const;
  std::vector<std::string> list() const;
  /// Full ids that begin with `prefix` (hex).
  std::vector<std::string> find_by_prefix(const std::string& prefix) const;

  /// Publish an image whose layers are all in the layer store; id = sha256 of config_text, checked by the caller who
  /// hashed it. An image that is there already keeps its bytes; repo digests are merged.
  void publish(const ImageMeta& meta, const std::string& config_text, const std::optional<std::string>& manifest_text);
  void update(const ImageMeta& meta);
  /// The image record only; refs and layers are the caller's affair (image/remove).
  void remove(const std::string& id);

  /// The image of this name; of a manifest list (list_store.hh) that for this machine, nullopt when it has none here.
  std::optional<std::string> resolve(const RefName& name) const;
  /// The id in the ref: that of an image or of a list.
  std::optional<std::string> ref_id(const RefName& name) const;
  void set_ref(const RefName& name, const std::string& image_id);
  /// When the name was last given to what it leads to, or a pull has found that it still is what the registry has.
  /// nullopt: there is no such name
  std::optional<Timestamp> ref_time(const RefName& name) const;
  /// That is now. A name that has gone meanwhile is fine.
  void renew_ref(const RefName& name);
  /// false when there is no such ref.
  bool remove_ref(const RefName& name);
  /// Sorted by name. `on_damaged` hears of each that cannot be read or holds no id; the others are all there.
  using OnDamagedRef = std::function<void(const std::string& name, const Error& error)>;
  std::vector<Ref> refs(const OnDamagedRef& on_damaged = {}) const;
  /// Unlink what killed writers of references have left. set_ref tries again when its own goes: no harm at any moment.
  void sweep_temporaries();

 private:
  std::string ref_path(const RefName& name) const;
  void for_each_tag_file(const std::function<void(const RefName& name, const std::string& path)>& visit,
                         const OnDamagedRef& on_damaged) const;
  const Paths& paths_;
};

}  // namespace lichen::store
