#include "buildah/cache_import.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/sha256.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/spec/reference.hh"

namespace lichen::buildah {
namespace {

wire::ImageRequest request_for(const engine::Engine& engine, const BuildOptions& options) {
  auto request = engine::image_request(engine);
  request.quiet = true;
  request.tls_verify = options.pull.tls_verify;
  request.auth_file = options.pull.auth_file;
  request.creds = options.pull.creds;
  return request;
}

}  // namespace

void CacheImport::look() {
  for (const auto& place : options_.cache_from) {
    const auto step = progress_.start("importing cache from " + place.place);
    try {
      read_place(place);
      progress_.done(step);
    } catch (const Error& error) {
      progress_.failed(step);
      log_warn("--cache-from {}: {}; the build goes on without it", place.place, error.what());
    }
  }
}

void CacheImport::read_place(const CachePlace& place) {
  auto request = request_for(engine_, options_);
  if (place.kind == CachePlace::Kind::local)
    request.input = place.place;
  else
    request.names = {place.place};
  for (const auto& document : engine::run_image_program(engine_, "configs", request).documents) {
    const JsonView view(document, "lichen-image:");
    const std::string config = view.get_string("config");
    const auto image = cached_image_from_config(config);
    Source source;
    source.place = &place;
    source.digest = view.get_string("digest");
    source.image = sha256_hex(config);
    source.chain_ids = image.chain_ids;
    for (const auto& step : image.steps) source.steps.emplace(step.key, step.layers);
    if (!source.steps.empty()) sources_.push_back(std::move(source));
  }
}

std::optional<std::string> CacheImport::find(const std::string& key, const LayerStack& before) {
  const auto beneath = before.identity();
  const std::size_t depth = before.layers().size();
  if (!beneath) return std::nullopt;
  for (auto& source : sources_) {
    const auto step = source.steps.find(key);
    if (step == source.steps.end()) continue;
    const std::size_t count = step->second;
    // On top of what is there, or nothing new.
    if (count < depth || count > depth + 1) continue;
    if (depth > 0 && source.chain_ids[depth - 1] != *beneath) continue;
    if (count == depth) return beneath;
    const std::string& chain = source.chain_ids[depth];
    if (engine_.layers.has(chain) || (fetch(source) && engine_.layers.has(chain))) return chain;
  }
  return std::nullopt;
}

bool CacheImport::fetch(Source& source) {
  if (source.is_fetched) return false;
  source.is_fetched = true;
  const auto step = progress_.start(format("fetching layers from {}", source.place->place));
  try {
    auto request = request_for(engine_, options_);
    const bool was_here = engine_.images.has(source.image);
    if (source.place->kind == CachePlace::Kind::local) {
      request.input = source.place->place;
      request.names = {source.digest};
      engine::run_image_program(engine_, "load", request);
    } else {
      const auto reference = spec::with_defaults(spec::parse_reference(source.place->place));
      request.names = {reference.name() + "@" + source.digest};
      engine::run_image_program(engine_, "pull", request);
    }
    locks_.push_back(engine::hold_image(engine_, source.image));
    if (!was_here) to_remove_.push_back(source.image);
    progress_.done(step);
    return true;
  } catch (const Error& error) {
    progress_.failed(step);
    log_warn("--cache-from {}: {}; its steps are made here", source.place->place, error.what());
    return false;
  }
}

void CacheImport::release() {
  locks_.clear();
  for (const auto& image : std::exchange(to_remove_, {})) {
    try {
      engine::remove_image(engine_, image, /*force=*/false, /*no_prune=*/false);
    } catch (const std::exception& error) {
      log_debug("{}", error.what());  // somebody has it by now
    }
  }
}

}  // namespace lichen::buildah
