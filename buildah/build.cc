#include "buildah/build.hh"

#include <sys/resource.h>

#include "buildah/builder.hh"
#include "buildah/image_result.hh"
#include "buildah/output.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

// A stack of many layers holds as many descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::string build_image(engine::Engine& engine, const BuildInput& input, const BuildOptions& options,
                        Progress& progress) {
  for (const auto& tag : options.tags) engine::parse_ref_name(tag);  // a mistake is said before any work
  raise_descriptor_limit();
  engine.enter_userns();
  const auto platform =
      options.platforms.empty() ? spec::host_platform() : spec::parse_platform(options.platforms.at(0));
  Contexts contexts(options, input.context, input.ignore_text, input.ignore_name);
  Builder builder(engine, input.dockerfile, options, contexts, progress, platform);
  auto built = builder.run();
  const std::string driver = engine::choose_storage_driver(engine);
  for (const auto& output : options.outputs)
    if (output.type == "local" || output.type == "tar") write_files(engine, driver, built.state.stack, output);
  if (is_files_only(options.outputs)) return "";
  const ImageDraft draft = draft_image(engine, options, std::move(built.state));
  publish_image(engine, draft, options.tags);
  for (const auto& output : options.outputs)
    if (output.type == "docker" || output.type == "oci")
      write_archive(engine, options.tags.empty() ? draft.id : options.tags[0], output);
  return draft.id;
}

void write_result_files(const BuildOptions& options, const std::string& id) {
  const auto write = [](const std::string& path, const std::string& text) {
    if (!path.empty()) sys::write_file_atomic(path, text, 0644, sys::Durability::none);
  };
  write(options.iidfile, "sha256:" + id);
  Json metadata = {{"containerimage.config.digest", "sha256:" + id}};
  if (!options.tags.empty()) metadata["image.name"] = options.tags[0];
  write(options.metadata_file, dump_json(metadata) + "\n");
}

}  // namespace lichen::buildah
