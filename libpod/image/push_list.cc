#include "libpod/image/push_list.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/image/chosen_images.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/policy.hh"
#include "libpod/image/registry_choice.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>

namespace lichen::image {
namespace {

// An image that only another registry has.
class Copier {
 public:
  Copier(const store::Paths& paths, const wire::ImageRequest& request, const CredentialSource& credentials,
         Progress& progress, ImagePusher& images, const ListTarget& target)
      : paths_(paths),
        request_(request),
        credentials_(credentials),
        progress_(progress),
        images_(images),
        target_(target) {}

  void copy(const store::ListEntry& entry) {
    const auto reference = spec::with_defaults(spec::parse_reference(entry.source + "@" + entry.digest.str()));
    const bool is_own = reference.name() == target_.destination.name();
    if (is_own) return;  // it is where it should be
    load_policy(request_).require({"docker", reference.str()});
    const auto endpoint = load_registries(request_).endpoints(reference).back();
    Registry source(registry_options(request_, endpoint), credentials_);
    const auto document = source.manifest(endpoint.repository, entry.digest.str());
    const Manifest manifest = parse_manifest(document.text, "manifest");
    const bool same_registry = reference.host == target_.destination.host;
    images_.send_text(source.blob(endpoint.repository, manifest.config, kMaxConfig), manifest.config.digest);
    for (const auto& layer : manifest.layers) copy_blob(source, endpoint.repository, layer, same_registry);
    target_.registry.put_manifest(target_.repository, entry.digest.str(), document.text, manifest.media_type);
  }

 private:
  void copy_blob(Registry& source, const std::string& from, const Descriptor& blob, bool same_registry) {
    const auto line = progress_.line(blob.digest.hex().substr(0, 12), blob.size);
    if (target_.registry.has_blob(target_.repository, blob.digest) ||
        (same_registry && target_.registry.mount_blob(target_.repository, blob.digest, from)))
      return line->state("Layer already exists");
    const sys::UniqueFd file(::open(paths_.staging().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file) throw_errno("make a temporary file in '{}'", paths_.staging());
    const FeedSink keep = [&](Bytes data) {
      sys::write_all(file.get(), {reinterpret_cast<const char*>(data.data()), data.size()}, "staging");
      return true;
    };
    source.stream_blob(from, blob, keep, *line);
    line->begin(blob.size);
    target_.registry.upload_blob(target_.repository, blob, file.get(), *line);
    line->state("Pushed");
  }

  const store::Paths& paths_;
  const wire::ImageRequest& request_;
  const CredentialSource& credentials_;
  Progress& progress_;
  ImagePusher& images_;
  const ListTarget& target_;
};

store::ListEntry entry_of(const Descriptor& descriptor, const std::string& source) {
  store::ListEntry entry;
  entry.source = source;
  entry.media_type = descriptor.media_type;
  entry.digest = descriptor.digest;
  entry.size = static_cast<std::int64_t>(descriptor.size);
  if (descriptor.platform) entry.platform = *descriptor.platform;
  for (const auto& [key, value] : descriptor.annotations) entry.annotations[key] = value;
  return entry;
}

// The manifest that an image came with, else one that names its layers as they are.
std::string local_manifest(const store::ImageStore& images, const store::LayerStore& layers, const std::string& id) {
  if (auto text = images.manifest_text(id)) return *std::move(text);
  Json blobs = Json::array();
  for (const auto& chain : images.get(id).chain_ids) {
    const auto meta = layers.get(chain);
    blobs.push_back({{"mediaType", kOciLayer}, {"digest", meta.diff_id.str()}, {"size", meta.tar_size}});
  }
  const Json config{{"mediaType", kOciConfig}, {"digest", "sha256:" + id}, {"size", images.config_text(id).size()}};
  return dump_json(
      Json{{"schemaVersion", 2}, {"mediaType", kOciManifest}, {"config", config}, {"layers", std::move(blobs)}});
}

class Describer {
 public:
  Describer(const store::Paths& paths, const wire::ImageRequest& request)
      : paths_(paths), request_(request), credentials_(request), images_(paths), layers_(paths) {}

  std::vector<store::ListEntry> describe(const std::string& name) {
    constexpr std::string_view kRemote = "docker://", kLocal = "containers-storage:";
    if (name.starts_with(kRemote)) return remote(name.substr(kRemote.size()));
    if (name.starts_with(kLocal)) return *local(name.substr(kLocal.size()), true);
    for (const std::string_view other : {"dir:", "oci:", "oci-archive:", "docker-archive:", "docker-daemon:"})
      if (name.starts_with(other))
        throw Error(ErrorKind::unsupported, format("manifest: '{}' is no image of this store or of a registry", name))
            .with_hint("load it first: lichen load -i PATH");
    if (auto entries = local(name, false)) return *entries;
    if (spec::parse_reference(name).host == "localhost")  // where names of what was made here begin
      throw Error(ErrorKind::not_found, format("image '{}': there is no such image", name))
          .with_hint("'lichen images' lists what there is; docker://localhost/NAME is one of a registry");
    return remote(name);
  }

