// The reader of words. It follows BuildKit's shell lexer, also where a real shell would do something else: digits after
// $ are one name, $? and the like are names (never set), a single quote inside ${...} quotes.
//
// Each character of the word is read once; the text of a variable is only copied. What could grow or cost out of
// proportion (results, nesting, patterns) is counted and ends in an error.
#include "buildah/language/expand.hh"

#include "buildah/language/shell_pattern.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"

namespace lichen::language {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Expander {
 public:
  Expander(std::string_view text, const Lookup& lookup, char escape, bool has_quotes)
      : text_(text), lookup_(lookup), escape_(escape), has_quotes_(has_quotes) {}

  /// The whole text. @param words  where unquoted blanks cut, when it is asked for
  std::string run(std::vector<std::string>* words) {
    words_ = words;
    auto result = read_until('\0', false, words != nullptr);
    if (words_) end_word();
    return result;
  }

  Names names;

 private:
  [[noreturn]] void fail(std::string_view message) const {
    constexpr std::size_t kShown = 120;
    throw_error(ErrorKind::invalid, "{} in '{}{}'", message, printable(text_.substr(0, kShown)),
                text_.size() > kShown ? "..." : "");
  }
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  char take() { return text_[at_++]; }
  /// The word's own characters are few; values are what makes a result grow.
  void grow(std::size_t size) {
    size_ += size;
    if (size_ > kMaxExpansion) fail(format("expansion to more than {} bytes", kMaxExpansion));
  }

  void end_word() {
    if (!word_.empty()) words_->push_back(std::move(word_));
    word_.clear();
  }
  void add_cut(std::string_view text) {
    for (const char c : text)
      if (is_blank(c))
        end_word();
      else
        word_ += c;
  }

  /// @param stop  the unquoted character that ends it (it is taken), '\0': the end of the text
  /// @param keeps_escapes  patterns: a backslash stays before what was escaped
  std::string read_until(char stop, bool keeps_escapes, bool cuts) {
    std::string result;
    while (!at_end()) {
      const char c = peek();
      if (stop != '\0' && c == stop) {
        ++at_;
        return result;
      }
      std::string piece;
      bool is_cut = false;
      if (c == '$') {
        piece = read_variable();
        is_cut = true;
      } else if (has_quotes_ && c == '\'') {
        piece = read_single_quotes();
      } else if (has_quotes_ && c == '"') {
        piece = read_double_quotes(keeps_escapes);
      } else if (c == escape_) {
        ++at_;
        if (keeps_escapes) piece = "\\";
        if (!at_end()) piece += take();
      } else {
        piece = take();
        is_cut = true;
      }
      if (cuts && is_cut)
        add_cut(piece);
      else if (cuts)
        word_ += piece;
      result += piece;
    }
    if (stop != '\0') fail(format("missing '{}'", stop));
    return result;
  }

  std::string read_single_quotes() {
    const auto end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) fail("missing closing '");
    std::string result(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return result;
  }

  std::string read_double_quotes(bool keeps_escapes) {
    std::string result;
    ++at_;
    while (!at_end()) {
      const char c = peek();
      if (c == '"') {
        ++at_;
        return result;
      }
      if (c == '$') {
        result += read_variable();
        continue;
      }
      ++at_;
      if (c != escape_) {
        result += c;
        continue;
      }
      if (keeps_escapes) result += '\\';
      const char next = peek();
      if (at_end()) break;
      // Only these can be escaped here; before others the escape character is text.
      if (next == '"' || next == '$' || next == escape_)
        result += take();
      else
        result += c;
    }
    fail("missing closing \"");
  }

