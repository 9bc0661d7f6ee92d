// Files of a git repository: which commit a reference means now, and that commit's tree in a directory.
//
// Only the wanted commit is fetched (depth 1) where the server can do that; with submodules, as docker. A commit's id
// says all about its files, so it is what the cache knows of a repository.
#pragma once

#include <string>
#include <string_view>

#include "buildah/git_program.hh"
#include "buildah/language/remote.hh"

namespace lichen::buildah {

struct GitCommit {
  std::string id;
  std::string reference;  // "refs/heads/main" or "HEAD"; empty: the commit itself was asked for
};

/// What `ls-remote` printed, and the reference that was asked for ("" is the default branch). A full name goes before a
/// branch, a branch before a tag; a tag means its commit. @throws Error{not_found}
GitCommit choose_commit(std::string_view listing, const std::string& wanted);

/// Asks the server, unless the place names a commit itself.
/// @param checksum  of --checksum; the place's own counts too
/// @throws Error{not_found} no such reference; Error{invalid} it is another commit; GitError
GitCommit find_commit(const GitProgram& git, const language::GitPlace& place, const std::string& checksum,
                      const std::string& directory);

/// Fetch the commit and write its files into the empty directory.
/// @param keeps_git_dir  .git stays, with the server's URL as origin
void check_out(const GitProgram& git, const language::GitPlace& place, const GitCommit& commit, bool keeps_git_dir,
               const std::string& directory);

}  // namespace lichen::buildah
