// Files from the network for a build: what a source means now (look_up), and its bytes (bring_*, load_context).
//
// Two steps, because the first is often enough: a file whose checksum the Dockerfile tells, or whose server says that
// it is unchanged, and a repository whose commit is known, need not come when the step's outcome is in the cache. What
// a server said last of a file stands in build/remote/. Everything that comes goes below a staging directory of the
// caller's, so that a build that is killed leaves nothing.
#pragma once

#include <string>

#include "buildah/git_source.hh"
#include "buildah/language/remote.hh"
#include "buildah/options.hh"
#include "libpod/base/json.hh"
#include "libpod/engine/engine.hh"
#include "libpod/wire/fetch_url.hh"

namespace lichen::buildah {

/// A source of ADD.
struct RemoteSource {
  language::RemotePlace place;
  std::string checksum;        // of --checksum; empty: none
  bool keeps_git_dir = false;  // a repository's .git goes with it
  bool uses_memory = true;     // what a server said last counts
};

/// What it is now. As JSON: it comes from a child.
struct FoundRemote {
  std::string identity;        // the content's digest; of a repository the commit
  std::string name;            // of the file; of a repository the reference
  std::int64_t modified = -1;  // of a file, seconds since 1970; -1: nobody knows
  std::string path;            // of the file, when it is here already
};
Json to_json(const FoundRemote& found);
FoundRemote found_remote_from_json(const Json& json);

/// A context from the network.
struct LoadedContext {
  std::string path;      // its directory
  bool is_text = false;  // the URL was a Dockerfile: this is it, and the directory is empty
  std::string text;
};

class RemoteFiles {
 public:
  RemoteFiles(engine::Engine& engine, const BuildOptions& options) : engine_(engine), options_(options) {}

  /// @param directory  empty, of ours; a file that had to be fetched is in it then
  FoundRemote look_up(const RemoteSource& source, const std::string& directory) const;

  /// The file, with mode 0600 and its time. @param path  where it is to be when it is not here yet @return where it is
  std::string bring_file(const language::UrlPlace& place, const FoundRemote& found, const std::string& path) const;
  /// The commit's files in the new directory `path`. @return the directory that was asked for, without symlinks
  std::string bring_tree(const language::GitPlace& place, const FoundRemote& found, bool keeps_git_dir,
                         const std::string& path) const;

  /// @param directory  empty, of ours @param is_main  a text is a Dockerfile; else a file named "context"
  LoadedContext load_context(const language::RemotePlace& place, const std::string& directory, bool is_main,
                             bool quiet) const;

 private:
  wire::FetchOrder order_for(const language::UrlPlace& place, const std::string& output) const;
  GitProgram git_for(const language::GitPlace& place) const;
  std::string token_for(const language::GitPlace& place) const;
  bool is_trusted(const language::GitPlace& place) const;
  std::string memory_of(const language::UrlPlace& place) const;
  LoadedContext open_download(const std::string& directory, bool is_main) const;

  engine::Engine& engine_;
  const BuildOptions& options_;
};

/// Whether a file's beginning is that of a tar, compressed or not.
bool looks_packed(int fd);

/// Unpack an archive into the new directory `place`. @return false: it is none after all
bool unpack_archive(engine::Engine& engine, int fd, const std::string& place);

}  // namespace lichen::buildah
