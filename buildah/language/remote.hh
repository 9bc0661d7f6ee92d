// Places in the network that ADD, a context and --build-context may name: a file's URL, or a git repository.
//
// The forms are those of BuildKit (frontend/dockerfile/dfgitutil, util/gitutil): URL[#REF[:DIRECTORY]] and
// URL?KEY=VALUE. An http URL is a repository when its path ends in ".git". What comes out is safe to be given to
// programs: nothing of it begins with '-', holds a control character or leads upwards; and credentials stand apart from
// what is shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lichen::language {

struct UrlPlace {
  std::string url;          // without user, password and fragment
  std::string host;         // name alone
  std::string credentials;  // "user:password" of the URL, decoded; a secret
  std::string name;         // of the file, from the path; "" when it ends in a slash
};

struct GitPlace {
  std::string url;     // for git: without query, fragment, and the credentials of http
  std::string scheme;  // http https ssh git
  std::string host;    // name alone
  std::string credentials;
  std::string ref;        // branch, tag, commit, or a full name; "": the default branch
  std::string directory;  // clean and relative; "": the whole repository
  std::string checksum;   // what the commit must begin with, lower case; "": anything
  std::optional<bool> keeps_git_dir, takes_submodules;
};

using RemotePlace = std::variant<UrlPlace, GitPlace>;

enum class RemoteUse { add, context };

/// @return nullopt: it is a path
/// @throws Error{invalid} a malformed or dangerous one; Error{unsupported} another scheme (file://)
std::optional<RemotePlace> parse_remote(std::string_view text, RemoteUse use);

/// Whole id of a commit: 40 or 64 hex digits.
bool is_commit(std::string_view text);

/// What --checksum of a repository may be. @return lower case @throws Error{invalid}
std::string parse_commit_checksum(std::string_view text);

/// Whether text is "sha256:HEX" with all its digits, or 384, or 512: what --checksum of a file may be.
bool is_content_checksum(std::string_view text);

/// Text for people, a Dockerfile's line say, in which user and password of http URLs are replaced.
std::string without_credentials(std::string text);

}  // namespace lichen::language
