#include "buildah/image_result.hh"

#include "buildah/build_platform.hh"
#include "buildah/cache_steps.hh"
#include "buildah/step_cache.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/image/manifest.hh"
#include "libpod/store/image_manifest.hh"

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

// podman's rule: OCI's configuration has no place for them (image-spec config.md). Without --format docker's is made,
// which everybody reads.
void leave_out_dockers(spec::ImageConfig& config) {
  const auto say = [](const char* what) {
    log_warn("{} is left out: OCI's configuration does not know it (--format docker does)", what);
  };
  if (config.healthcheck) say("HEALTHCHECK");
  if (!config.shell.empty()) say("SHELL");
  if (!config.on_build.empty()) say("ONBUILD");
  config.healthcheck.reset();
  config.shell.clear();
  config.on_build.clear();
}

// Names the layers as they are; a push names what it has sent.
std::string manifest_of(const ImageDraft& draft, const LayerStack& stack, bool is_docker,
                        const std::map<std::string, std::string>& annotations) {
  Json layers = Json::array();
  for (const auto& layer : stack.layers())
    layers.push_back({{"mediaType", is_docker ? image::kDockerLayer : image::kOciLayer},
                      {"digest", layer->diff_id.str()},
                      {"size", layer->tar_size}});
  Json manifest{{"schemaVersion", 2},
                {"mediaType", is_docker ? image::kDockerManifest : image::kOciManifest},
                {"config",
                 {{"mediaType", is_docker ? image::kDockerConfig : image::kOciConfig},
                  {"digest", "sha256:" + draft.id},
                  {"size", draft.config_text.size()}}},
                {"layers", std::move(layers)}};
  for (const auto& [key, value] : annotations) manifest["annotations"][key] = value;
  return dump_json(manifest);
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

std::map<std::string, std::string> annotations_of(const BuildOptions& options, BuildAnnotation::Level level,
                                                  const spec::Platform& platform) {
  std::map<std::string, std::string> found;
  for (const auto& annotation : options.annotations)
    if (annotation.level == level && (annotation.platform.empty() || build_platform(annotation.platform) == platform))
      found[annotation.key] = annotation.value;
  return found;
}

ImageDraft draft_image(const engine::Engine& engine, const BuildOptions& options, StageState state,
                       const spec::Platform& platform, const Json& inlined) {
  ImageDraft draft;
  spec::ImageConfig& config = state.config;
  for (const auto& [name, value] : options.labels) config.labels[name] = value;
  config.diff_ids.clear();
  for (const auto& layer : state.stack.layers()) {
    config.diff_ids.push_back(layer->diff_id);
    draft.chain_ids.push_back(layer->chain_id);
    draft.size += layer->tar_size;
  }
  if (options.format == "oci") leave_out_dockers(config);
  config.created.clear();
  std::size_t first = 0;  // entry of ours
  while (first < config.history.size() && !config.history[first].created.empty()) ++first;
  set_times(config, first, state.stack, choose_time(engine, options, config));
  Json json = spec::to_json(config);
  if (!inlined.is_null()) json[kCacheMember] = inlined;
  draft.config_text = dump_json(json);
  draft.id = sha256_hex(draft.config_text);
  const auto annotations = annotations_of(options, BuildAnnotation::Level::manifest, platform);
  if (!annotations.empty() || !options.format.empty())
    draft.manifest_text = manifest_of(draft, state.stack, options.format == "docker", annotations);
  return draft;
}

sys::FileLock publish_image(engine::Engine& engine, const ImageDraft& draft, const std::vector<std::string>& names) {
  std::vector<store::RefName> refs;
  for (const auto& name : names) refs.push_back(engine::parse_ref_name(name));
  if (!engine.images.has(draft.id)) {
    store::ImageMeta meta;
    meta.id = draft.id;
    meta.created = to_rfc3339(now());
    meta.chain_ids = draft.chain_ids;
    meta.size = draft.size;
    if (draft.manifest_text) meta.manifest_digest = *Digest::parse("sha256:" + sha256_hex(*draft.manifest_text));
    engine.images.publish(meta, draft.config_text, draft.manifest_text);
  }
  auto lock = engine::hold_image(engine, draft.id);
  store::replace_own_manifest(engine.paths, engine.images, draft.id, draft.manifest_text);
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
  return lock;
}

}  // namespace lichen::buildah
