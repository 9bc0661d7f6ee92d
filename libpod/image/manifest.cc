#include "libpod/image/manifest.hh"

#include <algorithm>
#include <array>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/http.hh"
#include "libpod/image/limits.hh"

namespace lichen::image {
namespace {

constexpr std::size_t kMaxIndexEntries = 10'000;
constexpr std::string_view kSchema1 = "application/vnd.docker.distribution.manifest.v1";

Json parse_strict(std::string_view text, std::string_view what) {
  return parse_json(text, what, {.max_bytes = kMaxManifest, .max_depth = 32, .allow_duplicate_keys = false});
}

[[noreturn]] void refuse(std::string_view what, const std::string& why) {
  throw_error(ErrorKind::invalid, "{}: {}", what, why);
}

std::optional<DocumentKind> kind_of_type(std::string_view media_type) {
  if (media_type == kOciManifest || media_type == kDockerManifest) return DocumentKind::manifest;
  if (media_type == kOciIndex || media_type == kDockerList) return DocumentKind::index;
  return std::nullopt;
}

}  // namespace

std::string Descriptor::annotation(std::string_view key) const {
  for (const auto& [name, value] : annotations)
    if (name == key) return value;
  return "";
}

Descriptor parse_descriptor(const JsonView& view) {
  Descriptor descriptor;
  if (!view.raw().is_object()) throw_error(ErrorKind::invalid, "{} must be an object", view.path());
  descriptor.media_type = view.get_string("mediaType");
  const std::string text = view.get_string("digest");
  const auto digest = Digest::parse(text);
  if (!digest)
    throw_error(ErrorKind::invalid, "{}: '{}' is not a digest", view.at("digest").path(),
                printable(text.substr(0, 160)));
  descriptor.digest = *digest;
  if (!view.has("size")) throw_error(ErrorKind::invalid, "{} is missing", view.at("size").path());
  const std::int64_t size = view.get_int("size");
  if (size < 0) throw_error(ErrorKind::invalid, "{} must not be negative", view.at("size").path());
  descriptor.size = static_cast<std::uint64_t>(size);
  if (view.has("platform")) {
    const JsonView platform = view.at("platform");
    descriptor.platform =
        Platform{platform.get_string("os"), platform.get_string("architecture"), platform.get_string("variant")};
  }
  for (const auto& [key, value] : view.at("annotations").as_object())
    descriptor.annotations.emplace_back(key, value.as_string());
  // image-spec descriptor.md: embedded data must be what digest and size say. It is checked and not used.
  if (view.has("data")) {
    const auto data = base64_decode(view.get_string("data"));
    if (!data) throw_error(ErrorKind::invalid, "{} is not base64", view.at("data").path());
    check_blob(descriptor, *data, view.at("data").path());
  }
  return descriptor;
}

void check_blob(const Descriptor& descriptor, std::string_view text, std::string_view what) {
  if (text.size() != descriptor.size)
    refuse(what, format("it has {} bytes, {} were promised", text.size(), descriptor.size));
  if (const Digest digest = digest_like(descriptor.digest, text); digest != descriptor.digest)
    refuse(what, format("its digest is {}, {} was promised", digest.str(), descriptor.digest.str()));
}

DocumentKind document_kind(std::string_view text, std::string_view content_type, std::string_view what) {
  const Json json = parse_strict(text, what);
  const JsonView view(json, std::string(what) + ":");
  if (!json.is_object()) refuse(what, "not an object");
  const auto version = view.find_int("schemaVersion");
  if (version == 1 || content_type.starts_with(kSchema1))
    throw Error(ErrorKind::unsupported, format("{}: an image of docker's schema 1", what))
        .with_hint("that format is gone since 2020; push the image again with a current tool");
  if (version != 2) refuse(what, "schemaVersion must be 2");
  const bool has_manifests = json.contains("manifests");
  const bool has_layers = json.contains("layers") || json.contains("config");
  if (json.contains("fsLayers") || (has_manifests && has_layers)) refuse(what, "it is a manifest and an index at once");
  if (!has_manifests && !json.contains("layers")) refuse(what, "it is neither a manifest nor an index");
  const DocumentKind kind = has_manifests ? DocumentKind::index : DocumentKind::manifest;
  const std::string media_type = view.get_string("mediaType");
  const std::string sent(trim(content_type.substr(0, content_type.find(';'))));
  for (const std::string& type : {media_type, sent}) {
    const auto said = kind_of_type(type);
    if (said && *said != kind) refuse(what, format("it calls itself '{}' and is not", type));
  }
  if (!media_type.empty() && !kind_of_type(media_type))
    throw_error(ErrorKind::unsupported, "{}: media type '{}'", what, printable(media_type));
  if (!media_type.empty() && kind_of_type(sent) && media_type != sent)
    refuse(what, format("it calls itself '{}', the sender '{}'", printable(media_type), printable(sent)));
  return kind;
}

Manifest parse_manifest(std::string_view text, std::string_view what) {
  if (document_kind(text, "", what) != DocumentKind::manifest) refuse(what, "an index where a manifest should be");
  const Json json = parse_strict(text, what);
  const JsonView view(json, std::string(what) + ":");
  Manifest manifest;
  manifest.media_type = view.get_string("mediaType");
  manifest.config = parse_descriptor(view.at("config"));
  const std::string& config_type = manifest.config.media_type;
  if (config_type != kOciConfig && config_type != kDockerConfig)
    throw Error(ErrorKind::unsupported,
                format("{}: its config is '{}', not that of an image", what, printable(config_type)))
        .with_hint("it is an artifact of another kind (a chart, a signature, a model), which cannot be run");
  if (manifest.media_type.empty()) manifest.media_type = config_type == kDockerConfig ? kDockerManifest : kOciManifest;
  if (manifest.config.size > kMaxConfig)
    refuse(what, format("a config of {} bytes, more than the {} allowed", manifest.config.size, kMaxConfig));
  const auto layers = view.at("layers").as_array();
  if (layers.size() > kMaxLayers)
    refuse(what, format("{} layers, more than the {} that can be stacked", layers.size(), kMaxLayers));
  for (const auto& item : layers) {
    manifest.layers.push_back(parse_descriptor(item));
    const std::string& type = manifest.layers.back().media_type;
    if (type.find("encrypted") != std::string::npos)
      throw_error(ErrorKind::unsupported, "{}: an encrypted layer", what);
    if (!type.starts_with("application/vnd.oci.image.layer.") && !type.starts_with(kDockerLayer) &&
        !type.starts_with("application/vnd.docker.image.rootfs.foreign.diff.tar"))
      throw_error(ErrorKind::unsupported, "{}: a layer of media type '{}'", what, printable(type));
  }
  return manifest;
}

Index parse_index(std::string_view text, std::string_view what) {
  if (document_kind(text, "", what) != DocumentKind::index) refuse(what, "a manifest where an index should be");
  const Json json = parse_strict(text, what);
  const JsonView view(json, std::string(what) + ":");
  Index index;
  index.media_type = view.get_string("mediaType");
  const auto entries = view.at("manifests").as_array();
  if (entries.size() > kMaxIndexEntries) refuse(what, "too many entries");
  for (const auto& item : entries) index.manifests.push_back(parse_descriptor(item));
  return index;
}

ConfigFacts parse_config_facts(std::string_view text, std::string_view what) {
  const Json json = parse_json(text, what, {.max_bytes = kMaxConfig, .max_depth = 32, .allow_duplicate_keys = false});
  const JsonView view(json, std::string(what) + ":");
  if (!json.is_object()) refuse(what, "not an object");
  ConfigFacts facts;
  facts.platform = {view.get_string("os"), view.get_string("architecture"), view.get_string("variant")};
  const JsonView rootfs = view.at("rootfs");
  if (rootfs.is_null()) refuse(what, "rootfs is missing");
  if (const auto type = rootfs.get_string("type", "layers"); type != "layers")
    refuse(what, "rootfs.type must be 'layers'");
  for (const auto& id : rootfs.get_strings("diff_ids")) {
    const auto digest = Digest::parse(id);
    if (!digest) refuse(what, format("diff id '{}' is not a digest", printable(id.substr(0, 160))));
    facts.diff_ids.push_back(*digest);
  }
  if (facts.diff_ids.size() > kMaxLayers) refuse(what, "too many layers");
  return facts;
}

const Descriptor& choose_platform(const Index& index, const Platform& wanted, std::string_view what) {
  const Descriptor* best = nullptr;
  int best_match = 0;
  std::vector<std::string> offered;
  for (const auto& entry : index.manifests) {
    if (!entry.platform) continue;
    // Attestations of build tools stand beside the images as unknown/unknown.
    if (entry.platform->os != "unknown") offered.push_back(printable(entry.platform->str()));
    const int match = platform_match(wanted, *entry.platform);
    if (match <= best_match) continue;
    best = &entry;
    best_match = match;
  }
  if (best != nullptr) return *best;
  if (offered.empty() && index.manifests.size() == 1) return index.manifests.front();
  if (offered.size() > 12) offered.resize(12);
  throw Error(ErrorKind::not_found, format("{}: there is no image for {}", what, wanted.str()))
      .with_hint(offered.empty() ? "the index names no platforms"
                                 : "there is: " + join(offered, ", ") + " (see --platform)");
}

}  // namespace lichen::image