  std::string read_name() {
    const std::size_t start = at_;
    if (is_digit(peek())) {
      while (!at_end() && is_digit(peek())) ++at_;
    } else if (!at_end() && std::string_view("@*#?-$!").find(peek()) != std::string_view::npos) {
      ++at_;
    } else {
      while (!at_end() && (is_letter(peek()) || is_digit(peek()))) ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  std::optional<std::string> value_of(const std::string& name, bool is_defaulted) {
    auto value = lookup_(name);
    (value ? names.used : is_defaulted ? names.defaulted : names.undefined).insert(name);
    if (value) grow(value->size());
    return value;
  }

  std::string read_variable() {
    ++at_;
    if (peek() != '{') {
      const auto name = read_name();
      return name.empty() ? "$" : value_of(name, false).value_or("");
    }
    ++at_;
    if (at_end()) fail("missing '}'");
    const auto name = read_name();
    if (name.empty()) fail("bad substitution");
    if (++depth_ > kMaxNesting) fail(format("more than {} levels of ${{}}", kMaxNesting));
    auto result = read_form(name);
    --depth_;
    return result;
  }

  std::string read_form(const std::string& name) {
    if (at_end()) fail("missing '}'");
    char form = take();
    if (form == '}') return value_of(name, false).value_or("");
    if (form == '/') return replaced(name);
    const bool empty_is_unset = form == ':';
    if (empty_is_unset) {
      if (at_end()) fail("missing '}'");
      form = take();
    }
    if (form == '#' || form == '%') return trimmed(name, form);
    if (form != '-' && form != '+' && form != '?')
      fail(format("unsupported form '{}{}' of ${{{}}}", empty_is_unset ? ":" : "", printable({&form, 1}), name));
    auto word = read_until('}', false, false);
    auto value = value_of(name, form != '?');
    const bool is_set = value && !(empty_is_unset && value->empty());
    if (form == '-') return is_set ? *value : word;
    if (form == '+') return is_set ? word : "";
    if (is_set) return *value;
    if (!word.empty()) throw_error(ErrorKind::invalid, "{}: {}", name, printable(word.substr(0, 400)));
    throw_error(ErrorKind::invalid, "{}: it must not be {}", name, value ? "empty" : "unset");
  }

  std::string trimmed(const std::string& name, char form) {
    const bool is_longest = peek() == form;
    if (is_longest) ++at_;
    const ShellPattern pattern(read_until('}', true, false), work_);
    const auto value = value_of(name, false).value_or("");
    return form == '#' ? pattern.without_prefix(value, is_longest) : pattern.without_suffix(value, is_longest);
  }

  std::string replaced(const std::string& name) {
    const bool is_all = peek() == '/';
    if (is_all) ++at_;
    const ShellPattern pattern(read_until('/', true, false), work_);
    const auto replacement = read_until('}', false, false);
    auto result = pattern.replaced(value_of(name, false).value_or(""), replacement, is_all, kMaxExpansion);
    grow(result.size());
    return result;
  }

  std::string_view text_;
  const Lookup& lookup_;
  char escape_;
  bool has_quotes_;
  std::size_t at_ = 0, size_ = 0;
  std::size_t work_ = kMaxPatternWork;
  int depth_ = 0;
  std::vector<std::string>* words_ = nullptr;
  std::string word_;
};

Expanded expanded(std::string_view text, const Lookup& lookup, char escape, bool has_quotes) {
  Expander expander(text, lookup, escape, has_quotes);
  Expanded result;
  result.text = expander.run(nullptr);
  static_cast<Names&>(result) = std::move(expander.names);
  return result;
}

template <typename Expand>
auto with_place(const Word& word, const Source& source, const Expand& expand_text) {
  try {
    return expand_text(word.text);
  } catch (const Error& error) {
    fail_at(source, word.position, error.message(), error.hint());
  }
}

}  // namespace

Expanded expand(std::string_view word, const Lookup& lookup, char escape) {
  return expanded(word, lookup, escape, true);
}

ExpandedWords expand_words(std::string_view word, const Lookup& lookup, char escape) {
  Expander expander(word, lookup, escape, true);
  ExpandedWords result;
  expander.run(&result.words);
  static_cast<Names&>(result) = std::move(expander.names);
  return result;
}

Expanded expand(const Word& word, const Source& source, const Lookup& lookup, char escape) {
  return with_place(word, source, [&](std::string_view text) { return expand(text, lookup, escape); });
}

ExpandedWords expand_words(const Word& word, const Source& source, const Lookup& lookup, char escape) {
  return with_place(word, source, [&](std::string_view text) { return expand_words(text, lookup, escape); });
}

Expanded expand_heredoc(std::string_view body, const Lookup& lookup) { return expanded(body, lookup, '\\', false); }

}  // namespace lichen::language
