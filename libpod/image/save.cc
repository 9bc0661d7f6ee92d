#include "libpod/image/save.hh"

#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/image/archive_writer.hh"
#include "libpod/image/chosen_images.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/journal.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/packed_layer.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/store/list_store.hh"

#include <unistd.h>

namespace lichen::image {
namespace {

class Saver {
 public:
  Saver(const store::Paths& paths, ArchiveWriter& out, Progress& progress, bool compress)
      : paths_(paths), images_(paths), layers_(paths), out_(out), progress_(progress), compress_(compress) {}

  void docker_archive(const std::vector<ChosenImage>& chosen) {
    Json manifest = Json::array();
    for (const auto& image : chosen) {
      Json names = Json::array();
      for (const auto& chain : images_.get(image.id).chain_ids) names.push_back(add_layer(chain, "", ".tar"));
      add_once(image.id + ".json", images_.config_text(image.id));
      Json tags = Json::array();
      for (const auto& tag : image.tags) tags.push_back(spec::familiar_name(spec::parse_reference(tag)));
      manifest.push_back(
          Json{{"Config", image.id + ".json"}, {"RepoTags", std::move(tags)}, {"Layers", std::move(names)}});
    }
    out_.add("manifest.json", dump_json(manifest));
  }

  void oci(const std::vector<ChosenImage>& chosen) {
    out_.add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    Json entries = Json::array();
    for (const auto& image : chosen) {
      Json entry = add_oci_manifest(image.id);
      if (image.tags.empty()) entries.push_back(entry);
      for (const auto& tag : image.tags) {
        entry["annotations"] = Json{{"io.containerd.image.name", tag}, {"org.opencontainers.image.ref.name", tag}};
        entries.push_back(entry);
      }
    }
    out_.add("index.json",
             dump_json(Json{{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", std::move(entries)}}));
  }

  // A manifest list with all its images, as one entry.
  void oci_list(store::ListRecord record, const std::string& name) {
    out_.add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    for (auto& entry : record.entries) {
      if (entry.image_id.empty())
        throw Error(ErrorKind::not_found,
                    format("manifest list '{}': its image {} is not here", name, entry.digest.str()))
            .with_hint(
                format("fetch it: lichen pull {}@{}, then add it to the list", entry.source, entry.digest.str()));
      const Json manifest = add_oci_manifest(entry.image_id);
      entry.media_type = kOciManifest;
      entry.digest = *Digest::parse(manifest["digest"].get<std::string>());
      entry.size = manifest["size"].get<std::int64_t>();
    }
    const std::string text = dump_json(store::index_document(record, /*docker=*/false));
    const Digest digest = sha256(text);
    add_once("blobs/sha256/" + digest.hex(), text);
    Json top{{"mediaType", kOciIndex}, {"digest", digest.str()}, {"size", text.size()}};
    if (!name.empty()) top["annotations"] = Json{{"org.opencontainers.image.ref.name", name}};
    out_.add("index.json", dump_json(Json{{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", {top}}}));
  }

  // The `dir:` form of containers/image: blobs by their bare digests, the manifest beside them.
  void docker_directory(const ChosenImage& image) {
    const std::string text = dump_json(build_manifest(image.id, "", kDockerManifest, kDockerConfig, kDockerLayer));
    out_.add("version", "Directory Transport Version: 1.1\n");
    out_.add("manifest.json", text);
  }

 private:
  // @return the manifest's descriptor
  Json add_oci_manifest(const std::string& id) {
    const std::string text = dump_json(build_manifest(id, "blobs/sha256/", kOciManifest, kOciConfig, kOciLayer));
    const Digest digest = sha256(text);
    add_once("blobs/sha256/" + digest.hex(), text);
    return Json{{"mediaType", kOciManifest}, {"digest", digest.str()}, {"size", text.size()}};
  }

  void add_once(const std::string& name, const std::string& text) {
    if (done_.insert(name).second) out_.add(name, text);
  }

  // @return the member's name
  std::string add_layer(const std::string& chain, const std::string& before, const std::string& after) {
    const auto meta = layers_.get(chain);
    const std::string name = before + meta.diff_id.hex() + after;
    if (!done_.insert(name).second) return name;
    if (!meta.has_journal)
      throw_error(ErrorKind::unsupported,
                  "layer '{}' has no journal: saving layers that were committed here is not done yet", short_id(chain));
    const auto line = progress_.line(meta.diff_id.hex().substr(0, 12), static_cast<std::uint64_t>(meta.tar_size));
    Hasher hasher;
    out_.add(name, static_cast<std::uint64_t>(meta.tar_size), [&](const ByteSink& sink) {
      rebuild_tar(paths_.layer(chain), [&](Bytes data) {
        hasher.update(data);
        line->add(data.size());
        sink(data);
      });
    });
    if (const Digest found = hasher.finish(); found != meta.diff_id)
      throw Error(ErrorKind::invalid, format("layer '{}' is damaged: its tar has digest {}, not {}", short_id(chain),
                                             found.str(), meta.diff_id.str()))
          .with_hint("run 'lichen system check --repair', then pull or load the image again");
    line->state("done");
    return name;
  }

  // @return the layer's descriptor
  Json add_compressed(const std::string& chain, const std::string& folder, const std::string& type) {
    const auto meta = layers_.get(chain);
    const auto line = progress_.line(meta.diff_id.hex().substr(0, 12), 0);
    const PackedLayer packed = pack_layer(paths_, meta, {}, *line);
    const std::string name = folder + packed.blob.digest.hex();
    if (done_.insert(name).second)
      out_.add(name, packed.blob.size, [&](const ByteSink& sink) { read_back(packed.file.get(), sink); });
    line->state("done");
    return Json{{"mediaType", type}, {"digest", packed.blob.digest.str()}, {"size", packed.blob.size}};
  }

  static void read_back(int file, const ByteSink& sink) {
    std::vector<std::uint8_t> buffer(1u << 16);
    off_t at = 0;
    for (;;) {
      const ssize_t count = ::pread(file, buffer.data(), buffer.size(), at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno("read a compressed layer");
      if (count == 0) return;
      sink({buffer.data(), static_cast<std::size_t>(count)});
      at += count;
    }
  }

  Json build_manifest(const std::string& id, const std::string& folder, std::string_view type,
                      std::string_view config_type, std::string_view layer_type) {
    const std::string config = images_.config_text(id);
    add_once(folder + id, config);
    Json layers = Json::array();
    for (const auto& chain : images_.get(id).chain_ids) {
      if (compress_) {
        layers.push_back(add_compressed(chain, folder, std::string(layer_type) + ".gzip"));
        continue;
      }
      add_layer(chain, folder, "");
      const auto meta = layers_.get(chain);
      layers.push_back(Json{{"mediaType", layer_type}, {"digest", meta.diff_id.str()}, {"size", meta.tar_size}});
    }
    Json manifest{{"schemaVersion", 2},
                  {"mediaType", type},
                  {"config", {{"mediaType", config_type}, {"digest", "sha256:" + id}, {"size", config.size()}}},
                  {"layers", std::move(layers)}};
    if (const auto original = images_.manifest_text(id); original && type == kOciManifest) {
      const Json before = parse_json(*original, "manifest");
      if (before.contains("annotations")) manifest["annotations"] = before["annotations"];
    }
    return manifest;
  }

  const store::Paths& paths_;
  const store::ImageStore images_;
  const store::LayerStore layers_;
  ArchiveWriter& out_;
  Progress& progress_;
  const bool compress_;
  std::set<std::string> done_;
};

// The name that `push` gives an image in another place. In OCI's it may be a bare tag (image-spec image-layout.md).
std::string archive_name(const std::string& text, const std::string& kind) {
  if (kind != "docker-archive" && spec::is_valid_tag(text)) return text;
  return spec::parse_full_reference(text).str();
}

wire::ImageResult save_list(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  const auto list = choose_list(paths, request.names.at(0));
  if (!list) throw_error(ErrorKind::not_found, "'{}': there is no such manifest list", request.names[0]);
  if (request.format != "oci-archive" && request.format != "oci-dir")
    throw Error(ErrorKind::unsupported, format("a manifest list cannot be written as '{}'", request.format))
        .with_hint("oci-archive:FILE and oci:DIRECTORY hold images for several platforms");
  const auto out =
      request.format == "oci-dir" ? make_directory_writer(request.output) : make_tar_writer(request.output);
  const std::string name = request.reference.empty() ? list->tag : archive_name(request.reference, request.format);
  Saver(paths, *out, progress, false).oci_list(store::ListStore(paths).get(list->id), name);
  out->finish();
  wire::ImageResult result;
  result.images.push_back({list->id, name, "", false});
  return result;
}

}  // namespace

wire::ImageResult save_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  if (request.names.empty()) throw_error(ErrorKind::usage, "save: an image is needed");
  if (request.all_platforms) return save_list(paths, request, progress);
  const std::string kind = request.format.empty() ? "docker-archive" : request.format;
  const bool to_directory = kind == "oci-dir" || kind == "docker-dir";
  if (!to_directory && kind != "docker-archive" && kind != "oci-archive")
    throw Error(ErrorKind::usage, format("save: unknown format '{}'", kind))
        .with_hint("docker-archive, oci-archive, docker-dir or oci-dir");
  auto chosen = choose_images(paths, request.names, request.platform);
  if (!request.reference.empty()) chosen.front().tags = {archive_name(request.reference, kind)};
  if (to_directory && (request.output.empty() || request.output == "-"))
    throw_error(ErrorKind::usage, "save: format '{}' needs a directory, given with -o", kind);
  if (request.compress && kind != "docker-dir")  // podman's rule: archives hold layers as they are
    throw Error(ErrorKind::usage, "save: --compress is for the format docker-dir")
        .with_hint("add --format docker-dir -o DIRECTORY");
  if (kind == "docker-dir" && chosen.size() != 1)
    throw_error(ErrorKind::usage, "save: format 'docker-dir' holds one image");
  const auto out = to_directory ? make_directory_writer(request.output) : make_tar_writer(request.output);
  Saver saver(paths, *out, progress, request.compress);
  if (kind == "docker-archive")
    saver.docker_archive(chosen);
  else if (kind == "docker-dir")
    saver.docker_directory(chosen.front());
  else
    saver.oci(chosen);
  out->finish();
  wire::ImageResult result;
  for (const auto& image : chosen)
    result.images.push_back({image.id, image.tags.empty() ? "" : image.tags.front(), "", false});
  return result;
}

}  // namespace lichen::image
