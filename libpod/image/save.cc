#include "libpod/image/save.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/image/archive_writer.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/journal.hh"
#include "libpod/image/manifest.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"

namespace lichen::image {
namespace {

struct Chosen {
  std::string id;
  std::vector<std::string> tags;  // full names
};

// A name of the store, or an id: short names mean docker.io or what was built here.
std::optional<std::pair<std::string, std::string>> find_named(const store::ImageStore& images,
                                                              const std::string& text) {
  spec::Reference typed;
  try {
    typed = spec::parse_reference(text);
  } catch (const Error&) {
    return std::nullopt;
  }
  std::vector<spec::Reference> candidates{spec::with_defaults(typed)};
  if (typed.is_short()) {
    typed.host = "localhost";
    candidates.push_back(spec::with_defaults(typed));
  }
  for (const auto& reference : candidates) {
    if (!reference.tag.empty()) {
      if (const auto id = images.resolve({reference.host, reference.repository, reference.tag}))
        return std::pair{*id, reference.str()};
      continue;
    }
    const std::string wanted = reference.name() + "@" + reference.digest.str();
    for (const auto& id : images.list()) {
      try {
        const auto digests = images.get(id).repo_digests;
        if (std::find(digests.begin(), digests.end(), wanted) != digests.end()) return std::pair{id, std::string()};
      } catch (const Error&) {  // a damaged image has no names
      }
    }
  }
  return std::nullopt;
}

std::vector<Chosen> choose(const store::ImageStore& images, const std::vector<std::string>& names) {
  std::vector<Chosen> chosen;
  for (const auto& name : names) {
    std::string id, tag;
    if (const auto found = find_named(images, name)) {
      std::tie(id, tag) = *found;
    } else {
      const auto ids = images.find_by_prefix(name.starts_with("sha256:") ? name.substr(7) : name);
      if (ids.empty())
        throw Error(ErrorKind::not_found, format("image '{}': there is no such image", name))
            .with_hint("'lichen images' lists what there is");
      if (ids.size() > 1)
        throw_error(ErrorKind::conflict, "image '{}': {} images have ids that begin so", name, ids.size());
      id = ids.front();
    }
    auto known = std::find_if(chosen.begin(), chosen.end(), [&](const Chosen& one) { return one.id == id; });
    if (known == chosen.end()) known = chosen.insert(chosen.end(), Chosen{id, {}});
    if (!tag.empty() && std::find(known->tags.begin(), known->tags.end(), tag) == known->tags.end())
      known->tags.push_back(tag);
  }
  return chosen;
}

class Saver {
 public:
  Saver(const store::Paths& paths, ArchiveWriter& out, Progress& progress)
      : paths_(paths), images_(paths), layers_(paths), out_(out), progress_(progress) {}

  void docker_archive(const std::vector<Chosen>& chosen) {
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

  void oci(const std::vector<Chosen>& chosen) {
    out_.add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    Json entries = Json::array();
    for (const auto& image : chosen) {
      const std::string text =
          dump_json(build_manifest(image.id, "blobs/sha256/", kOciManifest, kOciConfig, kOciLayer));
      const Digest digest = sha256(text);
      add_once("blobs/sha256/" + digest.hex(), text);
      Json entry{{"mediaType", kOciManifest}, {"digest", digest.str()}, {"size", text.size()}};
      if (image.tags.empty()) entries.push_back(entry);
      for (const auto& tag : image.tags) {
        entry["annotations"] = Json{{"io.containerd.image.name", tag}, {"org.opencontainers.image.ref.name", tag}};
        entries.push_back(entry);
      }
    }
    out_.add("index.json",
             dump_json(Json{{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", std::move(entries)}}));
  }

  // The `dir:` form of containers/image: blobs by their bare digests, the manifest beside them.
  void docker_directory(const Chosen& image) {
    const std::string text = dump_json(build_manifest(image.id, "", kDockerManifest, kDockerConfig, kDockerLayer));
    out_.add("version", "Directory Transport Version: 1.1\n");
    out_.add("manifest.json", text);
  }

 private:
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

  Json build_manifest(const std::string& id, const std::string& folder, std::string_view type,
                      std::string_view config_type, std::string_view layer_type) {
    const std::string config = images_.config_text(id);
    add_once(folder + id, config);
    Json layers = Json::array();
    for (const auto& chain : images_.get(id).chain_ids) {
      add_layer(chain, folder, "");
      const auto meta = layers_.get(chain);
      layers.push_back(Json{{"mediaType", layer_type}, {"digest", meta.diff_id.str()}, {"size", meta.tar_size}});
    }
    return Json{{"schemaVersion", 2},
                {"mediaType", type},
                {"config", {{"mediaType", config_type}, {"digest", "sha256:" + id}, {"size", config.size()}}},
                {"layers", std::move(layers)}};
  }

  const store::Paths& paths_;
  const store::ImageStore images_;
  const store::LayerStore layers_;
  ArchiveWriter& out_;
  Progress& progress_;
  std::set<std::string> done_;
};

}  // namespace

wire::ImageResult save_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  if (request.names.empty()) throw_error(ErrorKind::usage, "save: an image is needed");
  if (request.compress) throw_error(ErrorKind::unsupported, "save --compress: not done yet");
  const std::string kind = request.format.empty() ? "docker-archive" : request.format;
  const bool to_directory = kind == "oci-dir" || kind == "docker-dir";
  if (!to_directory && kind != "docker-archive" && kind != "oci-archive")
    throw Error(ErrorKind::usage, format("save: unknown format '{}'", kind))
        .with_hint("docker-archive, oci-archive, docker-dir or oci-dir");
  const auto chosen = choose(store::ImageStore(paths), request.names);
  if (to_directory && (request.output.empty() || request.output == "-"))
    throw_error(ErrorKind::usage, "save: format '{}' needs a directory, given with -o", kind);
  if (kind == "docker-dir" && chosen.size() != 1)
    throw_error(ErrorKind::usage, "save: format 'docker-dir' holds one image");
  const auto out = to_directory ? make_directory_writer(request.output) : make_tar_writer(request.output);
  Saver saver(paths, *out, progress);
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
