#include "buildah/build_images.hh"

#include <algorithm>

#include <sys/resource.h>

#include "buildah/build_platform.hh"
#include "buildah/build_share.hh"
#include "buildah/builder.hh"
#include "buildah/cache_export.hh"
#include "buildah/image_result.hh"
#include "buildah/output.hh"
#include "buildah/squash.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/manifest_lists.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/image/manifest.hh"
#include "libpod/sys/fs.hh"

namespace lichen::buildah {
namespace {

// A stack of many layers holds as many descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::vector<spec::Platform> platforms_of(const BuildOptions& options) {
  std::vector<spec::Platform> platforms;
  for (const auto& text : options.platforms) {
    const auto platform = text == "local" ? spec::host_platform() : build_platform(text);
    if (std::find(platforms.begin(), platforms.end(), platform) == platforms.end()) platforms.push_back(platform);
  }
  if (platforms.empty()) platforms.push_back(spec::host_platform());
  return platforms;
}

std::vector<std::string> words_of(const std::map<std::string, std::string>& annotations) {
  std::vector<std::string> words;
  for (const auto& [key, value] : annotations) words.push_back(key + "=" + value);
  return words;
}

// Before any work.
void check_options(const BuildOptions& options, bool makes_list) {
  for (const auto& tag : options.tags) engine::parse_ref_name(tag);
  if (!options.manifest.empty()) engine::parse_ref_name(options.manifest);
  if (!options.annotations.empty() && options.format == "docker")
    throw Error(ErrorKind::usage, "--annotation: docker's manifests have none").with_hint("leave --format docker out");
  for (const auto& annotation : options.annotations)
    if (annotation.level != BuildAnnotation::Level::manifest && !makes_list)
      throw Error(ErrorKind::usage, format("--annotation {}={}: one image for one platform has no index",
                                           annotation.key, annotation.value))
          .with_hint(
              "leave the prefix out, or make a manifest list: --platform linux/amd64,linux/arm64, or --manifest");
  for (const auto& output : options.outputs)
    if (makes_list && output.type == "docker")
      throw Error(ErrorKind::usage, "--output type=docker: docker's archives hold no manifest list")
          .with_hint("type=oci does; or build one platform at a time");
}

// What is made of one platform, kept from removal until all are there.
struct Made {
  BuildResult::Image image;
  sys::FileLock lock;
};

class ImagesBuild {
 public:
  ImagesBuild(engine::Engine& engine, const BuildInput& input, const BuildOptions& options, Progress& progress)
      : engine_(engine),
        options_(options),
        input_(input),
        progress_(progress),
        platforms_(platforms_of(options)),
        makes_list_(platforms_.size() > 1 || !options.manifest.empty()),
        imported_(engine, options, progress) {}

  BuildResult run() {
    check_options(options_, makes_list_);
    raise_descriptor_limit();
    engine_.enter_userns();
    driver_ = engine::choose_storage_driver(engine_);
    share_.names_platform = platforms_.size() > 1;
    share_.wants_steps = !options_.cache_to.empty();
    imported_.look();
    share_.imported = &imported_;
    for (const auto& platform : platforms_) build(platform);
    BuildResult result;
    for (const auto& made : made_) result.images.push_back(made.image);
    if (makes_list_ && !made_.empty()) result.list = make_list();
    write_archives(result);
    export_cache(engine_, options_, share_.steps, target_stacks_, progress_);
    progress_.finish();
    imported_.release();
    return result;
  }

 private:
  void build(const spec::Platform& platform) {
    Contexts contexts(options_, input_.context, input_.ignore_text, input_.ignore_name);
    Builder builder(engine_, input_.dockerfile, options_, contexts, progress_, platform, share_);
    auto state = builder.run().state;
    if (options_.squash || options_.squash_all) squash_layers(engine_, driver_, options_, state);
    target_stacks_.push_back(state.stack);
    for (auto output : options_.outputs) {
      if (output.type != "local" && output.type != "tar") continue;
      if (share_.names_platform) place_of_platform(output, platform);
      write_files(engine_, driver_, state.stack, output);
    }
    if (is_files_only(options_.outputs)) return;
    const auto inlined = inline_cache(options_, share_.steps, state.stack);
    const ImageDraft draft = draft_image(engine_, options_, std::move(state), platform, inlined);
    auto lock = publish_image(engine_, draft, makes_list_ ? std::vector<std::string>{} : options_.tags);
    made_.push_back({{platform, draft.id}, std::move(lock)});
  }

