// Word rules of BuildKit's line parsers. The quoting rules differ on purpose from one function to the next: flags lose
// their quotes here, values keep them for expand(), paths know none.
#include "buildah/language/words.hh"

#include <algorithm>

#include "buildah/language/lines.hh"
#include "libpod/base/json.hh"
#include "libpod/base/parse.hh"

namespace lichen::language {
namespace {

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos || c == '\n'; }

bool has_open_quote(std::string_view text) {
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && quote != '\'')
      ++at;
    else if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (quote == c)
      quote = 0;
  }
  return quote != 0;
}

}  // namespace

std::vector<Token> split_blanks(std::string_view text, std::size_t base) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    at = text.find_first_not_of(kBlanks, at);
    if (at == std::string_view::npos) return tokens;
    const auto end = std::min(text.find_first_of(kBlanks, at), text.size());
    tokens.push_back({std::string(text.substr(at, end - at)), base + at});
    at = end;
  }
}

std::vector<Token> split_quoted(std::string_view text, std::size_t base, char escape) {
  std::vector<Token> tokens;
  char quote = 0;
  bool is_in_word = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!is_in_word) {
      if (is_blank(c)) continue;
      is_in_word = true;
      tokens.push_back({{}, base + at});
    } else if (quote == 0 && is_blank(c)) {
      is_in_word = false;
      continue;
    }
    auto& word = tokens.back().text;
    if (c == escape && quote != '\'') {
      if (at + 1 == text.size()) break;  // an escape character at the very end is dropped
      word += c;
      word += text[++at];
      continue;
    }
    if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (quote == c)
      quote = 0;
    word += c;
  }
  std::erase_if(tokens, [](const Token& token) { return token.text.empty(); });
  return tokens;
}

std::size_t take_flags(std::string_view text, std::size_t base, std::vector<Token>& flags) {
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (!text.substr(at).starts_with("--")) return at;
    Token flag{{}, base + at};
    char quote = 0;
    for (; at < text.size() && (quote != 0 || !is_blank(text[at])); ++at) {
      char c = text[at];
      if (quote == 0 ? c == '\'' || c == '"' : c == quote) {
        quote = quote == 0 ? c : '\0';
        continue;
      }
      // The escape directive has no say here.
      if (c == '\\') {
        if (at + 1 == text.size()) continue;
        c = text[++at];
      }
      flag.text += c;
    }
    if (flag.text == "--") return at;
    flags.push_back(std::move(flag));
  }
}

JsonArray json_array(std::string_view text) {
  JsonArray array;
  if (!text.starts_with('[')) return array;
  Json json;
  try {
    json = parse_json(text, "array");
  } catch (const Error&) {
    return array;
  }
  array.kind = JsonArray::Kind::strings;
  for (const auto& item : json) {
    if (!item.is_string()) {
      array.kind = JsonArray::Kind::other;
      return array;
    }
    array.items.push_back(item.get<std::string>());
  }
  return array;
}

std::optional<HeredocStart> heredoc_start(std::string_view word) {
  HeredocStart start;
  std::size_t at = 0;
  while (at < word.size() && word[at] >= '0' && word[at] <= '9') ++at;
  const auto digits = word.substr(0, at);
  if (!word.substr(at).starts_with("<<")) return std::nullopt;
  at += 2;
  start.strips_tabs = word.substr(at).starts_with('-');
  if (start.strips_tabs) ++at;
  const auto rest = word.substr(at);
  if (rest.empty() || rest.find('<') != std::string_view::npos) return std::nullopt;
  if (!digits.empty()) {
    const auto fd = parse_uint(digits);
    if (!fd || *fd > 1u << 20) return std::nullopt;
    start.fd = static_cast<unsigned>(*fd);
  }
  char quote = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (quote == 0 && is_blank(c)) return std::nullopt;
    if (quote == 0 ? c == '\'' || c == '"' : c == quote) {
      quote = quote == 0 ? c : '\0';
      start.is_expanded = false;
    } else if (c == '\\' && quote == 0) {
      if (i + 1 < rest.size()) start.name += rest[++i];
    } else {
      start.name += c;
    }
  }
  if (quote != 0 || start.name.empty()) return std::nullopt;
  return start;
}

std::vector<HeredocStart> heredoc_starts(std::string_view line) {
  std::vector<HeredocStart> starts;
  if (has_open_quote(line)) return starts;
  for (const auto& token : split_quoted(line, 0, '\\')) {
    if (auto start = heredoc_start(token.text)) {
      start->offset = token.offset;
      starts.push_back(std::move(*start));
    }
  }
  return starts;
}

}  // namespace lichen::language
