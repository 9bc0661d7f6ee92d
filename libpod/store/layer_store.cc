#include "libpod/store/layer_store.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::store {
namespace {

constexpr std::int64_t kLayerVersion = 1;
constexpr std::size_t kMaxBlobs =
    32;  // the newest notes; an image tagged into many repositories must not grow its record for ever

Digest read_digest(const JsonView& view, std::string_view key) {
  const std::string text = view.get_string(key);
  if (text.empty()) return {};
  const auto digest = Digest::parse(text);
  if (!digest) throw_error(ErrorKind::invalid, "{} must be a digest", view.at(key).path());
  return *digest;
}

}  // namespace

Json to_json(const LayerMeta& meta) {
  Json json{{"version", kLayerVersion},      {"chain_id", meta.chain_id},      {"parent", meta.parent},
            {"diff_id", meta.diff_id.str()}, {"tar_size", meta.tar_size},      {"disk_size", meta.disk_size},
            {"created", meta.created},       {"has_journal", meta.has_journal}};
  Json blobs = Json::array();
  for (const auto& blob : meta.blobs)
    blobs.push_back(Json{{"repository", blob.repository},
                         {"digest", blob.digest.str()},
                         {"size", blob.size},
                         {"media_type", blob.media_type}});
  json["blobs"] = std::move(blobs);
  return json;
}

LayerMeta layer_meta_from_json(const Json& json, std::string_view what) {
  const JsonView view(json, std::string(what) + ":");
  const auto version = view.get_int("version", 0);
  if (version != kLayerVersion)
    throw_error(ErrorKind::invalid, "{}: record version {}, this program knows {}", what, version, kLayerVersion);
  LayerMeta meta;
  meta.chain_id = view.get_string("chain_id");
  meta.parent = view.get_string("parent");
  if (!is_full_id(meta.chain_id) || !(meta.parent.empty() || is_full_id(meta.parent)))
    throw_error(ErrorKind::invalid, "{}: chain_id and parent must be 64 hex digits", what);
  meta.diff_id = read_digest(view, "diff_id");
  meta.tar_size = view.get_int("tar_size");
  meta.disk_size = view.get_int("disk_size");
  meta.created = view.get_string("created");
  meta.has_journal = view.get_bool("has_journal", true);
  for (const auto& item : view.at("blobs").as_array())
    meta.blobs.push_back({item.get_string("repository"), read_digest(item, "digest"), item.get_int("size"),
                          item.get_string("media_type")});
  return meta;
}

bool LayerStore::has(const std::string& chain_id) const {
  return is_full_id(chain_id) && sys::exists(paths_.layer(chain_id) + "/meta.json");
}

LayerMeta LayerStore::get(const std::string& chain_id) const {
  if (!is_full_id(chain_id))
    throw_error(ErrorKind::invalid, "layer '{}': not an id of 64 hex digits", printable(chain_id));
  const std::string path = paths_.layer(chain_id) + "/meta.json";
  const auto text = sys::read_file_if_exists(path);
  if (!text) throw_error(ErrorKind::not_found, "layer '{}': there is no such layer", chain_id);
  try {
    auto meta = layer_meta_from_json(parse_json(*text, path), path);
    if (meta.chain_id != chain_id)
      throw_error(ErrorKind::invalid, "{}: it is the record of layer {}", path, meta.chain_id);
    return meta;
  } catch (Error& error) {
    error.add_context(format("layer '{}' is damaged", short_id(chain_id)));
    error.with_hint("run 'lichen system check --repair', then pull or load the image again");
    throw;
  }
}

std::vector<std::string> LayerStore::list() const {
  auto names = sys::list_directory(paths_.layers());
  std::erase_if(names, [](const std::string& name) { return !is_full_id(name); });
  std::sort(names.begin(), names.end());
  return names;
}

void LayerStore::add_blob(const std::string& chain_id, const RemoteBlob& blob) {
  try {
    auto meta = get(chain_id);
    const auto same = [&](const RemoteBlob& known) {
      return known.repository == blob.repository && known.digest == blob.digest;
    };
    if (std::any_of(meta.blobs.begin(), meta.blobs.end(), same)) return;
    meta.blobs.push_back(blob);
    if (meta.blobs.size() > kMaxBlobs) meta.blobs.erase(meta.blobs.begin());
    sys::write_file_atomic(paths_.layer(chain_id) + "/meta.json", dump_json_pretty(to_json(meta)), 0600,
                           sys::Durability::none);
  } catch (const Error& error) {
    log_debug("note blob of layer {}: {}", chain_id, error.what());
  }
}

void LayerStore::remove(const std::string& chain_id) {
  LICHEN_ASSERT(is_full_id(chain_id));
  remove_through_staging(paths_, paths_.layer(chain_id));
}

}  // namespace lichen::store
