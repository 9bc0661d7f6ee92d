// What the steps of one loading share: where it reads, what it has found so far.
#pragma once

#include <set>

#include "compose/language/interpolate.hh"
#include "compose/language/node.hh"
#include "compose/language/paths.hh"
#include "compose/language/project_loader.hh"

namespace lichen::compose {

class Loading {
 public:
  Loading(const LoadRequest& load_request, FileSource& source) : request(load_request), files_(source) {}

  const LoadRequest& request;
  Sources sources;

  /// Each text once.
  void warn(const Spot& spot, std::string text);
  /// Once for each variable: it is not set and was replaced by nothing.
  void warn_unset(const std::vector<std::string>& names);

  /// Whole file; a cached one is not read again. @return nullptr when it is not there or a folder
  const std::string* read(const std::string& path);
  /// As above. @throws Error{not_found}
  const std::string& read_or_fail(const std::string& path, std::string_view what);
  /// The documents of a file as they were written, parsed once.
  const std::vector<Node>& documents(const std::string& path, std::string_view what);
  /// `path` as it is shown: relative to the working directory when it is below it.
  std::string shown(const std::string& path) const;

  /// Variables of dotenv files: the later file wins, what `environment` has is not among them.
  Mapping read_dotenv(const Strings& paths, const Mapping& environment);

 private:
  FileSource& files_;
  std::map<std::string, std::optional<std::string>> texts_;
  std::map<std::string, std::vector<Node>> documents_;
  std::set<std::string> said_;
};

// Of find_files.cc.

/// What is loaded, and by what environment.
struct Found {
  Strings files;        // absolute, or "-"
  std::string folder;   // the project directory
  Mapping environment;  // the caller's and that of .env files
};
/// COMPOSE_* variables, .env, -f, and the search upwards. @throws Error{not_found} no compose file
Found find_project(Loading& loading);

// Of assemble.cc.

/// The documents of all files as one tree in long form: include and extends done, paths absolute.
/// @param environment  gets COMPOSE_PROJECT_NAME
Node assemble(Loading& loading, const Found& found);
/// The project's name by -p, COMPOSE_PROJECT_NAME, `name:` of the files, the folder.
std::string project_name(Loading& loading, const Found& found);

}  // namespace lichen::compose
