#include "src/template_lexer.hh"

#include <charconv>

#include "libpod/base/strings.hh"

namespace lichen::cli::tmpl {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of UTF-8 letters pass: a JSON key may be written in any alphabet.
bool is_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

class Lexer {
 public:
  explicit Lexer(const std::string& source) : source_(source) {}

  std::vector<Token> run() {
    while (next_ < source_.size()) {
      lex_text();
      if (next_ < source_.size()) lex_action();
    }
    tokens_.push_back({Token::Kind::end, source_.size(), {}, {}, false});
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return std::string_view(source_).substr(next_); }
  char peek(std::size_t ahead = 0) const { return next_ + ahead < source_.size() ? source_[next_ + ahead] : '\0'; }

  void lex_text() {
    const auto open = std::min(source_.find("{{", next_), source_.size());
    std::string_view text(source_.data() + next_, open - next_);
    if (trim_next_) text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    trim_next_ = false;
    const bool trims = open + 3 < source_.size() && source_[open + 2] == '-' && is_space(source_[open + 3]);
    if (trims) text = text.substr(0, text.find_last_not_of(kSpace) + 1);
    if (!text.empty()) tokens_.push_back({Token::Kind::text, next_, std::string(text), {}, false});
    next_ = open;
    if (next_ < source_.size()) {
      action_at_ = next_;
      next_ += trims ? 4 : 2;
    }
  }

  void lex_action() {
    if (rest().starts_with("/*")) return lex_comment();
    tokens_.push_back({Token::Kind::open, action_at_, {}, {}, false});
    bool space = false;
    while (true) {
      if (next_ >= source_.size()) fail(source_, action_at_, "unclosed action");
      if (is_space(peek())) {
        space = true;
        ++next_;
        continue;
      }
      if (rest().starts_with("}}") || (space && rest().starts_with("-}}"))) {
        trim_next_ = peek() == '-';
        tokens_.push_back({Token::Kind::close, next_, {}, {}, space});
        next_ += trim_next_ ? 3 : 2;
        return;
      }
      Token token = lex_word();
      token.after_space = space;
      space = false;
      tokens_.push_back(std::move(token));
    }
  }

  void lex_comment() {
    const auto end = source_.find("*/", next_ + 2);
    if (end == std::string::npos) fail(source_, action_at_, "unclosed comment");
    next_ = end + 2;
    const bool spaced = next_ < source_.size() && is_space(source_[next_]);
    while (next_ < source_.size() && is_space(source_[next_])) ++next_;
    trim_next_ = spaced && rest().starts_with("-}}");
    if (!trim_next_ && !rest().starts_with("}}")) fail(source_, action_at_, "comment ends before closing delimiter");
    next_ += trim_next_ ? 3 : 2;
  }

  Token make(Token::Kind kind, std::size_t length, std::string value = {}) {
    Token token{kind, next_, std::move(value), {}, false};
    next_ += length;
    return token;
  }

  std::string name_at(std::size_t from) const {
    std::size_t end = from;
    while (end < source_.size() && is_name(source_[end])) ++end;
    return source_.substr(from, end - from);
  }

  Token lex_word() {
    const char c = peek();
    switch (c) {
      case '(':
        return make(Token::Kind::left, 1);
      case ')':
        return make(Token::Kind::right, 1);
      case '|':
        return make(Token::Kind::pipe, 1);
      case ',':
        return make(Token::Kind::comma, 1);
      case '=':
        return make(Token::Kind::assign, 1);
      case '"':
        return lex_quoted('"');
      case '\'':
        return lex_quoted('\'');
      case '`':
        return lex_raw();
      default:
        break;
    }
    if (rest().starts_with(":=")) return make(Token::Kind::declare, 2);
    if (c == '$') {
      std::string name = "$" + name_at(next_ + 1);
      const std::size_t length = name.size();
      return make(Token::Kind::variable, length, std::move(name));
    }
    if (is_digit(c) || ((c == '+' || c == '-' || c == '.') && is_digit(peek(1)))) return lex_number();
    if (c == '.') {
      std::string name = name_at(next_ + 1);
      if (name.empty()) return make(Token::Kind::dot, 1);
      const std::size_t length = name.size() + 1;
      return make(Token::Kind::field, length, std::move(name));
    }
    std::string name = name_at(next_);
    if (name.empty()) fail(source_, next_, format("unexpected character '{}'", c));
    const std::size_t length = name.size();
    return make(Token::Kind::word, length, std::move(name));
  }

