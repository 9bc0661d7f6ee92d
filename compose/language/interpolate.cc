#include "compose/language/interpolate.hh"

#include "libpod/base/error.hh"

namespace lichen::compose {
namespace {

constexpr unsigned kMaxDepth = 50;

bool starts_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

std::size_t end_of_name(std::string_view text, std::size_t at) {
  if (at >= text.size() || !starts_name(text[at])) return at;
  while (at < text.size() && continues_name(text[at])) ++at;
  return at;
}

/// A reference as it stands in the text behind `$`.
struct Reference {
  std::string_view name;
  char op = '\0';             // '-', '?', '+'
  bool counts_empty = false;  // with ':': an empty value counts as unset
  std::string_view argument;
  std::size_t end = 0;  // of the reference in the text
};

/// The `}` that closes the `{` before `at`: any `{` opens another one, as compose-go counts them. When they do not
/// balance, the last one.
std::size_t closing_brace(std::string_view text, std::size_t at) {
  unsigned open = 1;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  const std::size_t last = text.rfind('}');
  return last == std::string_view::npos || last < at ? std::string_view::npos : last;
}

/// @param at  behind the `$`; @return nullopt when no variable stands there
std::optional<Reference> parse_reference(std::string_view text, std::size_t at) {
  Reference found;
  if (at < text.size() && text[at] == '{') {
    const auto close = closing_brace(text, at + 1);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view inside = text.substr(at + 1, close - at - 1);
    const std::size_t name_end = end_of_name(inside, 0);
    if (name_end == 0) return std::nullopt;
    found.name = inside.substr(0, name_end);
    found.end = close + 1;
    std::string_view rest = inside.substr(name_end);
    if (rest.empty()) return found;
    if (rest[0] == ':') {
      found.counts_empty = true;
      rest.remove_prefix(1);
    }
    if (rest.empty() || (rest[0] != '-' && rest[0] != '?' && rest[0] != '+')) return std::nullopt;
    found.op = rest[0];
    found.argument = rest.substr(1);
    return found;
  }
  found.end = end_of_name(text, at);
  if (found.end == at) return std::nullopt;
  found.name = text.substr(at, found.end - at);
  return found;
}

class Replacer {
 public:
  Replacer(const Lookup& lookup, std::vector<std::string>& unset) : lookup_(lookup), unset_(unset) {}

  std::string replace(std::string_view text, unsigned depth) {
    if (depth > kMaxDepth) throw_error(ErrorKind::invalid, "variables nested more than {} deep", kMaxDepth);
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t dollar = std::min(text.find('$', at), text.size());
      result += text.substr(at, dollar - at);
      if (dollar == text.size()) break;
      if (dollar + 1 < text.size() && text[dollar + 1] == '$') {
        result += '$';
        at = dollar + 2;
        continue;
      }
      const auto reference = parse_reference(text, dollar + 1);
      if (!reference && !text.substr(dollar).starts_with("${")) {  // $(date), $1, ^regex$
        result += '$';
        at = dollar + 1;
        continue;
      }
      if (!reference) {
        Error error(ErrorKind::invalid, format("'{}' is no variable reference", shown(text.substr(dollar))));
        throw error.with_hint("write $$ for a $ that is meant as such");
      }
      result += value_of(*reference, depth);
      at = reference->end;
    }
    return result;
  }

 private:
  static std::string shown(std::string_view text) {
    constexpr std::size_t kMost = 30;
    return text.size() <= kMost ? std::string(text) : std::string(text.substr(0, kMost)) + "...";
  }

  std::string value_of(const Reference& reference, unsigned depth) {
    const std::string name(reference.name);
    const auto value = lookup_(name);
    const bool is_there = value && !(reference.counts_empty && value->empty());
    switch (reference.op) {
      case '-':
        return is_there ? *value : replace(reference.argument, depth + 1);
      case '+':
        return is_there ? replace(reference.argument, depth + 1) : std::string();
      case '?': {
        if (is_there) return *value;
        const std::string reason = replace(reference.argument, depth + 1);
        throw_error(ErrorKind::invalid, "the required variable '{}' has no value{}{}", name, reason.empty() ? "" : ": ",
                    reason);
      }
      default:
        break;
    }
    if (!value) unset_.push_back(name);
    return value.value_or("");
  }

  const Lookup& lookup_;
  std::vector<std::string>& unset_;
};

void collect(std::string_view text, std::map<std::string, Variable>& variables, unsigned depth) {
  if (depth > kMaxDepth) return;
  for (std::size_t at = text.find('$'); at < text.size();) {
    const auto reference = parse_reference(text, at + 1);
    if (!reference) {
      // `$$` is two characters, anything else one.
      at = text.find('$', at + (at + 1 < text.size() && text[at + 1] == '$' ? 2 : 1));
      continue;
    }
    Variable& variable = variables[std::string(reference->name)];
    if (reference->op == '?') variable.is_required = true;
    if (reference->op == '-' && variable.default_value.empty()) variable.default_value = reference->argument;
    if (reference->op == '+' && variable.alternate_value.empty()) variable.alternate_value = reference->argument;
    if (reference->op != '\0') collect(reference->argument, variables, depth + 1);
    at = text.find('$', reference->end);
  }
}

}  // namespace

std::string interpolate(std::string_view text, const Lookup& lookup, std::vector<std::string>& unset) {
  return Replacer(lookup, unset).replace(text, 0);
}

void collect_variables(std::string_view text, std::map<std::string, Variable>& variables) {
  collect(text, variables, 0);
}

}  // namespace lichen::compose
