// Wall-clock times as text. Timeouts use the monotonic clock and never pass through here.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lichen {

/// Nanoseconds since 1970 UTC.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

Timestamp now();

/// RFC 3339 with nine digits and Z: "2026-11-21T04:41:07.123456789Z" (docker's State.StartedAt). Years 1 to 9999.
std::string to_rfc3339(Timestamp time);
/// What docker prints for a time that has not come: "0001-01-01T00:00:00Z".
inline constexpr std::string_view kZeroTime = "0001-01-01T00:00:00Z";

/// RFC 3339 with any fraction and offset. nullopt for anything else; the zero time too.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

/// What --since and --until take: RFC 3339 (also without zone or seconds: local time is UTC here), a date, Unix seconds
/// with fraction, or a Go duration before `reference`.
std::optional<Timestamp> parse_time_or_duration(std::string_view text, Timestamp reference);

/// Docker's words for a span: "Less than a second", "7 seconds", "About a minute", "3 hours", "2 weeks"
/// (units.HumanDuration).
std::string human_duration(std::chrono::nanoseconds span);
/// "1.234MB": powers of 1000, four significant digits (units.HumanSize).
std::string human_size(double bytes);

}  // namespace lichen
