// lichen images, image inspect and history: what the store knows, under docker's names.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct ImageListRequest {
  std::string reference;  // REPOSITORY[:TAG] or a pattern; empty: all
  std::vector<std::string>
      filters;           // dangling label label! before since until reference id intermediate containers manifest
  std::string sort;      // created (default, newest first) id repository size tag
  bool all = false;      // lichen keeps no intermediate images: the same without
  bool digests = false;  // one row per digest too, and the Digest member filled
  bool no_trunc = false;
};

/// One object per name of each image (one with "<none>" for an image without a name); members are docker's
/// placeholders: ID Repository Tag Digest CreatedSince CreatedAt Size VirtualSize SharedSize UniqueSize Containers, and
/// podman's Created Labels Names Dangling ReadOnly Id. Damaged images are reported and left out.
std::vector<Json> list_images(Engine& engine, const ImageListRequest& request, const OnDamaged& on_damaged);

/// Docker's images --tree: per image or manifest list Names ID DiskUsage ContentSize InUse, and in Platforms one of
/// these for each platform, with Platform. Sizes are those measured when the
/// layers were published, and those of their tars.
std::vector<Json> image_tree(Engine& engine, const ImageListRequest& request, const OnDamaged& on_damaged);

/// Docker's image inspect, with podman's additions. @throws Error{not_found|invalid}
Json inspect_image(const Engine& engine, const std::string& text);

/// Rows of history, newest first: ID CreatedSince CreatedAt CreatedBy Size Comment.
/// @param human  sizes and times for people
std::vector<Json> image_history(const Engine& engine, const std::string& text, bool no_trunc, bool human);

}  // namespace lichen::engine
