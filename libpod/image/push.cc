#include "libpod/image/push.hh"

#include <algorithm>
#include <atomic>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/image/chosen_images.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/packed_layer.hh"
#include "libpod/image/registry.hh"
#include "libpod/image/registry_choice.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::image {
namespace {

struct Types {
  std::string_view manifest, config, layer;
};
constexpr Types kOciTypes{kOciManifest, kOciConfig, "application/vnd.oci.image.layer.v1.tar+gzip"};
constexpr Types kDockerTypes{kDockerManifest, kDockerConfig, "application/vnd.docker.image.rootfs.diff.tar.gzip"};

bool is_docker_type(std::string_view type) { return type.starts_with("application/vnd.docker."); }

class Pusher {
 public:
  Pusher(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress)
      : paths_(paths), request_(request), progress_(progress), credentials_(request), images_(paths), layers_(paths) {}

  wire::ImageDone push(const std::string& id, const spec::Reference& destination) {
    const auto registries = load_registries(request_);
    const auto endpoint = registries.endpoints(destination).back();  // mirrors are for reading
    auto options = registry_options(request_, endpoint);
    options.pushes = true;
    Registry registry(options, credentials_);
    registry_ = &registry;
    destination_ = destination;
    repository_ = endpoint.repository;
    try {
      return send(id);
    } catch (Error& error) {
      error.add_context(format("push '{}'", destination.str()));
      throw;
    }
  }

 private:
  wire::ImageDone send(const std::string& id) {
    const auto chain_ids = images_.get(id).chain_ids;
    const auto original = images_.manifest_text(id);
    const Types types = chosen_types(original);
    const std::string config = images_.config_text(id);
    const auto blobs = send_layers(chain_ids, types);
    send_text(config, Digest::from_sha256_hex(id));
    std::string text = build_manifest(config, id, blobs, types);
    // The bytes that the image came with, when what they name is what is there now.
    if (original && same_content(*original, blobs, types)) text = *original;
    const Digest digest = sha256(text);
    registry_->put_manifest(repository_, destination_.tag.empty() ? digest.str() : destination_.tag, text,
                            std::string(types.manifest));
    remember(id, digest);
    wire::ImageDone done{id, destination_.str(), digest.str(), true};
    done.size = static_cast<std::int64_t>(text.size());
    return done;
  }

  Types chosen_types(const std::optional<std::string>& original) const {
    if (request_.format == "oci") return kOciTypes;
    if (request_.format == "v2s2") return kDockerTypes;
    if (!request_.format.empty())
      throw Error(ErrorKind::usage, format("--format '{}': not a format of manifests", request_.format))
          .with_hint("oci or v2s2");
    if (!original) return kOciTypes;
    return is_docker_type(parse_manifest(*original, "manifest").config.media_type) ? kDockerTypes : kOciTypes;
  }

  std::vector<Descriptor> send_layers(const std::vector<std::string>& chain_ids, const Types& types) {
    std::vector<Descriptor> blobs(chain_ids.size());
    std::vector<std::exception_ptr> problems(chain_ids.size());
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    const auto work = [&] {
      for (std::size_t i = 0; (i = next++) < chain_ids.size() && !failed;) {
        try {
          blobs[i] = send_layer(chain_ids[i], types);
        } catch (...) {
          problems[i] = std::current_exception();
          failed = true;
        }
      }
    };
    std::vector<std::jthread> workers;
    for (int i = 1; i < kParallelLayers; ++i) workers.emplace_back(work);
    work();
    workers.clear();
    for (const auto& problem : problems)
      if (problem) std::rethrow_exception(problem);
    return blobs;
  }

  Descriptor send_layer(const std::string& chain, const Types& types) {
    const auto meta = layers_.get(chain);
    const auto line = progress_.line(meta.diff_id.hex().substr(0, 12), 0);
    if (auto known = find_known(meta, types)) {
      line->state("Layer already exists");
      return *known;
    }
    auto kept = find_kept_blob(paths_, meta, is_docker_type(types.layer));
    PackedLayer packed = kept ? std::move(*kept) : pack_layer(paths_, meta, *line);
    if (!kept) packed.blob.media_type = types.layer;
    if (registry_->has_blob(repository_, packed.blob.digest)) {
      line->state("Layer already exists");
    } else {
      line->begin(packed.blob.size);
      registry_->upload_blob(repository_, packed.blob, packed.file.get(), *line);
      line->state("Pushed");
    }
    layers_.add_blob(chain, {destination_.name(), packed.blob.digest, static_cast<std::int64_t>(packed.blob.size),
                             packed.blob.media_type});
    return packed.blob;
  }