  FetchedManifest fetch(const std::string& name, spec::Reference& found) {
    const auto registries = load_registries(request_);
    const auto candidates = registries.candidates(spec::parse_reference(name));
    for (std::size_t i = 0;; ++i) {
      found = candidates.at(i);
      const auto endpoint = registries.endpoints(found).back();
      registry_ = std::make_unique<Registry>(registry_options(request_, endpoint), credentials_);
      repository_ = endpoint.repository;
      try {
        return registry_->manifest(repository_, found.digest.empty() ? found.tag : found.digest.str());
      } catch (const Error& error) {
        if (i + 1 == candidates.size() || error.kind() != ErrorKind::not_found) throw;
      }
    }
  }

 private:
  std::optional<std::vector<store::ListEntry>> local(const std::string& name, bool must) {
    if (const auto list = choose_list(paths_, name)) {
      const auto record = store::ListStore(paths_).get(list->id);
      if (request_.all_platforms) return record.entries;
      const auto* best = store::best_local_entry(record, wanted());
      if (best == nullptr)
        throw_error(ErrorKind::not_found, "manifest list '{}': nothing for {}", name, wanted().str());
      return std::vector{*best};
    }
    std::string id;
    try {
      id = choose_images(paths_, {name})[0].id;
    } catch (const Error& error) {
      if (must || error.kind() != ErrorKind::not_found) throw;
      return std::nullopt;
    }
    const auto config = images_.config(id);
    const std::string text = local_manifest(images_, layers_, id);
    store::ListEntry entry;
    entry.image_id = id;
    entry.media_type = parse_manifest(text, "manifest of image " + short_id(id)).media_type;
    entry.digest = sha256(text);
    entry.size = static_cast<std::int64_t>(text.size());
    entry.platform = {config.os, config.architecture, config.variant};
    return std::vector{entry};
  }

  std::vector<store::ListEntry> remote(const std::string& name) {
    spec::Reference reference;
    const auto document = fetch(name, reference);
    if (document_kind(document.text, document.content_type, "manifest") == DocumentKind::index) {
      const Index index = parse_index(document.text, "index");
      if (!request_.all_platforms) return {entry_of(choose_platform(index, wanted(), "index"), reference.name())};
      std::vector<store::ListEntry> entries;
      for (const auto& one : index.manifests) entries.push_back(entry_of(one, reference.name()));
      return entries;
    }
    const Manifest manifest = parse_manifest(document.text, "manifest");
    Descriptor descriptor;
    descriptor.media_type = manifest.media_type;
    descriptor.digest = document.digest;
    descriptor.size = document.text.size();
    descriptor.platform =
        parse_config_facts(registry_->blob(repository_, manifest.config, kMaxConfig), "config").platform;
    return {entry_of(descriptor, reference.name())};
  }

  spec::Platform wanted() const {
    return request_.platform.empty() ? spec::host_platform() : spec::parse_platform(request_.platform);
  }

  const store::Paths& paths_;
  const wire::ImageRequest& request_;
  const CredentialSource credentials_;
  store::ImageStore images_;
  store::LayerStore layers_;
  std::unique_ptr<Registry> registry_;
  std::string repository_;
};

}  // namespace

Descriptor push_list(const store::Paths& paths, const wire::ImageRequest& request, const CredentialSource& credentials,
                     Progress& progress, ImagePusher& images, const ListTarget& target, const std::string& id) {
  store::ListStore lists(paths);
  auto record = lists.get(id);
  if (!request.list_only) {
    Copier copier(paths, request, credentials, progress, images, target);
    for (auto& entry : record.entries) {
      if (entry.image_id.empty()) {
        copier.copy(entry);
        continue;
      }
      const Descriptor pushed = images.push(entry.image_id, "");
      entry.media_type = pushed.media_type;
      entry.digest = pushed.digest;
      entry.size = static_cast<std::int64_t>(pushed.size);
    }
  }
  const bool docker = target.options.format == "v2s2";
  const std::string text = dump_json(store::index_document(record, docker));
  Descriptor index;
  index.media_type = docker ? kDockerList : kOciIndex;
  index.digest = sha256(text);
  index.size = text.size();
  const std::string& tag = target.destination.tag;
  target.registry.put_manifest(target.repository, tag.empty() ? index.digest.str() : tag, text, index.media_type);
  const auto lock = lists.hold(id);
  auto now = lists.get(id);
  const std::string name = target.destination.name() + "@" + index.digest.str();
  if (std::find(now.repo_digests.begin(), now.repo_digests.end(), name) == now.repo_digests.end()) {
    now.repo_digests.push_back(name);
    lists.update(now);
  }
  return index;
}

wire::ImageResult describe_images(const store::Paths& paths, const wire::ImageRequest& request, Progress&) {
  wire::ImageResult result;
  Describer describer(paths, request);
  for (const auto& name : request.names) {
    Json entries = Json::array();
    for (const auto& entry : describer.describe(name)) entries.push_back(store::to_json(entry));
    result.documents.push_back(std::move(entries));
  }
  return result;
}

wire::ImageResult fetch_manifest(const store::Paths& paths, const wire::ImageRequest& request, Progress&) {
  wire::ImageResult result;
  Describer describer(paths, request);
  spec::Reference found;
  result.documents.push_back(Json{{"text", describer.fetch(request.names.at(0), found).text}});
  return result;
}

}  // namespace lichen::image