  // docker: DESTINATION/linux_arm64.
  static void place_of_platform(BuildOutput& output, const spec::Platform& platform) {
    if (output.type == "tar")
      throw Error(ErrorKind::unsupported, "--output type=tar of several platforms is not done yet")
          .with_hint("type=local writes a directory for each");
    output.destination += "/" + replace_all(platform.str(), "/", "_");
  }

  std::string make_list() {
    std::vector<std::string> ids;
    std::map<spec::Platform, spec::Platform, bool (*)(const spec::Platform&, const spec::Platform&)> seen(
        [](const spec::Platform& a, const spec::Platform& b) { return a.str() < b.str(); });
    for (const auto& [image, lock] : made_) {
      const auto config = engine_.images.config(image.id);
      const auto [other, is_new] =
          seen.emplace(spec::Platform{config.os, config.architecture, config.variant}, image.platform);
      if (!is_new)
        throw Error(ErrorKind::invalid, format("the builds for {} and {} have both made an image for {}",
                                               other->second.str(), image.platform.str(), other->first.str()))
            .with_hint("the last stage begins with a FROM --platform=..., or with an image of another platform");
      ids.push_back(image.id);
    }
    const auto annotations = words_of(annotations_of(options_, BuildAnnotation::Level::index, {}));
    std::string list;
    if (!options_.manifest.empty()) {
      engine::ListImages images;
      images.names = ids;
      images.request = engine::image_request(engine_);
      list = engine::create_list(engine_, options_.manifest, images, annotations, /*amend=*/true);
    }
    const auto& tags = options_.tags;
    for (std::size_t i = 0; i < tags.size(); ++i)
      if (list.empty())
        list = engine::make_list(engine_, tags[i], ids, annotations);
      else
        engine::tag_image(engine_, list, {tags[i]});
    if (list.empty()) list = engine::make_list(engine_, "", ids, annotations);
    for (const auto& [image, lock] : made_) {
      engine::EntryNotes notes;
      notes.annotations = words_of(annotations_of(options_, BuildAnnotation::Level::descriptor, image.platform));
      if (!notes.annotations.empty()) engine::annotate_list_entry(engine_, list, image.id, notes);
    }
    return list;
  }

  void write_archives(const BuildResult& result) {
    for (const auto& output : options_.outputs)
      if (output.type == "docker" || output.type == "oci")
        write_archive(engine_, options_.tags.empty() ? result.id() : options_.tags[0], output, makes_list_);
  }

  engine::Engine& engine_;
  const BuildOptions& options_;
  const BuildInput& input_;
  Progress& progress_;
  const std::vector<spec::Platform> platforms_;
  const bool makes_list_;
  CacheImport imported_;
  BuildShare share_;
  std::string driver_;
  std::vector<Made> made_;
  std::vector<LayerStack> target_stacks_;
};

}  // namespace

BuildResult build_images(engine::Engine& engine, const BuildInput& input, const BuildOptions& options,
                         Progress& progress) {
  return ImagesBuild(engine, input, options, progress).run();
}

std::string BuildResult::image_for(const spec::Platform& platform) const {
  const auto best = std::max_element(images.begin(), images.end(), [&](const Image& a, const Image& b) {
    return spec::platform_match(platform, a.platform) < spec::platform_match(platform, b.platform);
  });
  return best == images.end() ? "" : best->id;
}

void write_result_files(const engine::Engine& engine, const BuildOptions& options, const BuildResult& result) {
  const auto write = [](const std::string& path, const std::string& text) {
    if (!path.empty()) sys::write_file_atomic(path, text, 0644, sys::Durability::none);
  };
  write(options.iidfile, "sha256:" + result.id());
  if (options.metadata_file.empty()) return;
  Json metadata = Json::object();
  if (result.list.empty()) {
    metadata["containerimage.config.digest"] = "sha256:" + result.images.at(0).id;
  } else {
    const std::string index = dump_json(engine::inspect_list(engine, result.list));
    const std::string digest = "sha256:" + sha256_hex(index);
    metadata["containerimage.descriptor"] = {
        {"mediaType", image::kOciIndex}, {"digest", digest}, {"size", index.size()}};
    metadata["containerimage.digest"] = digest;
  }
  if (!options.tags.empty()) metadata["image.name"] = join(options.tags, ",");
  write(options.metadata_file, dump_json(metadata) + "\n");
}

}  // namespace lichen::buildah
