// Id maps of containers' user namespaces. Pure.
//
// Host ids here are those of U0, the namespace that all containers of a user share or nest in: 0 is the user, 1..n-1
// are the subordinate ids. The files of images have owners in U0 as root of a plain container made them; where a
// container's map differs, they must be shown with other owners, so that its root still owns /bin: see
// engine/shifted_image.hh.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// The container's `id` is the user, all others keep their order: below it 0..id-1 -> 1..id, above it unchanged. When
/// U0 has one id only, that is all there is.
/// @param count  ids of U0 @param size  keep ids below this only (and `id`)
IdMap keep_id_map(std::uint32_t id, std::uint32_t count, std::optional<std::uint32_t> size = std::nullopt);

/// 0..count-2 -> 1..count-1: the user has no id in the container.
IdMap nomap_map(std::uint32_t count);

/// Container ids 0..size-1, one after the other from host id `first` on, around the `fixed` ones.
IdMap auto_map(std::uint32_t first, std::uint32_t size, const IdMap& fixed);

/// How many ids auto_map takes from `first` on.
std::uint32_t auto_map_length(std::uint32_t size, const IdMap& fixed);

/// The lowest `first` with `length` free ids: first at or above `preferred`, then anywhere from 1 on; nullopt when
/// there is no such gap below `count`. @param taken  host ids in use, in any order, overlapping or not
std::optional<std::uint32_t> free_range(const IdMap& taken, std::uint32_t length, std::uint32_t count,
                                        std::uint32_t preferred);

/// nullopt: the id is not in the map. An empty map is the identity.
std::optional<std::uint32_t> to_host_id(const IdMap& map, std::uint32_t container_id);

/// user_namespaces(7): what the kernel shows for an id that has none in the namespace of who looks.
inline constexpr std::uint32_t kOverflowId = 65534;

/// The other way round; kOverflowId for an id that is not in the map. An empty map is the identity.
std::uint32_t to_container_id(const IdMap& map, std::uint32_t host_id);

/// Whether two lines share a container id or a host id.
bool has_overlap(const IdMap& map);

/// Whether an image's files need other owners for this map: container root is not root of U0.
bool shifts_root(const IdMap& map);

/// "0:1:1001", as inspect shows them.
std::vector<std::string> id_map_texts(const IdMap& map);
/// The same backwards. @throws Error{invalid} naming what is no such line
IdMap parse_id_map(std::span<const std::string> texts);

}  // namespace lichen::spec
