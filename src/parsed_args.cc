#include "src/parsed_args.hh"

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::cli {

const OptionSpec& ParsedArgs::option(std::string_view name) const {
  const OptionSpec* found = find_option(*command_, name);
  LICHEN_ASSERT(found != nullptr && found->alias_of.empty());
  return *found;
}

bool ParsedArgs::has(std::string_view name) const { return values_.find(option(name).name) != values_.end(); }

std::optional<std::string> ParsedArgs::find_string(std::string_view name) const {
  const auto it = values_.find(option(name).name);
  if (it == values_.end()) return std::nullopt;
  return it->second.back();
}

std::string ParsedArgs::get_string(std::string_view name) const {
  return find_string(name).value_or(std::string(option(name).default_value));
}

bool ParsedArgs::get_bool(std::string_view name) const {
  LICHEN_ASSERT(option(name).kind == OptionKind::boolean);
  return get_string(name) == "true";
}

std::optional<std::int64_t> ParsedArgs::find_int(std::string_view name) const {
  LICHEN_ASSERT(option(name).kind == OptionKind::integer);
  const auto text = find_string(name);
  return text ? parse_int(*text) : std::nullopt;
}

std::int64_t ParsedArgs::get_int(std::string_view name) const {
  return find_int(name).value_or(parse_int(option(name).default_value).value_or(0));
}

std::vector<std::string> ParsedArgs::get_list(std::string_view name) const {
  LICHEN_ASSERT(option(name).repeats());
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>{} : it->second;
}

void ParsedArgs::set_values(const OptionSpec& option, std::vector<std::string> values) {
  if (option.kind == OptionKind::csv) {
    std::vector<std::string> pieces;
    for (const auto& value : values)
      for (auto& piece : split(value, ','))
        if (!piece.empty()) pieces.push_back(std::move(piece));
    values = std::move(pieces);
  }
  if (!values.empty()) values_[std::string(option.name)] = std::move(values);
}

}  // namespace lichen::cli
