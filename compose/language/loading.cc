#include "compose/language/loading.hh"

#include "compose/language/document.hh"
#include "compose/language/dotenv.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"

namespace lichen::compose {

void Loading::warn(const Spot& spot, std::string text) {
  const Warning warning{sources.place(spot), std::move(text)};
  if (said_.insert(warning.message()).second && request.on_warning) request.on_warning(warning);
}

void Loading::warn_unset(const std::vector<std::string>& names) {
  for (const auto& name : names) warn({}, format("the variable '{}' is not set: it is replaced by nothing", name));
}

const std::string* Loading::read(const std::string& path) {
  constexpr std::size_t kMaxBytes = 8u << 20;
  auto found = texts_.find(path);
  if (found == texts_.end()) {
    const bool is_folder = path != "-" && files_.is_directory(path);
    found = texts_.emplace(path, is_folder ? std::nullopt : files_.read(path, kMaxBytes)).first;
  }
  return found->second ? &*found->second : nullptr;
}

const std::string& Loading::read_or_fail(const std::string& path, std::string_view what) {
  if (const std::string* text = read(path)) return *text;
  throw_error(ErrorKind::not_found, "read {} '{}': {}", what, shown(path),
              path != "-" && files_.is_directory(path) ? "it is a folder" : "no such file");
}

const std::vector<Node>& Loading::documents(const std::string& path, std::string_view what) {
  if (const auto found = documents_.find(path); found != documents_.end()) return found->second;
  const std::string& text = read_or_fail(path, what);
  const std::uint16_t file = sources.add(shown(path));
  return documents_.emplace(path, parse_documents(text, file, sources)).first->second;
}

std::string Loading::shown(const std::string& path) const {
  const std::string& cwd = request.cwd;
  if (cwd.size() > 1 && path.size() > cwd.size() + 1 && path.starts_with(cwd) && path[cwd.size()] == '/')
    return path.substr(cwd.size() + 1);
  return path;
}

Mapping Loading::read_dotenv(const Strings& paths, const Mapping& environment) {
  Mapping values;
  std::vector<std::string> unset;
  const Lookup lookup = [&](const std::string& name) -> std::optional<std::string> {
    if (const auto found = environment.find(name); found != environment.end()) return found->second;
    if (const auto found = values.find(name); found != values.end()) return found->second;
    return std::nullopt;
  };
  for (const auto& path : paths)
    for (auto& [name, value] : parse_dotenv(read_or_fail(path, "the environment file"), shown(path), lookup, unset))
      values[name] = std::move(value);
  warn_unset(unset);
  return values;
}

std::string Warning::message() const { return show(place, text); }

}  // namespace lichen::compose
