#include "libpod/base/path.hh"

#include <vector>

namespace lichen {

std::string clean_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!kept.empty() && kept.back() != "..") {
        kept.pop_back();
        continue;
      }
      if (absolute) continue;
    }
    kept.push_back(part);
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i != 0) out += '/';
    out += kept[i];
  }
  return out.empty() ? "." : out;
}

std::string join_path(std::string_view base, std::string_view tail) {
  return clean_path(std::string(base) + "/" + std::string(tail));
}

bool is_below(std::string_view path, std::string_view root) {
  if (root == "/") return path.starts_with('/');
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

std::string parent_path(std::string_view path) {
  const std::string clean = clean_path(path);
  const auto slash = clean.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : clean.substr(0, slash);
}

std::string base_name(std::string_view path) {
  const std::string clean = clean_path(path);
  const auto slash = clean.rfind('/');
  return slash == std::string::npos || clean == "/" ? clean : clean.substr(slash + 1);
}

}  // namespace lichen