  Token lex_raw() {
    const auto end = source_.find('`', next_ + 1);
    if (end == std::string::npos) fail(source_, next_, "unterminated raw quoted string");
    Json value = source_.substr(next_ + 1, end - next_ - 1);
    Token token = make(Token::Kind::literal, end + 1 - next_);
    token.literal = std::move(value);
    return token;
  }

  Token lex_quoted(char quote) {
    const Offset start = next_++;
    std::string text;
    while (peek() != quote) {
      if (next_ >= source_.size() || peek() == '\n') fail(source_, start, "unterminated quoted string");
      if (peek() == '\\')
        lex_escape(text, start);
      else
        text += source_[next_++];
    }
    ++next_;
    Token token{Token::Kind::literal, start, {}, Json(text), false};
    if (quote == '\'') token.literal = code_of(text, start);  // Go: a character is its number
    return token;
  }

  std::int64_t code_of(const std::string& text, Offset start) const {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = text.empty() ? 0 : byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC0 ? 2 : 1;
    if (length == 0 || text.size() != length) fail(source_, start, "malformed character constant");
    std::uint32_t code = length == 1 ? byte(0) : byte(0) & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (byte(i) & 0x3Fu);
    return static_cast<std::int64_t>(code);
  }

  // Go's escapes: \a \b \f \n \r \t \v \\ \' \" \ooo \xhh \uhhhh \Uhhhhhhhh
  void lex_escape(std::string& text, Offset start) {
    constexpr std::string_view kLetters = "abfnrtv\\'\"";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
    ++next_;
    const char c = peek();
    if (const auto index = kLetters.find(c); index != std::string_view::npos && c != '\0') {
      text += kMeanings[index];
      ++next_;
      return;
    }
    const bool octal = c >= '0' && c <= '7';
    const std::size_t digits = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    const std::size_t from = next_ + (octal ? 0 : 1);
    std::uint32_t value = 0;
    if (digits == 0 || from + digits > source_.size()) fail(source_, start, "unknown escape in a quoted string");
    const char* begin = source_.data() + from;
    const auto result = std::from_chars(begin, begin + digits, value, octal ? 8 : 16);
    const bool byte = octal || c == 'x';
    if (result.ptr != begin + digits || value > (byte ? 0xFFu : 0x10FFFFu)) fail(source_, start, "malformed escape");
    if (byte)
      text += static_cast<char>(static_cast<unsigned char>(value));
    else
      append_utf8(text, value);
    next_ = from + digits;
  }

  Token lex_number() {
    std::size_t end = next_ + 1;
    while (end < source_.size()) {
      const char c = source_[end];
      const bool exponent_sign = (c == '+' || c == '-') && (source_[end - 1] == 'e' || source_[end - 1] == 'E') &&
                                 source_.substr(next_, 2) != "0x";
      if (!is_name(c) && c != '.' && !exponent_sign) break;
      ++end;
    }
    const std::string typed = source_.substr(next_, end - next_);
    Json value = number_from(typed);
    if (value.is_null()) fail(source_, next_, format("bad number syntax: \"{}\"", typed));
    Token token = make(Token::Kind::literal, end - next_);
    token.literal = std::move(value);
    return token;
  }

  static Json number_from(const std::string& typed) {
    std::string text = replace_all(typed, "_", "");
    const bool negative = text[0] == '-';
    if (text[0] == '-' || text[0] == '+') text.erase(0, 1);
    int base = 10;
    const std::string prefix = to_lower(text.substr(0, 2));
    if (prefix == "0x") base = 16;
    if (prefix == "0o") base = 8;
    if (prefix == "0b") base = 2;
    const char* begin = text.data() + (base == 10 ? 0 : 2);
    const char* end = text.data() + text.size();
    if (base == 10 && text.size() > 1 && text[0] == '0' && text.find_first_not_of("01234567") == std::string::npos)
      base = 8;
    std::int64_t integer = 0;
    if (const auto r = std::from_chars(begin, end, integer, base); r.ec == std::errc() && r.ptr == end && begin != end)
      return negative ? -integer : integer;
    double real = 0;
    if (const auto r = std::from_chars(text.data(), end, real); base == 10 && r.ec == std::errc() && r.ptr == end)
      return negative ? -real : real;
    return nullptr;
  }

  const std::string& source_;
  std::size_t next_ = 0;
  Offset action_at_ = 0;
  bool trim_next_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lex_template(const std::string& source) { return Lexer(source).run(); }

}  // namespace lichen::cli::tmpl
