#include "libpod/spec/env.hh"

#include <algorithm>
#include <map>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

std::string_view name_of(std::string_view entry) { return entry.substr(0, entry.find('=')); }

// Well-formed UTF-8 without overlong forms and surrogates (RFC 3629, section 4): docker refuses other files.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : (lead & 0xf0) == 0xe0       ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f))
      return false;
    i += length;
  }
  return true;
}

// Calls `take(line, where)` for each line that holds an entry. The blanks before a name are dropped, those after a
// value stay.
template <typename Taker>
void for_each_line(std::string_view text, std::string_view what, Taker take) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);  // Go's bufio.ScanLines
    const std::string where = fmt::format("{}:{}", what, number);
    if (line.find('\0') != std::string_view::npos) throw_error(ErrorKind::invalid, "{}: NUL byte", where);
    if (!is_utf8(line)) throw_error(ErrorKind::invalid, "{}: invalid UTF-8", where);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || line[0] == '#') continue;
    const std::string_view name = name_of(line);
    if (name.empty())
      throw Error(ErrorKind::invalid, fmt::format("{}: no name before '='", where)).with_hint("write NAME=value");
    if (name.find_first_of(" \t\v\f") != std::string_view::npos)
      throw Error(ErrorKind::invalid, fmt::format("{}: the name '{}' has blanks", where, name))
          .with_hint("write NAME=value");
    take(line);
  }
}

}  // namespace

bool is_valid_env_entry(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  return equals != std::string_view::npos && equals != 0 && entry.find('\0') == std::string_view::npos;
}

std::vector<std::string> parse_env_option(std::string_view text, const EnvLookup& lookup,
                                          std::span<const std::string> names) {
  if (text.find('\0') != std::string_view::npos) throw_error(ErrorKind::usage, "--env: NUL byte in the value");
  if (name_of(text).empty())
    throw Error(ErrorKind::usage, fmt::format("--env '{}': the name is empty", text))
        .with_hint("write NAME=value or NAME");
  if (text.find('=') != std::string_view::npos) return {std::string(text)};
  std::vector<std::string> entries;
  const auto take = [&](std::string_view name) {
    if (const auto value = lookup(name)) entries.push_back(std::string(name) + "=" + *value);
  };
  if (text.ends_with('*')) {
    for (const auto& name : names)
      if (name.starts_with(text.substr(0, text.size() - 1))) take(name);
  } else {
    take(text);
  }
  return entries;
}

std::vector<std::string> parse_env_file(std::string_view text, std::string_view what, const EnvLookup& lookup) {
  std::vector<std::string> entries;
  for_each_line(text, what, [&](std::string_view line) {
    if (line.find('=') != std::string_view::npos)
      entries.emplace_back(line);
    else if (const auto value = lookup(line))
      entries.push_back(std::string(line) + "=" + *value);
  });
  return entries;
}

std::vector<std::string> parse_label_file(std::string_view text, std::string_view what) {
  std::vector<std::string> entries;
  for_each_line(text, what, [&](std::string_view line) {
    entries.push_back(line.find('=') != std::string_view::npos ? std::string(line) : std::string(line) + "=");
  });
  return entries;
}

std::vector<std::string> merge_env(std::span<const std::string> base, std::span<const std::string> overrides) {
  std::vector<std::string> merged;
  std::map<std::string, std::size_t, std::less<>> places;
  for (const auto& list : {base, overrides})
    for (const auto& entry : list) {
      if (!is_valid_env_entry(entry)) continue;
      const auto [place, is_new] = places.try_emplace(std::string(name_of(entry)), merged.size());
      if (is_new)
        merged.push_back(entry);
      else
        merged[place->second] = entry;
    }
  return merged;
}

std::optional<std::string> find_env(std::span<const std::string> env, std::string_view name) {
  for (const auto& entry : env)
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name))
      return entry.substr(name.size() + 1);
  return std::nullopt;
}

}  // namespace lichen::spec
