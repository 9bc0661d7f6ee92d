#include "libpod/base/time.hh"

#include <cmath>
#include <limits>

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"

namespace lichen {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Reads fixed-width fields from the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  bool accept(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<unsigned> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    const auto value = parse_uint(rest_.substr(0, count));
    if (!value) return std::nullopt;
    rest_.remove_prefix(count);
    return static_cast<unsigned>(*value);
  }
  // ".123" as nanoseconds; digits past nine are cut.
  std::optional<nanoseconds> fraction() {
    std::int64_t value = 0;
    int count = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1), ++count)
      if (count < 9) value = value * 10 + (rest_[0] - '0');
    if (count == 0) return std::nullopt;
    for (; count < 9; ++count) value *= 10;
    return nanoseconds(value);
  }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> read_date(Cursor& in) {
  const auto year = in.digits(4);
  if (!year || !in.accept('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.accept('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day));
  // Timestamp holds 1677 to 2262.
  if (!date.ok() || *year < 1678 || *year > 2261) return std::nullopt;
  return std::chrono::sys_days(date);
}

// "Z", "+01:00"; the offset east of UTC.
std::optional<minutes> read_zone(Cursor& in) {
  if (in.accept('Z') || in.accept('z')) return minutes(0);
  const bool east = in.accept('+');
  if (!east && !in.accept('-')) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || !in.accept(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes offset(static_cast<int>(*hour * 60 + *minute));
  return east ? offset : -offset;
}

// `lenient`: the time of day, its seconds and the zone may be missing.
std::optional<Timestamp> read_time(std::string_view text, bool lenient) {
  Cursor in(text);
  const auto date = read_date(in);
  if (!date) return std::nullopt;
  Timestamp time = *date;
  if (in.done()) return lenient ? std::optional(time) : std::nullopt;
  if (!in.accept('T') && !in.accept('t')) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || !in.accept(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  time += hours(static_cast<int>(*hour)) + minutes(static_cast<int>(*minute));
  if (in.accept(':')) {
    const auto second = in.digits(2);
    if (!second || *second > 60) return std::nullopt;
    time += seconds(static_cast<int>(*second));
    if (in.accept('.')) {
      const auto fraction = in.fraction();
      if (!fraction) return std::nullopt;
      time += *fraction;
    }
  } else if (!lenient) {
    return std::nullopt;
  }
  if (in.done()) return lenient ? std::optional(time) : std::nullopt;
  const auto zone = read_zone(in);
  if (!zone || !in.done()) return std::nullopt;
  return time - *zone;
}

}  // namespace

Timestamp now() { return std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now()); }

std::string to_rfc3339(Timestamp time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) { return read_time(text, /*lenient=*/false); }

std::optional<Timestamp> parse_time_or_duration(std::string_view text, Timestamp reference) {
  if (const auto time = read_time(text, /*lenient=*/true)) return time;
  if (const auto unix_nano = parse_nano(text)) return Timestamp(nanoseconds(*unix_nano));
  const auto span = parse_duration(text);
  nanoseconds::rep point = 0;
  if (!span || __builtin_sub_overflow(reference.time_since_epoch().count(), span->count(), &point)) return std::nullopt;
  return Timestamp(nanoseconds(point));
}

std::string human_duration(nanoseconds span) {
  constexpr std::int64_t kDay = 24, kWeek = 7 * kDay, kMonth = 30 * kDay, kYear = 365 * kDay;  // hours
  const auto s = std::chrono::duration_cast<seconds>(span).count();
  const double exact_hours = std::chrono::duration<double, std::ratio<3600>>(span).count();
  const auto h = static_cast<std::int64_t>(std::lround(exact_hours));
  if (s < 1) return "Less than a second";
  if (s == 1) return "1 second";
  if (s < 60) return format("{} seconds", s);
  const auto m = s / 60;
  if (m == 1) return "About a minute";
  if (m < 60) return format("{} minutes", m);
  if (h == 1) return "About an hour";
  if (h < 48) return format("{} hours", h);
  if (h < 2 * kWeek) return format("{} days", h / kDay);
  if (h < 2 * kMonth) return format("{} weeks", h / kWeek);
  if (h < 2 * kYear) return format("{} months", h / kMonth);
  return format("{} years", static_cast<std::int64_t>(exact_hours) / kYear);
}

std::string human_size(double bytes) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < std::size(kUnits)) {
    bytes /= 1000;
    ++unit;
  }
  return format("{:.4g}{}", bytes, kUnits[unit]);
}

}  // namespace lichen
