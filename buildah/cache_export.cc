#include "buildah/cache_export.hh"

#include <algorithm>
#include <set>

#include "buildah/cache_steps.hh"
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/sha256.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/manifest_lists.hh"
#include "libpod/spec/image_config.hh"
#include "libpod/store/list_store.hh"
#include "libpod/sys/fs.hh"

namespace lichen::buildah {
namespace {

using Chains = std::vector<std::string>;

Chains chains_of(const LayerStack& stack) {
  Chains chains;
  for (const auto& layer : stack.layers()) chains.push_back(layer->chain_id);
  return chains;
}

// The topmost chain id stands for all beneath it.
bool begins_with(const Chains& whole, const Chains& part) {
  return part.size() <= whole.size() && (part.empty() || whole[part.size() - 1] == part.back());
}

std::vector<CachedStep> steps_within(const std::vector<KnownStep>& steps, const Chains& chains) {
  std::vector<CachedStep> found;
  std::set<std::string> seen;
  for (const auto& step : steps) {
    const auto after = chains_of(step.after);
    if (begins_with(chains, after) && seen.insert(step.key).second) found.push_back({step.key, after.size()});
  }
  return found;
}

// The stacks of which no other is the beginning.
std::vector<LayerStack> longest(const std::vector<LayerStack>& stacks) {
  std::vector<LayerStack> kept;
  for (const auto& stack : stacks) {
    const auto chains = chains_of(stack);
    if (chains.empty()) continue;
    if (std::any_of(kept.begin(), kept.end(), [&](const auto& other) { return begins_with(chains_of(other), chains); }))
      continue;
    std::erase_if(kept, [&](const auto& other) { return begins_with(chains, chains_of(other)); });
    kept.push_back(stack);
  }
  return kept;
}

// Images and a list that live as long as it takes to send them.
class Bundle {
 public:
  explicit Bundle(engine::Engine& engine) : engine_(engine) {}
  ~Bundle() {
    locks_.clear();
    try {
      if (!list_.empty()) engine::remove_list(engine_, {list_, {}});
      for (const auto& id : images_) engine::remove_image(engine_, id, /*force=*/false, /*no_prune=*/true);
    } catch (const std::exception& error) {
      log_debug("{}", error.what());  // nameless: `image prune` takes them
    }
  }
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  // The same steps give the same bytes: nothing moves when nothing has changed.
  void add(const LayerStack& stack, const std::vector<CachedStep>& steps) {
    const auto host = spec::host_platform();
    spec::ImageConfig config;
    config.os = host.os;
    config.architecture = host.architecture;
    store::ImageMeta meta;
    for (const auto& layer : stack.layers()) {
      config.diff_ids.push_back(layer->diff_id);
      meta.chain_ids.push_back(layer->chain_id);
      meta.size += layer->tar_size;
    }
    Json json = spec::to_json(config);
    json[kCacheMember] = to_json(steps);
    const std::string text = dump_json(json);
    meta.id = sha256_hex(text);
    meta.created = to_rfc3339(now());
    if (!engine_.images.has(meta.id)) engine_.images.publish(meta, text, std::nullopt);
    locks_.push_back(engine::hold_image(engine_, meta.id));
    images_.push_back(meta.id);
  }

  const std::string& list() {
    if (!list_.empty()) return list_;
    auto request = engine::image_request(engine_);
    request.names = images_;
    request.quiet = true;
    store::ListRecord record;
    record.id = random_id();
    record.created = to_rfc3339(now());
    for (const auto& document : engine::run_image_program(engine_, "describe", request).documents)
      for (const auto& item : JsonView(document, "lichen-image:").as_array())
        record.entries.push_back(store::list_entry_from_json(item));
    engine_.lists.publish(record);
    return list_ = record.id;
  }

 private:
  engine::Engine& engine_;
  std::vector<std::string> images_;
  std::vector<sys::FileLock> locks_;
  std::string list_;
};

void push(engine::Engine& engine, const BuildOptions& options, const CachePlace& place, const std::string& list) {
  auto request = engine::image_request(engine);
  request.names = {list};
  request.reference = place.place;
  request.quiet = true;
  request.tls_verify = options.pull.tls_verify;
  request.auth_file = options.pull.auth_file;
  request.compression = place.compression;
  request.compression_level = place.compression_level;
  engine::run_image_program(engine, "push", request);
}

// An OCI layout in the place of the one that was there: who reads it meanwhile sees the old one or the new.
void write_directory(engine::Engine& engine, const std::string& path, const std::string& list) {
  const bool is_there = sys::exists(path) && !sys::list_directory(path).empty();
  if (is_there && !sys::exists(path + "/oci-layout"))
    throw Error(ErrorKind::conflict, format("'{}' is there, and is no build cache", path))
        .with_hint("name another directory, or remove it");
  const std::string made = is_there ? path + "." + random_hex(8) : path;
  sys::make_directories(parent_path(path), 0755);
  auto request = engine::image_request(engine);
  request.names = {list};
  request.all_platforms = true;
  request.format = "oci-dir";
  request.output = made;
  request.quiet = true;
  engine::run_image_program(engine, "save", request);
  if (!is_there) return;
  const std::string old = path + "." + random_hex(8);
  sys::rename_path(path, old);
  sys::rename_path(made, path);
  sys::remove_tree(old);
}

}  // namespace

void export_cache(engine::Engine& engine, const BuildOptions& options, const std::vector<KnownStep>& steps,
                  const std::vector<LayerStack>& results, Progress& progress) {
  for (const auto& place : options.cache_to) {
    if (place.kind == CachePlace::Kind::with_image) continue;
    const auto line = progress.start("exporting cache to " + place.place);
    try {
      std::vector<LayerStack> stacks = results;
      if (place.has_all)
        for (const auto& step : steps) stacks.push_back(step.after);
      Bundle bundle(engine);
      bool has_steps = false;
      for (const auto& stack : longest(stacks)) {
        const auto found = steps_within(steps, chains_of(stack));
        if (found.empty()) continue;
        bundle.add(stack, found);
        has_steps = true;
      }
      if (!has_steps)
        progress.output(line, "there is nothing to keep: no step has changed files");
      else if (place.kind == CachePlace::Kind::local)
        write_directory(engine, place.place, bundle.list());
      else
        push(engine, options, place, bundle.list());
      progress.done(line);
    } catch (Error& error) {
      progress.failed(line);
      error.add_context("--cache-to " + place.place);
      if (!place.is_optional) throw;
      log_warn("{}", error.what());
    }
  }
}

Json inline_cache(const BuildOptions& options, const std::vector<KnownStep>& steps, const LayerStack& stack) {
  const bool is_wanted = std::any_of(options.cache_to.begin(), options.cache_to.end(),
                                     [](const auto& place) { return place.kind == CachePlace::Kind::with_image; });
  const auto found = is_wanted ? steps_within(steps, chains_of(stack)) : std::vector<CachedStep>{};
  return found.empty() ? Json() : to_json(found);
}

}  // namespace lichen::buildah
