// What COPY, ADD and --mount=type=bind take files from: a build context, or the file system of a stage or an image.
//
// A tree is a descriptor of its root; every name is resolved beneath it by the kernel (sys/resolve.hh), so that neither
// a symlink nor ".." in a hostile context leads out. Files that .dockerignore excludes are not there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "buildah/language/glob.hh"
#include "buildah/language/ignore.hh"
#include "libpod/base/sha256.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::buildah {

struct SourceTree {
  sys::UniqueFd root;  // O_RDONLY or O_PATH of a directory
  language::IgnoreRules ignored;
  bool keeps_owners = false;  // of a stage or image; a context's files become root's
  std::string name;           // for messages: "the build context", "stage 'build'"
};

/// One thing that a COPY takes: a file, or a directory with all below it.
struct SourceEntry {
  std::string path;  // beneath the root, clean, without leading slash; "" is the root
  sys::UniqueFd fd;  // O_PATH, what the path leads to (a symlink is followed)
  struct stat info {};
};

/// The entries that a source of COPY names: one path, or those that a pattern matches, sorted.
///
/// @throws Error{not_found} nothing is there; Error{invalid} a malformed pattern
std::vector<SourceEntry> find_entries(const SourceTree& tree, const std::string& source);

/// What a walk meets below an entry. `relative` is "" for the entry itself. @return for a directory: whether to go in
struct WalkItem {
  int directory = -1;    // descriptor of the directory that it is in
  std::string name;      // in that directory; "." for the entry itself
  std::string relative;  // beneath the entry
  std::string path;      // beneath the tree's root
  const struct stat* info = nullptr;
};
using Visit = std::function<void(const WalkItem&)>;

/// Everything below an entry that is not excluded, parents first, names sorted. @param left  called for a directory
/// when all in it is done; may be empty @throws Error{system|permission}
void walk(const SourceTree& tree, const SourceEntry& entry, const language::IgnoreRules& excluded, const Visit& visit,
          const Visit& left = {});

/// Add what a COPY of the entry would bring to the hash: names, kinds, modes, contents, links; no times.
void hash_entry(const SourceTree& tree, const SourceEntry& entry, const language::IgnoreRules& excluded, Sha256& hash);

}  // namespace lichen::buildah
