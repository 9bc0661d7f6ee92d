#include "buildah/language/shell_pattern.hh"

#include <algorithm>

#include "libpod/base/error.hh"

namespace lichen::language {
namespace {

constexpr std::size_t kNowhere = std::string::npos;
constexpr char32_t kByte = 0x110000;  // + a byte that is not part of valid UTF-8: comes back as it was

// One character per element.
std::u32string decode(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xF0 && first < 0xF5 ? 4
                               : first >= 0xE0                 ? 3
                               : first >= 0xC2                 ? 2
                                                               : 0;
    bool is_valid = length != 0 && first < 0xF5 && i + length <= text.size();
    char32_t character = length == 1 ? first : first & (0x7Fu >> length);
    for (std::size_t k = 1; is_valid && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      is_valid = (next & 0xC0) == 0x80;
      character = (character << 6) | (next & 0x3F);
    }
    out += is_valid ? character : kByte + first;
    i += is_valid ? length : 1;
  }
  return out;
}

std::string encode(std::u32string_view text) {
  std::string out;
  const auto add = [&out](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  for (const char32_t c : text) {
    if (c >= kByte) {
      add(c - kByte);
    } else if (c < 0x80) {
      add(c);
    } else if (c < 0x800) {
      add(0xC0 | (c >> 6));
      add(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      add(0xE0 | (c >> 12));
      add(0x80 | ((c >> 6) & 0x3F));
      add(0x80 | (c & 0x3F));
    } else {
      add(0xF0 | (c >> 18));
      add(0x80 | ((c >> 12) & 0x3F));
      add(0x80 | ((c >> 6) & 0x3F));
      add(0x80 | (c & 0x3F));
    }
  }
  return out;
}

}  // namespace

ShellPattern::ShellPattern(std::string_view pattern, std::size_t& work) : segments_(1), work_(work) {
  const auto characters = decode(pattern);
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const char32_t c = characters[i];
    if (c == U'*') {
      segments_.emplace_back();
    } else if (c == U'\\' && i + 1 < characters.size()) {
      segments_.back().push_back({characters[++i], false});
    } else {
      segments_.back().push_back({c, c == U'?'});
    }
  }
}

bool ShellPattern::fits(const Segment& segment, const std::u32string& text, std::size_t at) const {
  if (segment.size() > text.size() - at) return false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (work_-- == 0) {
      work_ = 0;
      throw_error(ErrorKind::invalid, "a pattern in ${{}} takes too long on its value");
    }
    if (!segment[i].is_any && segment[i].character != text[at + i]) return false;
  }
  return true;
}

std::size_t ShellPattern::find(const Segment& segment, const std::u32string& text, std::size_t from) const {
  if (segment.empty()) return from;
  for (std::size_t at = from; at + segment.size() <= text.size(); ++at)
    if (fits(segment, text, at)) return at;
  return kNowhere;
}

std::size_t ShellPattern::find_last(const Segment& segment, const std::u32string& text, std::size_t from,
                                    std::size_t end) const {
  if (segment.size() > end) return kNowhere;
  for (std::size_t at = end - segment.size() + 1; at-- > from;)
    if (fits(segment, text, at)) return at;
  return kNowhere;
}

// Where a match that begins at `start` ends.
bool ShellPattern::find_end(const std::u32string& text, std::size_t start, bool is_longest, std::size_t& end) const {
  if (!fits(segments_[0], text, start)) return false;
  std::size_t at = start + segments_[0].size();
  for (std::size_t i = 1; i < segments_.size(); ++i) {
    const auto& segment = segments_[i];
    const bool is_last = i + 1 == segments_.size();
    const auto found = is_last && is_longest ? find_last(segment, text, at, text.size()) : find(segment, text, at);
    if (found == kNowhere) return false;
    at = found + segment.size();
  }
  end = at;
  return true;
}

std::string ShellPattern::without_prefix(const std::string& value, bool is_longest) const {
  const auto text = decode(value);
  std::size_t end = 0;
  if (!find_end(text, 0, is_longest, end)) return value;
  return encode(std::u32string_view(text).substr(end));
}

std::string ShellPattern::without_suffix(const std::string& value, bool is_longest) const {
  const auto text = decode(value);
  const auto& last = segments_.back();
  if (last.size() > text.size() || !fits(last, text, text.size() - last.size())) return value;
  std::size_t end = text.size() - last.size();
  for (std::size_t i = segments_.size() - 1; i-- > 0;) {
    const auto& segment = segments_[i];
    std::size_t found = find_last(segment, text, 0, end);
    if (found != kNowhere && i == 0 && is_longest) found = find(segment, text, 0);
    if (found == kNowhere) return value;
    end = found;
  }
  return encode(std::u32string_view(text).substr(0, end));
}

std::string ShellPattern::replaced(const std::string& value, std::string_view replacement, bool is_all,
                                   std::size_t max_size) const {
  if (segments_.size() == 1 && segments_[0].empty()) return value;
  const auto text = decode(value);
  const std::u32string_view view = text;
  std::string out;
  std::size_t at = 0;
  while (at < text.size() || (at == 0 && text.empty())) {
    const std::size_t start = find(segments_[0], text, at);
    std::size_t end = 0;
    // When the rest does not fit after the first place it fits after no later one.
    if (start == kNowhere || !find_end(text, start, true, end)) break;
    out += encode(view.substr(at, start - at));
    out += replacement;
    if (out.size() > max_size) throw_error(ErrorKind::invalid, "expansion to more than {} bytes", max_size);
    at = end;
    if (!is_all || text.empty()) break;
  }
  return out + encode(view.substr(at));
}

}  // namespace lichen::language
