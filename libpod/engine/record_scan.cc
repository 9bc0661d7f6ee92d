#include "libpod/engine/record_scan.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"

namespace lichen::engine {
namespace {

class Scanner {
 public:
  Scanner(std::string_view text, std::string_view what)
      : at_(text.data()), end_(text.data() + text.size()), what_(what) {}

  char peek() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
    return at_ < end_ ? *at_ : '\0';
  }
  void expect(char c) {
    if (peek() != c) damaged();
    ++at_;
  }
  bool done() { return peek() == '\0' && at_ == end_; }

  /// The bytes between the quotes, escapes as they are.
  std::string_view string() {
    expect('"');
    const char* begin = at_;
    for (;;) {
      const auto* quote = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (quote == nullptr) damaged();
      const char* slash = quote;
      while (slash > begin && slash[-1] == '\\') --slash;
      at_ = quote + 1;
      if ((quote - slash) % 2 == 0) return {begin, static_cast<std::size_t>(quote - begin)};
    }
  }

  /// One whole value, unparsed.
  std::string_view value() {
    const char first = peek();
    const char* begin = at_;
    if (first == '"') {
      string();
    } else if (first == '{' || first == '[') {
      skip_brackets();
    } else {
      while (at_ < end_ && std::strchr(",}] \n\t\r", *at_) == nullptr) ++at_;
      if (at_ == begin) damaged();
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }

  [[noreturn]] void damaged() const {
    throw Error(ErrorKind::invalid, format("{}: damaged: it is not a whole JSON object", what_))
        .with_hint("`lichen system check --repair` sets it aside; everything else keeps working");
  }

 private:
  void skip_brackets() {
    int depth = 0;
    do {
      switch (at_ < end_ ? *at_ : '\0') {
        case '"':
          string();
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        case '}':
        case ']':
          --depth;
          break;
        case '\0':
          damaged();
        default:
          break;
      }
      ++at_;
    } while (depth > 0);
  }

  const char* at_;
  const char* end_;
  std::string_view what_;
};

}  // namespace

Json pick_members(std::string_view text, std::string_view what, std::span<const std::string_view> keys) {
  Scanner in(text, what);
  std::string picked = "{";
  in.expect('{');
  if (in.peek() != '}') {
    for (;;) {
      const std::string_view key = in.string();
      in.expect(':');
      const std::string_view value = in.value();
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
        if (picked.size() > 1) picked += ',';
        picked.append("\"").append(key).append("\":").append(value);
      }
      if (in.peek() != ',') break;
      in.expect(',');
    }
  }
  in.expect('}');
  if (!in.done()) in.damaged();
  picked += '}';
  return parse_json(picked, what);
}

}  // namespace lichen::engine
