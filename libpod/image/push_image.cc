#include "libpod/image/push_image.hh"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/image/early_upload.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/packed_layer.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>

namespace lichen::image {
namespace {

// Below this, compressing is done before a connection is there.
constexpr std::int64_t kEarlySize = std::int64_t{8} << 20;

bool is_docker_type(std::string_view type) { return type.starts_with("application/vnd.docker."); }

}  // namespace

PushOptions push_options(const wire::ImageRequest& request) {
  if (!request.format.empty() && request.format != "oci" && request.format != "v2s2")
    throw Error(ErrorKind::usage, format("--format '{}': not a format of manifests", request.format))
        .with_hint("oci or v2s2");
  PushOptions options{request.format, parse_packing(request.compression, request.compression_level),
                      request.force_compression};
  if (options.format == "v2s2" && options.packing.kind == PackKind::zstd)
    throw Error(ErrorKind::usage, "--format v2s2: docker's manifests know no layers in zstd")
        .with_hint("use --format oci");
  return options;
}

Descriptor ImagePusher::push(const std::string& id, const std::string& tag) {
  const auto chain_ids = images_.get(id).chain_ids;
  const auto original = images_.manifest_text(id);
  const Types types = chosen_types(original);
  const std::string config = images_.config_text(id);
  // Beside the layers: four round trips less at the end.
  auto config_sent = std::async(std::launch::async, [&] { send_text(config, Digest::from_sha256_hex(id)); });
  const auto blobs = send_layers(chain_ids, types);
  config_sent.get();
  std::string text = build_manifest(config, id, blobs, types, original);
  // The bytes that the image came with, when what they name is what is there now.
  if (original && same_content(*original, blobs, types)) text = *original;
  Descriptor manifest;
  manifest.media_type = types.manifest;
  manifest.digest = sha256(text);
  manifest.size = text.size();
  registry_.put_manifest(repository_, tag.empty() ? manifest.digest.str() : tag, text, manifest.media_type);
  remember(id, manifest.digest);
  return manifest;
}

ImagePusher::Types ImagePusher::chosen_types(const std::optional<std::string>& original) const {
  static constexpr Types kOci{kOciManifest, kOciConfig, kOciLayer};
  static constexpr Types kDocker{kDockerManifest, kDockerConfig, kDockerLayer};
  if (options_.format == "v2s2") return kDocker;
  if (options_.format == "oci" || !original || options_.packing.kind == PackKind::zstd) return kOci;
  return is_docker_type(parse_manifest(*original, "manifest").config.media_type) ? kDocker : kOci;
}

std::vector<Descriptor> ImagePusher::send_layers(const std::vector<std::string>& chain_ids, const Types& types) {
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

Descriptor ImagePusher::send_layer(const std::string& chain, const Types& types) {
  const auto meta = layers_.get(chain);
  const auto line = progress_.line(meta.diff_id.hex().substr(0, 12), 0);
  if (auto known = find_known(meta, types)) {
    line->state("Layer already exists");
    return *known;
  }
  Descriptor blob;
  auto kept = find_kept_blob(paths_, meta, is_docker_type(types.layer));
  if (kept && is_wanted(kept->blob.media_type, types)) {
    blob = kept->blob;
    if (registry_.has_blob(repository_, blob.digest)) {
      line->state("Layer already exists");
    } else {
      line->begin(blob.size);
      registry_.upload_blob(repository_, blob, kept->file.get(), *line);
      line->state("Pushed");
    }
  } else {
    const char separator = is_docker_type(types.layer) ? '.' : '+';
    blob = send_packed(meta, std::string(types.layer) + separator + options_.packing.suffix(), *line);
  }
  layers_.add_blob(chain, {destination_.name(), blob.digest, static_cast<std::int64_t>(blob.size), blob.media_type});
  return blob;
}

Descriptor ImagePusher::send_packed(const store::LayerMeta& meta, const std::string& media_type, ProgressLine& line) {
  EarlyUpload early(registry_, repository_);
  OnPacked on_packed;
  if (meta.tar_size >= kEarlySize) on_packed = [&](int file, std::uint64_t size) { early.grown(file, size); };
  PackedLayer packed = pack_layer(paths_, meta, options_.packing, line, on_packed);
  packed.blob.media_type = media_type;
  if (registry_.has_blob(repository_, packed.blob.digest)) {
    early.abandon();
    line.state("Layer already exists");
    return packed.blob;
  }
  if (!early.finish(packed.blob.digest, line)) {
    line.begin(packed.blob.size);
    registry_.upload_blob(repository_, packed.blob, packed.file.get(), line);
  }
  line.state("Pushed");
  return packed.blob;
}

bool ImagePusher::is_wanted(const std::string& media_type, const Types& types) const {
  if (is_docker_type(media_type) != is_docker_type(types.layer)) return false;
  return !options_.force_compression || media_type.ends_with(options_.packing.suffix());
}

// A form in which this registry is said to have the layer already, and has it.
std::optional<Descriptor> ImagePusher::find_known(const store::LayerMeta& meta, const Types& types) {
  for (const bool own : {true, false}) {
    for (const auto& blob : meta.blobs) {
      if (!is_wanted(blob.media_type, types)) continue;
      const bool is_own = blob.repository == destination_.name();
      if (is_own != own || !blob.repository.starts_with(destination_.host + "/")) continue;
      const std::string there = blob.repository.substr(destination_.host.size() + 1);
      const bool found = registry_.has_blob(repository_, blob.digest) ||
                         (!is_own && registry_.mount_blob(repository_, blob.digest, there));
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

void ImagePusher::send_text(const std::string& text, const Digest& digest) {
  if (registry_.has_blob(repository_, digest)) return;
  const sys::UniqueFd file(::open(paths_.staging().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) throw_errno("make a temporary file in '{}'", paths_.staging());
  sys::write_all(file.get(), text, "staging");
  Descriptor blob;
  blob.digest = digest;
  blob.size = text.size();
  const auto line = make_progress(/*quiet=*/true)->line("config", 0);
  registry_.upload_blob(repository_, blob, file.get(), *line);
}

std::string ImagePusher::build_manifest(const std::string& config, const std::string& id,
                                        const std::vector<Descriptor>& blobs, const Types& types,
                                        const std::optional<std::string>& original) {
  Json layers = Json::array();
  for (const auto& blob : blobs)
    layers.push_back({{"mediaType", blob.media_type}, {"digest", blob.digest.str()}, {"size", blob.size}});
  Json manifest{{"schemaVersion", 2},
                {"mediaType", types.manifest},
                {"config", {{"mediaType", types.config}, {"digest", "sha256:" + id}, {"size", config.size()}}},
                {"layers", std::move(layers)}};
  if (original && !is_docker_type(types.manifest)) {
    const Json before = parse_json(*original, "manifest");
    if (before.contains("annotations")) manifest["annotations"] = before["annotations"];
  }
  return dump_json(manifest);
}

bool ImagePusher::same_content(const std::string& original, const std::vector<Descriptor>& blobs, const Types& types) {
  const Manifest manifest = parse_manifest(original, "manifest");
  if (is_docker_type(manifest.config.media_type) != is_docker_type(types.config)) return false;
  return std::equal(manifest.layers.begin(), manifest.layers.end(), blobs.begin(), blobs.end(),
                    [](const Descriptor& a, const Descriptor& b) { return a.digest == b.digest; });
}

// Under this name the image has this digest now: inspect shows it, and a pull moves nothing.
void ImagePusher::remember(const std::string& id, const Digest& digest) {
  auto meta = images_.get(id);
  const std::string name = destination_.name() + "@" + digest.str();
  if (std::find(meta.repo_digests.begin(), meta.repo_digests.end(), name) != meta.repo_digests.end()) return;
  meta.repo_digests.push_back(name);
  images_.update(meta);
}

}  // namespace lichen::image
