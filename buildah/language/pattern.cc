// From text to tokens, and the walk over the tokens.
//
// The state of a match is a set of token indices: "the path so far is matched up to here". A character moves each index
// to its successors; tokens that may match nothing are stepped over at once (close()). Sets are bit vectors, so that a
// character costs as many steps as there are words in the set's longest run of tokens, never more than tokens.
#include "buildah/language/pattern.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"

namespace lichen::language {
namespace {

constexpr std::size_t kMaxPattern = 64 * 1024;

// The next character of UTF-8 text; a byte that is not part of one stands for itself, above all characters.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xF0 && first < 0xF5 ? 4
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xC2 && first < 0xE0 ? 2
                                                             : 0;
  if (length <= 1 || at + length > text.size()) {
    ++at;
    return length == 1 ? first : 0x110000u + first;
  }
  char32_t character = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0) != 0x80) {
      ++at;
      return 0x110000u + first;
    }
    character = (character << 6) | (next & 0x3F);
  }
  at += length;
  return character;
}

}  // namespace

/// A match under way.
class Pattern::Run {
 public:
  explicit Run(const Pattern& pattern) : pattern_(pattern), marks_(pattern.tokens_.size() + 1, 0) {
    ++mark_;
    add(0);
  }

  void feed(std::string_view path) {
    for (std::size_t at = 0; at < path.size() && !now_.empty();) step(next_character(path, at));
  }
  bool is_alive() const { return !now_.empty(); }
  bool is_accepted() const { return std::find(now_.begin(), now_.end(), pattern_.tokens_.size()) != now_.end(); }

 private:
  void add(std::size_t index) {
    while (marks_[index] != mark_) {
      marks_[index] = mark_;
      now_.push_back(index);
      if (index == pattern_.tokens_.size()) return;
      const Kind kind = pattern_.tokens_[index].kind;
      if (kind == Kind::optional) add(index + 2);
      if (kind != Kind::star && kind != Kind::anything && kind != Kind::optional) return;
      ++index;
    }
  }

  void step(char32_t character) {
    before_.swap(now_);
    now_.clear();
    ++mark_;
    for (const std::size_t index : before_) {
      if (index == pattern_.tokens_.size()) continue;
      const Token& token = pattern_.tokens_[index];
      switch (token.kind) {
        case Kind::literal:
          if (token.character == character) add(index + 1);
          break;
        case Kind::any_character:
          if (character != U'/') add(index + 1);
          break;
        case Kind::char_class:
          if (pattern_.is_in(pattern_.classes_[token.char_class], character)) add(index + 1);
          break;
        case Kind::star:
          if (character != U'/') add(index);
          break;
        case Kind::anything:
          add(index);
          break;
        case Kind::until_slash:
          add(index);
          if (character == U'/') add(index + 1);
          break;
        case Kind::optional:
          break;
      }
    }
  }

  const Pattern& pattern_;
  std::vector<std::size_t> now_, before_;
  std::vector<std::uint32_t> marks_;
  std::uint32_t mark_ = 0;
};

void Pattern::malformed(std::string_view why) const {
  throw_error(ErrorKind::invalid, "pattern '{}': {}", printable(text_.substr(0, 200)), why);
}

// Go's getEsc: '-' and ']' must be escaped here.
char32_t Pattern::read_class_character(std::size_t& at) const {
  const std::string_view text = text_;
  if (at < text.size() && (text[at] == '-' || text[at] == ']')) malformed("'-' and ']' in [] need a backslash");
  if (at < text.size() && text[at] == '\\') ++at;
  if (at >= text.size()) malformed("a [ is not closed");
  const char32_t character = next_character(text, at);
  if (at >= text.size()) malformed("a [ is not closed");
  return character;
}

Pattern::CharClass Pattern::read_class(std::size_t& at) const {
  CharClass result;
  ++at;
  if (at < text_.size() && text_[at] == '^') {
    result.is_negated = true;
    ++at;
  }
  while (true) {
    if (at < text_.size() && text_[at] == ']' && !result.ranges.empty()) break;
    const char32_t low = read_class_character(at);
    char32_t high = low;
    if (text_[at] == '-') high = read_class_character(++at);
    if (high < low && style_ == PatternStyle::ignore) malformed("a range ends before it begins");
    result.ranges.emplace_back(low, high);
  }
  ++at;
  return result;
}