  // A form in which this registry is said to have the layer already, and has it.
  std::optional<Descriptor> find_known(const store::LayerMeta& meta, const Types& types) {
    for (const bool own : {true, false}) {
      for (const auto& blob : meta.blobs) {
        if (is_docker_type(blob.media_type) != is_docker_type(types.layer)) continue;
        const bool is_own = blob.repository == destination_.name();
        if (is_own != own || !blob.repository.starts_with(destination_.host + "/")) continue;
        const std::string there = blob.repository.substr(destination_.host.size() + 1);
        const bool found = registry_->has_blob(repository_, blob.digest) ||
                           (!is_own && registry_->mount_blob(repository_, blob.digest, there));
        if (!found) continue;
        if (!is_own) layers_.add_blob(meta.chain_id, {destination_.name(), blob.digest, blob.size, blob.media_type});
        Descriptor known;
        known.media_type = blob.media_type;
        known.digest = blob.digest;
        known.size = static_cast<std::uint64_t>(blob.size);
        return known;
      }
    }
    return std::nullopt;
  }

  void send_text(const std::string& text, const Digest& digest) {
    if (registry_->has_blob(repository_, digest)) return;
    const sys::UniqueFd file(::open(paths_.staging().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file) throw_errno("make a temporary file in '{}'", paths_.staging());
    sys::write_all(file.get(), text, "staging");
    Descriptor blob;
    blob.digest = digest;
    blob.size = text.size();
    const auto line = make_progress(/*quiet=*/true)->line("config", 0);
    registry_->upload_blob(repository_, blob, file.get(), *line);
  }

  static std::string build_manifest(const std::string& config, const std::string& id,
                                    const std::vector<Descriptor>& blobs, const Types& types) {
    Json layers = Json::array();
    for (const auto& blob : blobs)
      layers.push_back({{"mediaType", blob.media_type}, {"digest", blob.digest.str()}, {"size", blob.size}});
    return dump_json(
        Json{{"schemaVersion", 2},
             {"mediaType", types.manifest},
             {"config", {{"mediaType", types.config}, {"digest", "sha256:" + id}, {"size", config.size()}}},
             {"layers", std::move(layers)}});
  }

  static bool same_content(const std::string& original, const std::vector<Descriptor>& blobs, const Types& types) {
    const Manifest manifest = parse_manifest(original, "manifest");
    if (is_docker_type(manifest.config.media_type) != is_docker_type(types.config)) return false;
    return std::equal(manifest.layers.begin(), manifest.layers.end(), blobs.begin(), blobs.end(),
                      [](const Descriptor& a, const Descriptor& b) { return a.digest == b.digest; });
  }

  // Under this name the image has this digest now: inspect shows it, and a pull moves nothing.
  void remember(const std::string& id, const Digest& digest) {
    auto meta = images_.get(id);
    const std::string name = destination_.name() + "@" + digest.str();
    if (std::find(meta.repo_digests.begin(), meta.repo_digests.end(), name) != meta.repo_digests.end()) return;
    meta.repo_digests.push_back(name);
    images_.update(meta);
  }

  const store::Paths& paths_;
  const wire::ImageRequest& request_;
  Progress& progress_;
  const CredentialSource credentials_;
  store::ImageStore images_;
  store::LayerStore layers_;
  Registry* registry_ = nullptr;
  spec::Reference destination_;
  std::string repository_;
};

spec::Reference destination_of(const wire::ImageRequest& request, const ChosenImage& image) {
  if (!request.reference.empty()) return spec::with_defaults(spec::parse_reference(request.reference));
  if (image.tags.empty())
    throw Error(ErrorKind::usage, format("push '{}': an id does not say where to", request.names[0]))
        .with_hint("give a destination: lichen push ID REGISTRY/NAME:TAG");
  return spec::with_defaults(spec::parse_reference(image.tags[0]));
}

}  // namespace

wire::ImageResult push_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  if (request.names.size() != 1) throw_error(ErrorKind::usage, "push: one image is needed");
  const store::ImageStore images(paths);
  wire::ImageResult result;
  if (!request.all_tags) {
    const auto chosen = choose_images(images, request.names);
    const auto destination = destination_of(request, chosen[0]);
    progress.say(format("The push refers to repository [{}]", destination.name()));
    result.images.push_back(Pusher(paths, request, progress).push(chosen[0].id, destination));
    return result;
  }
  const auto wanted = spec::with_defaults(spec::parse_reference(request.names[0]));
  for (const auto& ref : images.refs()) {
    if (ref.name.host != wanted.host || ref.name.repository != wanted.repository) continue;
    spec::Reference destination = wanted;
    destination.tag = ref.name.tag;
    result.images.push_back(Pusher(paths, request, progress).push(ref.image_id, destination));
  }
  if (result.images.empty())
    throw_error(ErrorKind::not_found, "push --all-tags: there is no image called '{}'", wanted.name());
  return result;
}

}  // namespace lichen::image
