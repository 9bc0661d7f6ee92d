#include "compose/language/values.hh"

#include <charconv>
#include <cmath>

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"

namespace lichen::compose {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};

constexpr Unit kUnits[] = {{"ns", 1},   {"us", 1e3},   {"µs", 1e3},        {"ms", 1e6},           {"s", 1e9},
                           {"m", 60e9}, {"h", 3600e9}, {"d", 24 * 3600e9}, {"w", 7 * 24 * 3600e9}};

bool is_number_part(char c) { return (c >= '0' && c <= '9') || c == '.'; }

/// `value` units of 1e-9 without trailing zeros: 1.5 of 1'500'000'000.
std::string fraction(std::int64_t value, std::int64_t unit) {
  std::string text = std::to_string(value / unit);
  std::int64_t rest = value % unit;
  if (rest == 0) return text;
  text += '.';
  for (std::int64_t digit = unit / 10; rest != 0; digit /= 10) {
    text += static_cast<char>('0' + rest / digit);
    rest %= digit;
  }
  return text;
}

}  // namespace

std::optional<Duration> parse_compose_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && is_number_part(text[digits])) ++digits;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
    if (digits == 0 || error != std::errc() || end != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    std::size_t letters = 0;
    while (letters < text.size() && !is_number_part(text[letters])) ++letters;
    const std::string_view name = text.substr(0, letters);
    const Unit* unit = nullptr;
    for (const auto& each : kUnits)
      if (each.name == name) unit = &each;
    if (unit == nullptr) return std::nullopt;
    total += number * unit->nanoseconds;
    text.remove_prefix(letters);
  }
  if (total >= 9.2e18) return std::nullopt;
  return Duration{static_cast<std::int64_t>(std::llround(total))};
}

std::string go_duration(Duration value) {
  std::int64_t left = value.count();
  if (left == 0) return "0s";
  if (left < 0) return "-" + go_duration(-value);
  if (left < 1000) return format("{}ns", left);
  if (left < 1'000'000) return fraction(left, 1000) + "µs";
  if (left < 1'000'000'000) return fraction(left, 1'000'000) + "ms";
  constexpr std::int64_t kMinute = 60'000'000'000, kHour = 60 * kMinute;
  std::string text;
  if (left >= kHour) text += format("{}h", left / kHour);
  if (left >= kMinute) text += format("{}m", left % kHour / kMinute);
  return text + fraction(left % kMinute, 1'000'000'000) + "s";
}

std::optional<Bytes> parse_bytes(std::string_view text) {
  if (text == "-1") return -1;
  return parse_size(text);
}

}  // namespace lichen::compose
