#include "libpod/sys/mountinfo.hh"

#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"

namespace lichen::sys {

std::string decode_mount_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text[i] == '\\' && i + 3 < text.size() ? parse_octal(text.substr(i + 1, 3)) : std::nullopt;
    if (code && *code < 256) {
      out += static_cast<char>(*code);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<MountInfo> parse_mountinfo(std::string_view text) {
  std::vector<MountInfo> mounts;
  for (const auto& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    // The optional fields end with a lone "-".
    const auto dash = std::find(words.begin() + std::min<std::ptrdiff_t>(6, std::ssize(words)), words.end(), "-");
    if (words.size() < 10 || words.end() - dash < 4) continue;
    const auto id = parse_uint(words[0]), parent = parse_uint(words[1]);
    const auto device = cut(words[2], ':');
    if (!id || !parent || !device) continue;
    const auto major = parse_uint(device->first), minor = parse_uint(device->second);
    if (!major || !minor) continue;
    MountInfo& info = mounts.emplace_back();
    info.id = static_cast<int>(*id);
    info.parent_id = static_cast<int>(*parent);
    info.major = static_cast<unsigned>(*major);
    info.minor = static_cast<unsigned>(*minor);
    info.root = decode_mount_escapes(words[3]);
    info.mount_point = decode_mount_escapes(words[4]);
    info.options = split(words[5], ',');
    info.optional.assign(words.begin() + 6, dash);
    info.type = decode_mount_escapes(dash[1]);
    info.source = decode_mount_escapes(dash[2]);
    info.super_options = split(dash[3], ',');
  }
  return mounts;
}

std::vector<MountInfo> read_mountinfo() { return parse_mountinfo(read_file("/proc/self/mountinfo")); }

}  // namespace lichen::sys
