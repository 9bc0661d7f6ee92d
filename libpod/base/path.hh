// Lexical paths: no function here looks at a file system.
#pragma once

#include <string>
#include <string_view>

namespace lichen {

/// Go's path.Clean: no double slashes, "." or resolvable ".."; "" becomes ".".
std::string clean_path(std::string_view path);
/// `tail` placed below `base`; an absolute `tail` loses its slash. Cleaned.
std::string join_path(std::string_view base, std::string_view tail);
/// Whether clean absolute `path` is `root` or lies beneath it.
bool is_below(std::string_view path, std::string_view root);
std::string parent_path(std::string_view path);
std::string base_name(std::string_view path);

}  // namespace lichen
