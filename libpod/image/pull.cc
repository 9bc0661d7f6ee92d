#include "libpod/image/pull.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/image/assemble.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/policy.hh"
#include "libpod/image/registry.hh"
#include "libpod/image/registry_choice.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/registries_conf.hh"

namespace lichen::image {
namespace {

constexpr int kMaxIndexDepth = 2;

class Puller {
 public:
  Puller(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress)
      : paths_(paths),
        request_(request),
        progress_(progress),
        credentials_(request),
        policy_(load_policy(request)),
        wanted_(request.platform.empty() ? host_platform() : parse_platform(request.platform)) {
    registries_ = load_registries(request);
  }

  void pull(const std::string& name, std::vector<wire::ImageDone>& done) {
    const spec::Reference typed = spec::parse_reference(name);
    const auto candidates = registries_.candidates(typed);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      try {
        return pull_reference(candidates[i], done);
      } catch (const Error& error) {
        // A short name may be in a later registry; every other failure must not be hidden by one.
        if (i + 1 == candidates.size() || error.kind() != ErrorKind::not_found) throw;
      }
    }
  }

 private:
  void pull_reference(const spec::Reference& reference, std::vector<wire::ImageDone>& done) {
    if (!request_.all_tags) policy_.require({"docker", reference.str()});
    const auto endpoints = registries_.endpoints(reference);
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      try {
        Registry registry(registry_options(request_, endpoints[i]), credentials_);
        if (!request_.all_tags) {
          done.push_back(pull_from(registry, endpoints[i].repository, reference));
          return;
        }
        for (const auto& tag : registry.tags(endpoints[i].repository)) {
          if (!spec::is_valid_tag(tag))
            throw_error(ErrorKind::invalid, "registry '{}': it lists '{}', which is not a tag", registry.host(),
                        printable(tag));
          spec::Reference one = reference;
          one.tag = tag;
          policy_.require({"docker", one.str()});
          done.push_back(pull_from(registry, endpoints[i].repository, one));
        }
        return;
      } catch (Error& error) {
        // A mirror that fails is passed over, whatever the reason; the registry itself has the last word.
        if (i + 1 < endpoints.size()) {
          log_debug("mirror '{}': {}", endpoints[i].host, error.what());
          continue;
        }
        error.add_context(format("pull '{}'", reference.str()));
        throw;
      }
    }
  }

