#include "compose/language/command_words.hh"

#include <algorithm>
#include <utility>

#include "libpod/base/error.hh"

namespace lichen::compose {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  CommandWords split() {
    for (; at_ < text_.size(); ++at_) {
      if (is_plain() && is_operator(text_[at_])) {
        end_at_operator();
        break;
      }
      step();
    }
    if (quote_ != '\0') throw_error(ErrorKind::invalid, "'{}': the quote {} is not closed", text_, quote_);
    end_word();
    return std::move(result_);
  }

 private:
  static bool is_operator(char c) { return std::string_view(";&|<>").find(c) != std::string_view::npos; }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  bool is_plain() const { return quote_ == '\0' && !is_in_substitution(); }
  bool is_in_substitution() const { return in_backquotes_ || in_parentheses_; }

  void step() {
    const char c = text_[at_];
    if (c == '\\' && quote_ != '\'' && at_ + 1 < text_.size()) return escape();
    if (is_plain() && is_blank(c)) return end_word();
    if (!is_in_substitution() && (c == '\'' || c == '"') && (quote_ == '\0' || quote_ == c)) {
      quote_ = quote_ == '\0' ? c : '\0';
      in_word_ = true;
      return;
    }
    if (quote_ == '\0') note_substitution(c);
    add(c);
  }

  void escape() {
    const char next = text_[++at_];
    if (is_in_substitution()) {
      add('\\');
      add(next);
    } else if (next != '\n') {  // a backslash at the end of a line: the line goes on
      add(next == 'n' ? '\n' : next == 't' ? '\t' : next);
    }
  }

  void note_substitution(char c) {
    if (c == '`' && !in_parentheses_) in_backquotes_ = !in_backquotes_;
    if (in_backquotes_) return;
    if (c == '(' && word_.ends_with('$')) in_parentheses_ = true;
    if (c == ')') in_parentheses_ = false;
  }

  /// Digits before a `>` belong to it: 2>&1.
  void end_at_operator() {
    const bool is_descriptor =
        text_[at_] == '>' && std::ranges::all_of(word_, [](char c) { return c >= '0' && c <= '9'; });
    if (is_descriptor) in_word_ = false;
    result_.left_out = text_.substr(at_);
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  void end_word() {
    if (in_word_) result_.words.push_back(std::exchange(word_, {}));
    in_word_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  char quote_ = '\0';
  bool in_word_ = false, in_backquotes_ = false, in_parentheses_ = false;
  std::string word_;
  CommandWords result_;
};

}  // namespace

CommandWords command_words(std::string_view text) { return Splitter(text).split(); }

}  // namespace lichen::compose
