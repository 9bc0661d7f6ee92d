#include "compose/language/dotenv.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

constexpr std::size_t kMaxBytes = 4u << 20;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r'; }

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

/// Text without a byte order mark, CRLF as LF.
std::string normal_text(std::string_view text, const std::string& name) {
  if (text.size() > kMaxBytes) throw_error(ErrorKind::invalid, "{}: larger than {} MiB", name, kMaxBytes >> 20);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return replace_all(std::string(text), "\r\n", "\n");
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& name, const Lookup& lookup, std::vector<std::string>& unset)
      : text_(text), name_(name), lookup_(lookup), unset_(unset) {}

  std::map<std::string, std::string> parse() {
    while (find_statement()) read_statement();
    return std::move(values_);
  }

 private:
  [[noreturn]] void fail(std::string_view message) const {
    throw_error(ErrorKind::invalid, "{}:{}: {}", name_, line_, message);
  }

  void advance(std::size_t count) {
    line_ += static_cast<unsigned>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                              text_.begin() + static_cast<std::ptrdiff_t>(at_ + count), '\n'));
    at_ += count;
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  /// Behind blank lines and comments.
  bool find_statement() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        advance(std::min(text_.find('\n', at_), text_.size()) - at_);
      } else if (c == '\n' || is_blank(c)) {
        advance(1);
      } else {
        return true;
      }
    }
    return false;
  }

  void read_statement() {
    constexpr std::string_view kExport = "export";
    const auto rest = text_.substr(at_);
    if (rest.starts_with(kExport) && rest.size() > kExport.size() && is_blank(rest[kExport.size()])) {
      at_ += kExport.size();
      skip_blanks();
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != '=' && text_[at_] != ':' && text_[at_] != '\n') {
      const char c = text_[at_];
      const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           static_cast<unsigned char>(c) >= 0x80;
      if (!is_word && !is_blank(c) && std::string_view("_.-[]").find(c) == std::string_view::npos)
        fail(format("'{}' cannot stand in the name of a variable", c >= ' ' && c < 0x7f ? std::string(1, c) : "?"));
      ++at_;
    }
    const std::string key(trim_right(text_.substr(start, at_ - start)));
    if (key.empty()) fail("a variable without a name");
    if (key.find(' ') != std::string::npos || key.find('\t') != std::string::npos)
      fail(format("a blank in the name '{}'", key));
    if (at_ >= text_.size() || text_[at_] == '\n') {
      if (auto value = lookup_(key)) values_[key] = std::move(*value);
      return;
    }
    ++at_;
    skip_blanks();
    values_[key] = read_value();
  }

  std::string read_value() {
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) return read_quoted(text_[at_]);
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view value = text_.substr(at_, end - at_);
    // A `#` starts a comment only behind a blank. At the very start it is the value, as in docker compose: A=#fff.
    for (std::size_t i = 1; i < value.size(); ++i) {
      if (value[i] == '#' && is_blank(value[i - 1])) {
        value = value.substr(0, i);
        break;
      }
    }
    const std::string result = expand(trim_right(value));
    advance(end - at_);
    return result;
  }

  std::string read_quoted(char quote) {
    std::string value;
    for (std::size_t end = at_ + 1; end < text_.size(); ++end) {
      if (text_[end] == quote) {
        std::string result = quote == '"' ? expand(unescape(value)) : value;
        advance(end + 1 - at_);
        return result;
      }
      const bool is_escape = text_[end] == '\\' && end + 1 < text_.size();
      if (is_escape && text_[end + 1] != quote) value += '\\';  // it goes before the quote alone
      value += text_[is_escape ? ++end : end];
    }
    fail(format("the value that starts with {} has no end", quote));
  }

  std::string expand(std::string_view value) {
    if (value.find('$') == std::string_view::npos) return std::string(value);
    const Lookup both = [&](const std::string& key) -> std::optional<std::string> {
      if (auto found = lookup_(key)) return found;
      const auto found = values_.find(key);
      return found == values_.end() ? std::nullopt : std::optional(found->second);
    };
    try {
      return interpolate(value, both, unset_);
    } catch (const Error& error) {
      fail(error.what());
    }
  }

  static bool is_octal(char c) { return c >= '0' && c <= '7'; }

  /// `\$` becomes `$$`, which interpolate() makes a `$`.
  static std::string unescape(std::string_view text) {
    static constexpr std::string_view kFrom = "abfnrtv\\\"", kTo = "\a\b\f\n\r\t\v\\\"";
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char next = i + 1 < text.size() ? text[i + 1] : '\0';
      if (text[i] != '\\') {
        result += text[i];
      } else if (next == '$') {
        result += "$$";
        ++i;
      } else if (next == '0' && i + 4 < text.size() && is_octal(text[i + 2]) && is_octal(text[i + 3]) &&
                 is_octal(text[i + 4])) {
        result += static_cast<char>((text[i + 2] - '0') * 64 + (text[i + 3] - '0') * 8 + (text[i + 4] - '0'));
        i += 4;
      } else if (const auto known = next == '\0' ? std::string_view::npos : kFrom.find(next);
                 known != std::string_view::npos) {
        result += kTo[known];
        ++i;
      } else {
        result += text[i];
      }
    }
    return result;
  }

  std::string_view text_;
  const std::string& name_;
  const Lookup& lookup_;
  std::vector<std::string>& unset_;
  std::map<std::string, std::string> values_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
};

}  // namespace

std::map<std::string, std::string> parse_dotenv(std::string_view text, const std::string& name, const Lookup& lookup,
                                                std::vector<std::string>& unset) {
  const std::string normal = normal_text(text, name);
  return Parser(normal, name, lookup, unset).parse();
}

std::map<std::string, std::string> parse_raw_env(std::string_view text, const std::string& name, const Lookup& lookup) {
  std::map<std::string, std::string> values;
  unsigned line_number = 0;
  for (const auto& written : split(normal_text(text, name), '\n')) {
    ++line_number;
    const std::string_view line =
        std::string_view(written).substr(std::min(written.find_first_not_of(" \t"), written.size()));
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string key(line.substr(0, equals));
    if (key.empty()) throw_error(ErrorKind::invalid, "{}:{}: a variable without a name", name, line_number);
    if (key.find_first_of(" \t") != std::string::npos)
      throw_error(ErrorKind::invalid, "{}:{}: a blank in the name '{}'", name, line_number, key);
    if (equals != std::string_view::npos) {
      values[key] = line.substr(equals + 1);
    } else if (auto value = lookup(key)) {
      values[key] = std::move(*value);
    }
  }
  return values;
}

}  // namespace lichen::compose
