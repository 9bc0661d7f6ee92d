// Single values of the compose file: durations, sizes, and the words of closed sets.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "compose/language/model_parts.hh"
#include "libpod/base/enum_names.hh"

namespace lichen::compose {

/// "1h5m30s20ms": numbers with w d h m s ms us ns, largest unit first or not, fractions allowed; "0".
std::optional<Duration> parse_compose_duration(std::string_view text);
/// As Go prints a duration: "1m30s", "1h0m0s", "1.5s", "0s".
std::string go_duration(Duration value);

/// "64", "64b", "512k", "1.5gb", "2GiB"; "-1".
std::optional<Bytes> parse_bytes(std::string_view text);

inline constexpr EnumName<DependsOn::Condition> kConditions[] = {
    {DependsOn::Condition::service_started, "service_started"},
    {DependsOn::Condition::service_healthy, "service_healthy"},
    {DependsOn::Condition::service_completed_successfully, "service_completed_successfully"},
};
inline constexpr EnumName<Mount::Type> kMountTypes[] = {
    {Mount::Type::bind, "bind"},       {Mount::Type::volume, "volume"}, {Mount::Type::tmpfs, "tmpfs"},
    {Mount::Type::cluster, "cluster"}, {Mount::Type::npipe, "npipe"},   {Mount::Type::image, "image"},
};
inline constexpr EnumName<Watch::Action> kWatchActions[] = {
    {Watch::Action::rebuild, "rebuild"},     {Watch::Action::sync, "sync"},
    {Watch::Action::restart, "restart"},     {Watch::Action::sync_restart, "sync+restart"},
    {Watch::Action::sync_exec, "sync+exec"},
};

}  // namespace lichen::compose
