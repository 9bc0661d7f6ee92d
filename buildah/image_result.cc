#include "buildah/image_result.hh"

#include "buildah/step_cache.hh"
#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"

namespace lichen::buildah {
namespace {

// Layers tell their own time; what changes the configuration alone happened when the image was made.
void set_times(spec::ImageConfig& config, std::size_t first, const LayerStack& stack, const std::string& time) {
  std::vector<std::string> times;
  for (const auto& layer : stack.layers()) times.push_back(layer->created);
  std::size_t layers = 0;
  for (const auto& entry : config.history) layers += entry.empty_layer ? 0 : 1;
  std::size_t layer = times.size() >= layers ? times.size() - layers : 0;
  for (std::size_t i = 0; i < config.history.size(); ++i) {
    auto& entry = config.history[i];
    const std::string* own = !entry.empty_layer && layer < times.size() ? &times[layer] : nullptr;
    layer += entry.empty_layer ? 0 : 1;
    if (i >= first) entry.created = own != nullptr ? *own : time;
  }
  config.created = time;
}

std::string choose_time(const engine::Engine& engine, const BuildOptions& options, const spec::ImageConfig& config) {
  if (options.epoch) return epoch_text(*options.epoch);
  const StepCache cache(engine.paths, engine.layers);
  StepKey key;
  key.add("image", dump_json(spec::to_json(config)));
  return cache.remember_time(key, to_rfc3339(now()), /*replaces=*/options.no_cache);
}

}  // namespace

std::string epoch_text(std::int64_t seconds) {
  const std::string text = to_rfc3339(Timestamp(std::chrono::seconds(seconds)));
  return text.substr(0, text.find('.')) + "Z";
}

ImageDraft draft_image(const engine::Engine& engine, const BuildOptions& options, StageState state) {
  ImageDraft draft;
  spec::ImageConfig& config = state.config;
  for (const auto& [name, value] : options.labels) config.labels[name] = value;
  config.diff_ids.clear();
  for (const auto& layer : state.stack.layers()) {
    config.diff_ids.push_back(layer->diff_id);
    draft.chain_ids.push_back(layer->chain_id);
    draft.size += layer->tar_size;
  }
  config.created.clear();
  std::size_t first = 0;  // entry of ours
  while (first < config.history.size() && !config.history[first].created.empty()) ++first;
  set_times(config, first, state.stack, choose_time(engine, options, config));
  draft.config_text = dump_json(spec::to_json(config));
  draft.id = sha256_hex(draft.config_text);
  return draft;
}

void publish_image(engine::Engine& engine, const ImageDraft& draft, const std::vector<std::string>& names) {
  std::vector<store::RefName> refs;
  for (const auto& name : names) refs.push_back(engine::parse_ref_name(name));
  if (!engine.images.has(draft.id)) {
    store::ImageMeta meta;
    meta.id = draft.id;
    meta.created = to_rfc3339(now());
    meta.chain_ids = draft.chain_ids;
    meta.size = draft.size;
    engine.images.publish(meta, draft.config_text, std::nullopt);
  }
  const auto lock = engine::hold_image(engine, draft.id);
  for (const auto& ref : refs) {
    if (engine.images.resolve(ref) == draft.id) continue;
    engine.images.set_ref(ref, draft.id);
  }
  engine::append_event(engine, {.type = "image",
                                .action = "build",
                                .id = draft.id,
                                .name = names.empty() ? "" : names[0],
                                .image = {},
                                .attributes = {}});
}

}  // namespace lichen::buildah
