// From compose files to a Project: the one entry of this library.
//
// Nothing here touches the machine: files, directories and the environment come through LoadRequest, so that tests are
// text in and structs out. The steps, each in a file of its own: find (find_files) → .env (dotenv) → text to nodes
// (document) → include, extends, merge (assemble, extends, include, merge) → variables (interpolate) → one table of all
// keys (schema) → long forms (canonical) → structs (read_model) → defaults (normalize) → checks across objects
// (validate).
#pragma once

#include <functional>

#include "compose/language/interpolate.hh"
#include "compose/language/model.hh"

namespace lichen::compose {

/// Where the loader reads. Paths are absolute, or "-" for standard input.
class FileSource {
 public:
  virtual ~FileSource() = default;
  /// The whole file; nullopt when there is none. @throws Error any other failure, and for more than `max_bytes`
  virtual std::optional<std::string> read(const std::string& path, std::size_t max_bytes) = 0;
  virtual bool is_directory(const std::string& path) = 0;
};

struct Warning {
  Place place;
  std::string text;
  /// "FILE:LINE:COLUMN: TEXT", or TEXT alone.
  std::string message() const;
};

/// What is done about keys that have no effect here.
enum class UnsupportedKeys {
  untold,  // for commands that look at what is there
  warned,
  refused,  // for commands that make containers: models, providers ... are errors, the others warnings
};

struct LoadRequest {
  Strings files;        // -f, in order, as written ("-" = standard input); empty: COMPOSE_FILE, else looked for
  Strings env_files;    // --env-file, as written; empty: COMPOSE_ENV_FILES, else .env of the project directory
  Mapping environment;  // of the caller's process
  std::string cwd;      // absolute
  std::string home;     // for "~"; "" = none
  std::string project_directory;  // --project-directory; "" = the first file's directory
  std::string project_name;       // -p; "" = COMPOSE_PROJECT_NAME, `name:`, the directory's name
  Strings profiles;               // --profile; with COMPOSE_PROFILES when empty; "*" = all
  Strings services;  // named on the command line: they and what they depend on are active whatever their profiles, and
                     // with `only_services` the others are disabled. Unknown names are errors.
  bool only_services = false;
  bool compatibility = false;  // --compatibility; with COMPOSE_COMPATIBILITY too: names with '_', as version 1 made
  bool all_resources = false;  // --all-resources: keep networks, volumes, secrets and configs that nobody uses
  UnsupportedKeys unsupported = UnsupportedKeys::warned;
  bool interpolate = true;          // false: --no-interpolate
  bool normalize = true;            // false: --no-normalize
  bool resolve_paths = true;        // false: --no-path-resolution
  bool check_consistency = true;    // false: --no-consistency
  bool resolve_environment = true;  // false: --no-env-resolution: env_file and label_file are not read. Of `services`
                                    // and what they depend on alone, when some are named.
  /// Told each warning once, as soon as it is found: what it says may be why the loading fails after it.
  std::function<void(const Warning&)> on_warning;
};

/// @throws Error{invalid}   a file is wrong: "FILE:LINE:COLUMN: services.web.prots: ..."; the hint is the way out
/// @throws Error{not_found} no compose file, a file that is named but is not there, a service that is not there
/// @throws Error{unsupported} with UnsupportedKeys::refused: a key that it would be wrong to run without
/// @throws Error{usage}     -p is no valid project name
Project load_project(const LoadRequest& request, FileSource& files);

/// The merged files with their ${...}, for `config --no-interpolate` and `--variables`.
struct LoadedTree {
  Json tree;  // members sorted
  std::map<std::string, Variable> variables;
};
LoadedTree load_uninterpolated(LoadRequest request, FileSource& files);

}  // namespace lichen::compose
