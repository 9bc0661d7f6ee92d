#include "libpod/base/parse.hh"

#include <charconv>
#include <limits>

#include "libpod/base/strings.hh"

namespace lichen {
namespace {

template <typename T>
std::optional<T> from_digits(std::string_view text, int base) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "12.34" times `scale`, in 128 bits; nullopt when it is no decimal fraction or too large. Digits past the scale are
// cut.
std::optional<__int128> scaled_decimal(std::string_view text, std::int64_t scale) {
  const auto dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  __int128 value = 0;
  for (const char c : whole) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
    if (value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  }
  value *= scale;
  // Numerator over denominator of the fraction: 18 digits are more than any unit here can show.
  __int128 numerator = 0, denominator = 1;
  for (const char c : fraction) {
    if (c < '0' || c > '9') return std::nullopt;
    if (denominator >= 1'000'000'000'000'000'000) continue;
    numerator = numerator * 10 + (c - '0');
    denominator *= 10;
  }
  return value + numerator * scale / denominator;
}

std::optional<std::int64_t> fits(std::optional<__int128> value) {
  if (!value || *value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

struct DurationUnit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Longer names first: "ms" must not be read as "m".
constexpr DurationUnit kDurationUnits[] = {
    {"ns", 1},         {"us", 1'000},          {"µs", 1'000},           {"μs", 1'000},
    {"ms", 1'000'000}, {"s", 1'000'000'000LL}, {"m", 60'000'000'000LL}, {"h", 3'600'000'000'000LL},
};

}  // namespace

std::optional<std::uint64_t> parse_uint(std::string_view text) { return from_digits<std::uint64_t>(text, 10); }

std::optional<std::int64_t> parse_int(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const auto magnitude = from_digits<std::uint64_t>(text, 10);
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (!magnitude || *magnitude > kMax + (negative ? 1 : 0)) return std::nullopt;
  if (negative)
    return *magnitude == kMax + 1 ? std::numeric_limits<std::int64_t>::min() : -static_cast<std::int64_t>(*magnitude);
  return static_cast<std::int64_t>(*magnitude);
}

std::optional<std::uint32_t> parse_octal(std::string_view text) {
  if (text.starts_with("0o") || text.starts_with("0O")) text.remove_prefix(2);
  return from_digits<std::uint32_t>(text, 8);
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto end = text.find_first_not_of("0123456789.");
  std::string unit = to_lower(trim(end == std::string_view::npos ? std::string_view() : text.substr(end)));
  std::int64_t scale = 1;
  if (!unit.empty() && unit != "b") {
    const auto power = std::string_view("kmgtp").find(unit[0]);
    if (power == std::string_view::npos) return std::nullopt;
    const std::string_view rest = std::string_view(unit).substr(1);
    if (!rest.empty() && rest != "b" && rest != "ib") return std::nullopt;
    for (std::size_t i = 0; i <= power; ++i) scale *= 1024;
  }
  return fits(scaled_decimal(text.substr(0, end), scale));
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  __int128 total = 0;
  while (!text.empty()) {
    const auto end = text.find_first_not_of("0123456789.");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    const std::string_view number = text.substr(0, end);
    text.remove_prefix(end);
    const DurationUnit* unit = nullptr;
    for (const auto& candidate : kDurationUnits)
      if (text.starts_with(candidate.name)) {
        unit = &candidate;
        break;
      }
    if (unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    const auto part = scaled_decimal(number, unit->nanoseconds);
    if (!part) return std::nullopt;
    total += *part;
    if (total > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  }
  const auto value = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds(negative ? -value : value);
}

std::optional<std::int64_t> parse_nano(std::string_view text) { return fits(scaled_decimal(text, 1'000'000'000)); }

}  // namespace lichen
