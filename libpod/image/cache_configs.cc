#include "libpod/image/cache_configs.hh"

#include <filesystem>

#include "libpod/base/error.hh"
#include "libpod/image/archive_members.hh"
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

constexpr int kMaxDepth = 2;
// All of them are held in memory, here and by who asks.
constexpr std::size_t kMaxImages = 500, kMaxTotal = 8u << 20;

// Where documents come from.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::string document(const Descriptor& what) = 0;  // a manifest or an index
  virtual std::string config(const Descriptor& what) = 0;
};

class RegistryPlace : public Place {
 public:
  RegistryPlace(Registry& registry, std::string repository) : registry_(registry), repository_(std::move(repository)) {}
  std::string document(const Descriptor& what) override {
    return registry_.manifest(repository_, what.digest.str()).text;
  }
  std::string config(const Descriptor& what) override { return registry_.blob(repository_, what, kMaxConfig); }

 private:
  Registry& registry_;
  const std::string repository_;
};

class DirectoryPlace : public Place {
 public:
  explicit DirectoryPlace(const ArchiveMembers& members) : members_(members) {}
  std::string document(const Descriptor& what) override { return read(what, kMaxManifest); }
  std::string config(const Descriptor& what) override { return read(what, kMaxConfig); }

 private:
  std::string read(const Descriptor& what, std::size_t limit) const {
    return members_.read("blobs/" + what.digest.algorithm() + "/" + what.digest.hex(), limit);
  }
  const ArchiveMembers& members_;
};

class Collector {
 public:
  explicit Collector(Place& place) : place_(place) {}

  void collect(const std::string& text, const std::string& media_type, const Digest& digest, int depth) {
    if (document_kind(text, media_type, "manifest") == DocumentKind::index) {
      if (depth > kMaxDepth) throw_error(ErrorKind::invalid, "index {}: indexes within indexes", digest.str());
      for (const auto& entry : parse_index(text, "index").manifests) {
        if (entry.size > kMaxManifest)
          throw_error(ErrorKind::invalid, "manifest {}: {} bytes", entry.digest.str(), entry.size);
        const std::string inner = place_.document(entry);
        check_blob(entry, inner, "manifest " + entry.digest.str());
        collect(inner, entry.media_type, entry.digest, depth + 1);
      }
      return;
    }
    const Manifest manifest = parse_manifest(text, "manifest");
    const std::string config = place_.config(manifest.config);
    check_blob(manifest.config, config, "configuration " + manifest.config.digest.str());
    total_ += config.size();
    if (documents.size() == kMaxImages || total_ > kMaxTotal)
      throw_error(ErrorKind::invalid, "it is too large: more than {} images, or {} bytes of configurations", kMaxImages,
                  kMaxTotal);
    documents.push_back(Json{{"digest", digest.str()}, {"config", config}});
  }

  std::vector<Json> documents;

 private:
  Place& place_;
  std::size_t total_ = 0;
};

std::vector<Json> of_directory(const store::Paths& paths, const wire::ImageRequest& request) {
  const std::string path = std::filesystem::absolute(request.input).lexically_normal().string();
  load_policy(request).require({"oci", path});
  const auto members = open_archive(paths, request.input);
  DirectoryPlace place(*members);
  Collector collector(place);
  const std::string index = members->read("index.json", kMaxManifest);
  collector.collect(index, "", sha256(index), 0);
  return std::move(collector.documents);
}

std::vector<Json> of_registry(const wire::ImageRequest& request) {
  const auto reference = spec::with_defaults(spec::parse_reference(request.names.at(0)));
  load_policy(request).require({"docker", reference.str()});
  const CredentialSource credentials(request);
  const auto endpoint = load_registries(request).endpoints(reference).back();
  Registry registry(registry_options(request, endpoint), credentials);
  const auto document =
      registry.manifest(endpoint.repository, reference.digest.empty() ? reference.tag : reference.digest.str());
  RegistryPlace place(registry, endpoint.repository);
  Collector collector(place);
  collector.collect(document.text, document.content_type, document.digest, 0);
  return std::move(collector.documents);
}

}  // namespace

wire::ImageResult list_configs(const store::Paths& paths, const wire::ImageRequest& request, Progress&) {
  wire::ImageResult result;
  result.documents = request.input.empty() ? of_registry(request) : of_directory(paths, request);
  return result;
}

}  // namespace lichen::image
