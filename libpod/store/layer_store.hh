// layers/<chain-id>/: unpacked layers. The chain id (image-spec config.md "Layer ChainID") names a layer with all
// beneath it, so that two images share what they share, and equal tars on different parents stay apart.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/digest.hh"
#include "libpod/base/json.hh"
#include "libpod/store/paths.hh"

namespace lichen::store {

/// A compressed form in which a registry is known to have this layer; a push there moves nothing.
struct RemoteBlob {
  std::string repository;  // "localhost:5000/app"
  Digest digest;
  std::int64_t size = 0;
  std::string media_type;
};

/// layers/<chain-id>/meta.json
struct LayerMeta {
  std::string chain_id;        // 64 hex digits, without "sha256:"
  std::string parent;          // chain id of the layer beneath; empty for the lowest
  Digest diff_id;              // of the uncompressed tar
  std::int64_t tar_size = 0;   // bytes of the uncompressed tar
  std::int64_t disk_size = 0;  // bytes on disk as measured when it was published
  std::string created;         // RFC 3339
  bool has_journal = true;     // tar.journal is there: the exact tar can be rebuilt
  std::vector<RemoteBlob> blobs;
};
Json to_json(const LayerMeta& meta);
LayerMeta layer_meta_from_json(const Json& json, std::string_view what);

class LayerStore {
 public:
  explicit LayerStore(const Paths& paths) : paths_(paths) {}

  bool has(const std::string& chain_id) const;
  /// @throws Error{not_found} no such layer; Error{invalid} damaged record
  LayerMeta get(const std::string& chain_id) const;
  std::vector<std::string> list() const;
  /// Remember that a repository has this layer as `blob`. Best effort: a lost note costs an upload, nothing else.
  void add_blob(const std::string& chain_id, const RemoteBlob& blob);
  void remove(const std::string& chain_id);

 private:
  const Paths& paths_;
};

}  // namespace lichen::store
