// Manifest lists: one name for images of several platforms (podman manifest, docker manifest).
//
// A list is a record of its own (store/list_store.hh) to which refs lead as they do to images. Whoever asks for an
// image by such a name gets the one for this machine (look_up_image); who means the list itself asks here first: tag,
// untag, rmi, push, manifest. Images of a list are in use: they are not dangling, rmi leaves them nameless, prune
// passes them over. Locks: a writer holds lists/<id>; who adds an image that is here holds that shared as well
// (image_lookup.hh).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::engine {

struct FoundList {
  std::string id;
  std::optional<store::RefName> name;  // set when the words were a name
};
/// nullopt: it is no list (an image, or nothing). @throws Error{conflict} the beginning of several ids
std::optional<FoundList> find_list(const Engine& engine, const std::string& text);
/// @throws Error{not_found} with what it is instead
FoundList require_list(const Engine& engine, const std::string& text);
/// The image that is here for `platform` (empty: this machine). nullopt: none is
std::optional<std::string> image_of_list(const Engine& engine, const std::string& list_id, const std::string& platform);

/// What `manifest add` and `annotate` say about an entry; empty parts leave what is there.
struct EntryNotes {
  std::string os, architecture, variant, os_version;
  std::vector<std::string> os_features, features;
  std::vector<std::string> annotations;  // "key=value" each
};

struct ListImages {
  std::vector<std::string> names;  // images here, or of registries
  bool all_platforms = false;      // of a list take all, not the one for this machine (or notes.os/architecture)
  wire::ImageRequest request;      // how registries are spoken to (image_request)
  EntryNotes notes;
};

/// @param amend  an existing list of this name gets the images too
/// @return id of the list. @throws Error{conflict} the name is taken
std::string create_list(Engine& engine, const std::string& name, const ListImages& images,
                        const std::vector<std::string>& annotations, bool amend);
/// An image for the same platform and without other features is replaced. @return id of the list
std::string add_to_list(Engine& engine, const std::string& list, const ListImages& images);
/// @param digest  of an entry, or a name or an id of its image
std::string annotate_list_entry(Engine& engine, const std::string& list, const std::string& digest,
                                const EntryNotes& notes);
std::string annotate_list(Engine& engine, const std::string& list, const std::vector<std::string>& annotations);
std::string remove_from_list(Engine& engine, const std::string& list, const std::string& digest);
/// The index as it would go out now.
Json inspect_list(const Engine& engine, const std::string& list);
/// rmi for a list: its name, and with the last one the list. Its images stay; they are dangling when they have no name.
ImageRemoval remove_list(Engine& engine, const FoundList& list);

/// For builds: a new list called `name` (which it takes from whatever had it) of images that are here, each for the
/// platform that its configuration says. An earlier list of that name without another one goes. Without a name `image
/// prune` takes it. @return its id
std::string make_list(Engine& engine, const std::string& name, const std::vector<std::string>& image_ids,
                      const std::vector<std::string>& annotations = {});

}  // namespace lichen::engine
