#include "buildah/cache_steps.hh"

#include "libpod/base/id.hh"
#include "libpod/base/sha256.hh"
#include "libpod/spec/image_config.hh"

namespace lichen::buildah {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxConfig = 4u << 20;

}  // namespace

Json to_json(const std::vector<CachedStep>& steps) {
  Json list = Json::array();
  for (const auto& step : steps) list.push_back({{"key", step.key}, {"layers", step.layers}});
  return {{"version", kVersion}, {"steps", std::move(list)}};
}

CachedImage cached_image_from_config(std::string_view text) {
  constexpr std::string_view what = "configuration of a build cache";
  CachedImage image;
  std::string chain;
  for (const auto& diff_id : spec::parse_image_config(text, what).diff_ids)
    image.chain_ids.push_back(chain = chain_id_of(chain, diff_id));
  const Json json = parse_json(text, what, {.max_bytes = kMaxConfig});
  const JsonView cache = JsonView(json, std::string(what) + ":").at(kCacheMember);
  if (cache.is_null() || cache.get_int("version") != kVersion) return image;
  for (const auto& entry : cache.at("steps").as_array()) {
    const std::string key = entry.get_string("key");
    const std::int64_t layers = entry.get_int("layers");
    if (!is_full_id(key) || layers < 0 || static_cast<std::size_t>(layers) > image.chain_ids.size()) continue;
    image.steps.push_back({key, static_cast<std::size_t>(layers)});
  }
  return image;
}

std::string chain_id_of(const std::string& parent, const Digest& diff_id) {
  if (parent.empty()) return diff_id.algorithm() == "sha256" ? diff_id.hex() : sha256_hex(diff_id.str());
  return sha256_hex("sha256:" + parent + " " + diff_id.str());
}

}  // namespace lichen::buildah