bool Pattern::is_in(const CharClass& char_class, char32_t character) const {
  const bool is_found = std::any_of(char_class.ranges.begin(), char_class.ranges.end(), [&](const auto& range) {
    return range.first <= character && character <= range.second;
  });
  return is_found != char_class.is_negated;
}

// Any number of directories, none included.
void Pattern::add_directories() {
  const auto count = tokens_.size();
  if (count >= 2 && tokens_[count - 2].kind == Kind::optional) return;  // ** after ** adds nothing
  tokens_.push_back({Kind::optional, 0, 0});
  tokens_.push_back({Kind::until_slash, 0, 0});
}

void Pattern::compile_double_star(std::size_t& at, std::size_t start) {
  at += 2;
  if (at < text_.size() && text_[at] == '/') ++at;
  if (at == text_.size()) {
    // The forms of moby/patternmatcher: "dir/**" is a prefix, and does not match "dir" itself.
    if (form_ == Form::exact && style_ == PatternStyle::ignore) {
      form_ = Form::prefix;
    } else {
      tokens_.push_back({Kind::anything, 0, 0});
      form_ = Form::automaton;
    }
  } else {
    add_directories();
    form_ = Form::automaton;
  }
  // "**name" is a suffix, also in the middle of a component.
  if (start == 0 && style_ == PatternStyle::ignore) form_ = Form::suffix;
}

Pattern::Pattern(std::string_view text, PatternStyle style) : text_(text), style_(style) {
  if (text.size() > kMaxPattern) malformed("it is too long");
  for (std::size_t at = 0; at < text_.size();) {
    const char c = text_[at];
    const bool is_double = c == '*' && at + 1 < text_.size() && text_[at + 1] == '*';
    const bool is_component =
        is_double && (at == 0 || text_[at - 1] == '/') && (at + 2 == text_.size() || text_[at + 2] == '/');
    has_wildcards_ = has_wildcards_ || c == '*' || c == '?' || c == '[';
    if (is_double && (style == PatternStyle::ignore || is_component)) {
      compile_double_star(at, at);
      continue;
    }
    if (c == '*') {
      if (tokens_.empty() || tokens_.back().kind != Kind::star) tokens_.push_back({Kind::star, 0, 0});
      ++at;
    } else if (c == '?') {
      tokens_.push_back({Kind::any_character, 0, 0});
      ++at;
    } else if (c == '[') {
      classes_.push_back(read_class(at));
      tokens_.push_back({Kind::char_class, 0, classes_.size() - 1});
    } else {
      const bool is_escaped = c == '\\';
      if (is_escaped && ++at == text_.size()) malformed("it ends with a backslash");
      const std::size_t first = at;
      tokens_.push_back({Kind::literal, next_character(text_, at), 0});
      literal_.append(text_, first, at - first);
      if (!is_escaped) continue;
    }
    form_ = Form::automaton;
  }
  if (!has_wildcards_) form_ = Form::exact;
}

bool Pattern::matches(std::string_view path) const {
  const std::string_view text = text_;
  switch (form_) {
    case Form::exact:
      return path == literal_;
    case Form::prefix:
      return path.starts_with(text.substr(0, text.rfind("**")));
    case Form::suffix: {
      const auto suffix = text.substr(2);
      return path.ends_with(suffix) || (suffix.starts_with('/') && path == suffix.substr(1));
    }
    case Form::automaton:
      break;
  }
  Run run(*this);
  run.feed(path);
  return run.is_accepted();
}

bool Pattern::may_match_below(std::string_view directory) const {
  if (directory.empty() || directory == ".") return true;
  const std::string below = std::string(directory) + "/";
  switch (form_) {
    case Form::exact:
      return literal_.starts_with(below);
    case Form::prefix: {
      const auto prefix = std::string_view(text_).substr(0, text_.rfind("**"));
      return prefix.starts_with(below) || below.starts_with(prefix);
    }
    case Form::suffix:
      return true;
    case Form::automaton:
      break;
  }
  Run run(*this);
  run.feed(below);
  return run.is_alive();
}

}  // namespace lichen::language
