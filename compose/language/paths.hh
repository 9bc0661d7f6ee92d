// Relative paths of a compose file become absolute, or relative to another folder.
#pragma once

#include "compose/language/node.hh"

namespace lichen::compose {

/// `base` and "~" for paths of one file.
struct PathBase {
  std::string folder;            // absolute, or relative for `extends` without path resolution
  std::string home;              // "" = "~" stays
  bool keeps_variables = false;  // --no-interpolate: what starts with `$` stays
};

/// `path` below the folder; absolute and "~" ones are themselves. Cleaned. Those of Windows stay as they are.
std::string resolve_path(const PathBase& base, std::string_view path);

/// "C:\dir", "C:/dir", "\\server\share" or a pipe: a path of Windows, which is left as it is.
bool is_windows_path(std::string_view path);

/// All paths of the whole file (long form): build contexts, env_file, label_file, bind mounts, watch, secrets, configs,
/// devices of bind volumes.
void resolve_paths(Node& model, const PathBase& base);
/// Those of one service.
void resolve_service_paths(Node& service, const PathBase& base);

/// Whether a build context is a URL, a repository, another service's image ...: no path.
bool is_remote_context(std::string_view text);

}  // namespace lichen::compose
