#include "libpod/image/load.hh"

#include <algorithm>
#include <filesystem>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/image/archive_members.hh"
#include "libpod/image/assemble.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/policy.hh"
#include "libpod/spec/reference.hh"
#include "libpod/sys/fs.hh"

namespace lichen::image {
namespace {

constexpr int kMaxIndexDepth = 3;

class Loader {
 public:
  Loader(const store::Paths& paths, const ArchiveMembers& members, const wire::ImageRequest& request,
         Progress& progress)
      : paths_(paths), members_(members), request_(request), progress_(progress) {}

  wire::ImageResult run() {
    check_policy();
    // Archives of newer docker hold both forms of the same images; only manifest.json has docker's names.
    if (members_.has("manifest.json"))
      load_manifest_file(members_.read("manifest.json", kMaxManifest));
    else if (members_.has("index.json"))
      load_index(members_.read("index.json", kMaxManifest), "index.json", "", 0);
    else
      throw Error(ErrorKind::invalid, "the archive holds no image: neither manifest.json nor index.json is in it")
          .with_hint(members_.has("repositories") ? "it is of a format older than docker 1.10"
                                                  : "a plain root file system is brought in with 'lichen import'");
    if (result_.images.empty()) throw_error(ErrorKind::invalid, "the archive holds no image");
    return std::move(result_);
  }

 private:
  // Before anything is read: what a policy says of places, not of names that an archive gives itself.
  void check_policy() const {
    const Policy policy = load_policy(request_);
    const std::string& input = request_.input;
    const bool piped = input.empty() || input == "-";
    const std::string path = piped ? "" : std::filesystem::absolute(input).lexically_normal().string();
    const bool directory = !piped && sys::is_directory(input);
    if (members_.has("manifest.json"))
      policy.require(directory ? PolicySubject{"dir", path} : PolicySubject{"docker-archive", ""});
    else
      policy.require({directory ? "oci" : "oci-archive", path});
  }

  // A list in docker's archives; in a directory of the tools around containers/image ("dir:") the image's own manifest.
  void load_manifest_file(const std::string& text) {
    const Json json =
        parse_json(text, "manifest.json", {.max_bytes = kMaxManifest, .max_depth = 32, .allow_duplicate_keys = false});
    if (json.is_array()) return load_docker(json);
    flat_ = true;
    load_document(text, "", "manifest.json", "", 0);
  }

  void load_docker(const Json& json) {
    for (const auto& item : JsonView(json, "manifest.json:").as_array()) {
      ImageSource source;
      source.config_text = members_.read(item.get_string("Config"), kMaxConfig);
      const auto facts = parse_config_facts(source.config_text, item.get_string("Config"));
      const auto names = item.get_strings("Layers");
      if (names.size() != facts.diff_ids.size())
        throw_error(ErrorKind::invalid, "manifest.json: it names {} layers, the config {}", names.size(),
                    facts.diff_ids.size());
      for (std::size_t i = 0; i < names.size(); ++i) source.layers.push_back(layer(names[i], facts.diff_ids[i], {}));
      take_in(source, item.get_strings("RepoTags"));
    }
  }

  // @param name  what the index above calls it
  void load_index(const std::string& text, const std::string& what, const std::string& name, int depth) {
    if (depth > kMaxIndexDepth) throw_error(ErrorKind::invalid, "{}: indexes within indexes", what);
    const Index index = parse_index(text, what);
    // The top one lists images; a deeper one lists forms of one image, of which one is wanted.
    if (depth > 0 && request_.names.empty())
      return load_descriptor(
          choose_platform(index, request_.platform.empty() ? host_platform() : parse_platform(request_.platform), what),
          name, depth);
    for (const auto& entry : index.manifests) {
      std::string called = entry.annotation("io.containerd.image.name");
      if (called.empty()) called = entry.annotation("org.opencontainers.image.ref.name");
      load_descriptor(entry, called, depth);
    }
  }

  void load_descriptor(const Descriptor& entry, const std::string& name, int depth) {
    const std::string what = entry.digest.str();
    if (entry.size > kMaxManifest)
      throw_error(ErrorKind::invalid, "manifest {}: {} bytes, more than the {} allowed", what, entry.size,
                  kMaxManifest);
    load_document(read_blob(entry, kMaxManifest), entry.media_type, what, name, depth);
  }