  wire::ImageDone pull_from(Registry& registry, const std::string& repository, const spec::Reference& reference) {
    const bool by_digest = !reference.digest.empty();
    auto document = registry.manifest(repository, by_digest ? reference.digest.str() : reference.tag);
    const Digest asked = document.digest;
    ImageSource source;
    source.repo_digests = {reference.name() + "@" + asked.str()};
    for (int depth = 0; document_kind(document.text, document.content_type, "manifest") == DocumentKind::index;
         ++depth) {
      if (depth == kMaxIndexDepth)
        throw_error(ErrorKind::invalid, "index {}: indexes within indexes", document.digest.str());
      const Index index = parse_index(document.text, "index");
      const Descriptor chosen = choose_platform(index, wanted_, "index");
      if (auto known = known_image(chosen.digest, reference)) return finish(*known, source, reference, asked);
      if (chosen.size > kMaxManifest) throw_error(ErrorKind::invalid, "index: a manifest of {} bytes", chosen.size);
      document = registry.manifest(repository, chosen.digest.str());
      check_blob(chosen, document.text, "manifest " + chosen.digest.str());
      if (!chosen.media_type.empty()) document.content_type = chosen.media_type;
    }
    const Manifest manifest = parse_manifest(document.text, "manifest");
    source.manifest_text = document.text;
    // The config names the image: when it is here with all layers, nothing else moves.
    if (is_complete(manifest.config.digest.hex()))
      return finish(manifest.config.digest.hex(), source, reference, asked);
    const auto lock = lock_image(paths_, manifest.config.digest.hex(),
                                 [&] { progress_.say("waiting for another command that fetches this image"); });
    if (is_complete(manifest.config.digest.hex()))
      return finish(manifest.config.digest.hex(), source, reference, asked);
    source.config_text = registry.blob(repository, manifest.config, kMaxConfig);
    const auto facts = parse_config_facts(source.config_text, "config");
    warn_of_platform(facts.platform);
    if (facts.diff_ids.size() != manifest.layers.size())
      throw_error(ErrorKind::invalid, "manifest {}: it names {} layers, its config {}", document.digest.str(),
                  manifest.layers.size(), facts.diff_ids.size());
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      const Descriptor& blob = manifest.layers[i];
      LayerSource layer;
      layer.title = blob.digest.hex().substr(0, 12);
      layer.diff_id = facts.diff_ids[i];
      layer.blob_size = blob.size;
      layer.remote =
          store::RemoteBlob{reference.name(), blob.digest, static_cast<std::int64_t>(blob.size), blob.media_type};
      layer.keep_blob = request_.keep_blobs;
      layer.feed = [&registry, repository, blob](const FeedSink& sink, ProgressLine& line) {
        registry.stream_blob(repository, blob, sink, line);
      };
      source.layers.push_back(std::move(layer));
    }
    const Assembled image = assemble_image(paths_, source, kParallelLayers, progress_);
    auto result = finish(image.id, source, reference, asked);
    result.fetched = image.fetched;
    return result;
  }

  // The image goes by its own name from now on.
  wire::ImageDone finish(const std::string& id, const ImageSource& source, const spec::Reference& reference,
                         const Digest& asked) {
    store::ImageStore images(paths_);
    auto meta = images.get(id);
    bool changed = false;
    for (const auto& digest : source.repo_digests) {
      if (std::find(meta.repo_digests.begin(), meta.repo_digests.end(), digest) != meta.repo_digests.end()) continue;
      meta.repo_digests.push_back(digest);
      changed = true;
    }
    if (changed) images.update(meta);
    if (reference.digest.empty()) {
      const store::RefName name{reference.host, reference.repository, reference.tag};
      if (same_ref(images, name, id))
        images.renew_ref(name);
      else
        images.set_ref(name, id);
    }
    return {id, reference.str(), asked.str(), false};
  }

  static bool same_ref(const store::ImageStore& images, const store::RefName& name, const std::string& id) {
    try {
      return images.ref_id(name) == id;  // a manifest list of this name gives it away
    } catch (const Error&) {
      return false;  // a damaged name is written anew
    }
  }

  bool is_complete(const std::string& id) const {
    const store::ImageStore images(paths_);
    const store::LayerStore layers(paths_);
    if (!is_full_id(id) || !images.has(id)) return false;
    try {
      for (const auto& chain : images.get(id).chain_ids) layers.get(chain);
      images.config_text(id);
      return true;
    } catch (const Error& error) {
      log_debug("{}", error.what());
      return false;
    }
  }

  // The image that `reference` names now, when it is complete and came from this very manifest.
  std::optional<std::string> known_image(const Digest& manifest_digest, const spec::Reference& reference) const {
    if (!reference.digest.empty() || reference.tag.empty()) return std::nullopt;
    try {
      const store::ImageStore images(paths_);
      const auto id = images.resolve({reference.host, reference.repository, reference.tag});
      if (id && images.get(*id).manifest_digest == manifest_digest && is_complete(*id)) return id;
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
    return std::nullopt;
  }

  void warn_of_platform(const Platform& platform) {
    if (!platform.os.empty() && platform.os != "linux")
      throw Error(ErrorKind::unsupported, format("the image is for '{}'", printable(platform.str())))
          .with_hint("only Linux images can be run");
    if (!platform.architecture.empty() && platform_match(wanted_, platform) == 0)
      progress_.say(format("warning: the image is for {}, not for {}", platform.str(), wanted_.str()));
  }

  const store::Paths& paths_;
  const wire::ImageRequest& request_;
  Progress& progress_;
  CredentialSource credentials_;
  const Policy policy_;
  Platform wanted_;
  store::RegistriesConf registries_;
};

}  // namespace

wire::ImageResult pull_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  if (request.names.empty()) throw_error(ErrorKind::usage, "pull: an image name is needed");
  Puller puller(paths, request, progress);
  wire::ImageResult result;
  for (const auto& name : request.names) puller.pull(name, result.images);
  return result;
}

}  // namespace lichen::image
