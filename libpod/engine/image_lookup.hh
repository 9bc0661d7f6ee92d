// From what somebody typed to an image that is here, and the lock that keeps it here.
//
// Removing an image and making a container from it must exclude each other. Whoever builds on an image (create, tag,
// commit) holds images/<id> flocked shared from before it looks until its own record (container, ref) is on disk;
// remove holds it exclusive while it looks for records and takes the image away. A pull that finds a layer here already
// holds layers/<chain-id> shared until its image is published, and staging/l-<chain-id> while it makes one; remove
// deletes a layer only with the exclusive lock, and looks once more whether an image uses it. Order: container, image,
// layer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct FoundImage {
  std::string id;
  std::optional<store::RefName> name;  // set when the words were the name of a ref, not an id or a digest
};

/// Look for an image by name[:tag] (docker.io/library and latest as defaults, then localhost/NAME), name@digest, id,
/// "sha256:" and id, or the unambiguous beginning of an id; names win over ids. A manifest list stands for its image
/// for this machine (manifest_lists.hh).
/// @throws Error{conflict} the beginning of several ids; Error{invalid} the text is no name at all; Error{not_found} a
/// list without an image for this machine
std::optional<FoundImage> look_up_image(const Engine& engine, const std::string& text);

/// The id alone.
std::optional<std::string> find_image(const Engine& engine, const std::string& text);
/// @throws Error{not_found} "no such image: X", with the nearest name as hint
FoundImage require_image(const Engine& engine, const std::string& text);

/// An image here is for one platform, a manifest list has one for each of several.
/// @return words for the image that was meant: `text`, or the id of the list's image
/// @throws Error{not_found} there is none for the platform that is asked for; Error{invalid}
std::string require_platform(const Engine& engine, const std::string& text, const std::string& platform);

/// Keep the image where it is until the lock goes. @throws Error{not_found} it was just removed; Error{conflict} being
/// removed for too long
sys::FileLock hold_image(const Engine& engine, const std::string& id);

/// The full name of a ref to be made. @throws Error{invalid|usage} not a name, or one with a digest
store::RefName parse_ref_name(const std::string& text);
/// "debian:12" for docker.io/library/debian:12.
std::string familiar(const store::RefName& name);
/// "debian" likewise.
std::string familiar_repository(const store::RefName& name);
/// "debian@sha256:..." from a full repo digest.
std::string familiar_digest(const std::string& repo_digest);

/// Names that lead to an image, in order.
std::vector<store::RefName> names_of_image(const std::vector<store::Ref>& refs, const std::string& id);

/// Give an image further names. @throws as require_image and parse_ref_name
void tag_image(Engine& engine, const std::string& image, const std::vector<std::string>& names);
/// Take names from an image; without any all of them. @return those taken, as docker shows them @throws
/// Error{not_found} not its name
std::vector<std::string> untag_image(Engine& engine, const std::string& image, const std::vector<std::string>& names);

}  // namespace lichen::engine