  void load_document(const std::string& text, const std::string& media_type, const std::string& what,
                     const std::string& name, int depth) {
    if (document_kind(text, media_type, what) == DocumentKind::index) return load_index(text, what, name, depth + 1);
    if (!is_wanted(what)) return;
    const Manifest manifest = parse_manifest(text, what);
    ImageSource source;
    source.config_text = read_blob(manifest.config, kMaxConfig);
    source.manifest_text = text;
    const auto facts = parse_config_facts(source.config_text, manifest.config.digest.str());
    if (manifest.layers.size() != facts.diff_ids.size())
      throw_error(ErrorKind::invalid, "manifest {}: it names {} layers, its config {}", what, manifest.layers.size(),
                  facts.diff_ids.size());
    for (std::size_t i = 0; i < manifest.layers.size(); ++i)
      source.layers.push_back(layer(blob_name(manifest.layers[i].digest), facts.diff_ids[i], manifest.layers[i]));
    // A bare word as ref.name is a tag without a repository (image-layout.md): it names nothing by itself.
    std::vector<std::string> names;
    if (name.find_first_of("/:") != std::string::npos && request_.names.empty()) names.push_back(name);
    take_in(source, names);
  }

  // Some are asked for by their digests, and nothing else is taken.
  bool is_wanted(const std::string& digest) const {
    const auto& wanted = request_.names;
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), digest) != wanted.end();
  }

  std::string blob_name(const Digest& digest) const {
    if (!flat_) return "blobs/" + digest.algorithm() + "/" + digest.hex();
    const std::string manifest = digest.hex() + ".manifest.json";
    return members_.has(manifest) ? manifest : digest.hex();
  }

  std::string read_blob(const Descriptor& descriptor, std::size_t limit) {
    const std::string text = members_.read(blob_name(descriptor.digest), limit);
    check_blob(descriptor, text, descriptor.digest.str());
    return text;
  }

  // `descriptor` has an empty digest in a docker-archive: there only the diff id vouches for the bytes.
  LayerSource layer(const std::string& name, const Digest& diff_id, const Descriptor& descriptor) {
    LayerSource source;
    source.title = diff_id.hex().substr(0, 12);
    source.diff_id = diff_id;
    source.blob_size = members_.size(name);
    if (!descriptor.digest.empty() && descriptor.size != source.blob_size)
      throw_error(ErrorKind::invalid, "blob {}: it has {} bytes, {} were promised", descriptor.digest.str(),
                  source.blob_size, descriptor.size);
    source.feed = [this, name, digest = descriptor.digest](const FeedSink& sink, ProgressLine& line) {
      const auto data = members_.open(name);
      std::optional<Hasher> hasher;
      if (!digest.empty()) hasher.emplace(digest.algorithm());
      for (Bytes next = data->peek(); !next.empty(); next = data->peek()) {
        if (hasher) hasher->update(next);
        line.add(next.size());
        if (!sink(next)) return;
        data->consume(next.size());
      }
      if (!hasher) return;
      if (const Digest found = hasher->finish(); found != digest)
        throw_error(ErrorKind::invalid, "blob {}: its digest is {}", digest.str(), found.str());
    };
    return source;
  }

  void take_in(const ImageSource& source, const std::vector<std::string>& names) {
    std::vector<spec::Reference> references;
    for (const auto& name : names) references.push_back(spec::parse_full_reference(name));
    const Assembled image = assemble_image(paths_, source, kParallelLayers - 1, progress_);
    store::ImageStore images(paths_);
    if (references.empty()) result_.images.push_back({image.id, "", "", image.fetched});
    for (const auto& reference : references) {
      if (!reference.tag.empty()) images.set_ref({reference.host, reference.repository, reference.tag}, image.id);
      result_.images.push_back({image.id, reference.str(), "", image.fetched});
    }
  }

  const store::Paths& paths_;
  const ArchiveMembers& members_;
  const wire::ImageRequest& request_;
  Progress& progress_;
  wire::ImageResult result_;
  bool flat_ = false;  // blobs lie beside the manifest
};

}  // namespace

wire::ImageResult load_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  const auto members = open_archive(paths, request.input);
  return Loader(paths, *members, request, progress).run();
}

}  // namespace lichen::image
