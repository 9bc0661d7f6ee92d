// From the state of a stage to an image in the store.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "buildah/options.hh"
#include "buildah/stage_state.hh"

namespace lichen::buildah {

/// The configuration's text and what belongs to it.
struct ImageDraft {
  std::string id;  // 64 hex digits
  std::string config_text;
  std::vector<std::string> chain_ids;
  std::int64_t size = 0;                     // of the layers' tars
  std::optional<std::string> manifest_text;  // what only a manifest can say: annotations, --format
};

/// The --annotation options that go to a place of `platform`.
std::map<std::string, std::string> annotations_of(const BuildOptions& options, BuildAnnotation::Level level,
                                                  const spec::Platform& platform);

/// All layers have their identity. The time of an image that is made again of the same things is the one of the first
/// time, so that it is the same image. With --format oci what OCI's configuration does not know is left out, and said.
/// @param inlined  --cache-to type=inline: goes into the configuration; null: nothing
ImageDraft draft_image(const engine::Engine& engine, const BuildOptions& options, StageState state,
                       const spec::Platform& platform, const Json& inlined);

/// RFC 3339 of whole seconds since 1970, as other builders write SOURCE_DATE_EPOCH.
std::string epoch_text(std::int64_t seconds);

/// Put it into the store, and let the names lead to it. @return what keeps it there
sys::FileLock publish_image(engine::Engine& engine, const ImageDraft& draft, const std::vector<std::string>& names);

}  // namespace lichen::buildah
