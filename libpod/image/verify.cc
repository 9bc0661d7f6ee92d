#include "libpod/image/verify.hh"

#include "libpod/base/error.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/journal.hh"
#include "libpod/store/layer_store.hh"

namespace lichen::image {
namespace {

// Empty: it is sound.
std::string damage_of(const store::Paths& paths, const store::LayerMeta& meta, ProgressLine& line) {
  Hasher hasher;
  line.begin(static_cast<std::uint64_t>(meta.tar_size));
  try {
    rebuild_tar(paths.layer(meta.chain_id), [&](Bytes data) {
      hasher.update(data);
      line.add(data.size());
    });
  } catch (const Error& error) {
    return error.what();
  }
  if (hasher.finish() != meta.diff_id) return "its files are not those that came with it";
  return "";
}

}  // namespace

wire::ImageResult verify_layers(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  const store::LayerStore layers(paths);
  wire::ImageResult result;
  for (const auto& id : request.names) {
    if (!layers.has(id)) continue;
    const auto meta = layers.get(id);
    if (!meta.has_journal) continue;
    const auto line = progress.line(meta.diff_id.hex().substr(0, 12), static_cast<std::uint64_t>(meta.tar_size));
    auto problem = damage_of(paths, meta, *line);
    line->state(problem.empty() ? "sound" : "damaged");
    // Between our two looks somebody may have removed it.
    if (!problem.empty() && layers.has(id)) result.images.push_back({.id = id, .name = std::move(problem)});
  }
  return result;
}

}  // namespace lichen::image
