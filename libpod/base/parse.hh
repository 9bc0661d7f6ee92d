// Numbers, sizes, durations and times from text. Nothing here accepts a partly numeric word.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lichen {

/// Decimal digits only, no sign, no leading '+', at most 2^64-1.
std::optional<std::uint64_t> parse_uint(std::string_view text);
/// As parse_uint with an optional leading '-'.
std::optional<std::int64_t> parse_int(std::string_view text);
/// Octal digits with optional leading 0 or 0o: file modes.
std::optional<std::uint32_t> parse_octal(std::string_view text);
/// Go's strconv.ParseBool: 1 t T TRUE true True 0 f F FALSE false False.
std::optional<bool> parse_bool(std::string_view text);

/// Docker's sizes (go-units RAMInBytes): "64", "64b", "512k", "512kb", "1.5g", "2GiB"; powers of 1024, any case.
/// @return bytes; nullopt for anything else, for a negative number or one over 2^63-1
std::optional<std::int64_t> parse_size(std::string_view text);

/// Go's time.ParseDuration: "300ms", "-1.5h", "2h45m", "0"; units ns us µs ms s m h.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Decimal fraction such as "0.5" or "2", exact to nine digits: the value times 10^9 (docker's NanoCPUs).
std::optional<std::int64_t> parse_nano(std::string_view text);

}  // namespace lichen
