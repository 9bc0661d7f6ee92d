// Enumerations and their names as one table per type, so that parsing, printing and completion cannot disagree.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lichen {

template <typename E>
struct EnumName {
  E value;
  std::string_view name;
};

/// The name of `value`; "unknown" when the table lacks it.
template <typename E, std::size_t N>
constexpr std::string_view enum_name(const EnumName<E> (&table)[N], E value) {
  for (const auto& row : table)
    if (row.value == value) return row.name;
  return "unknown";
}

/// The value called `name`, exact spelling.
template <typename E, std::size_t N>
constexpr std::optional<E> enum_value(const EnumName<E> (&table)[N], std::string_view name) {
  for (const auto& row : table)
    if (row.name == name) return row.value;
  return std::nullopt;
}

}  // namespace lichen
