// Environment lists: "NAME=value" entries, in order, one per name.
//
// The environment of the caller reaches a container only through an explicit `-e NAME`: the lookup is a parameter, so
// that getenv stays in one place and no image can ask for a host variable (CVE-2026-57231: entries of an image without
// '=' were filled from the host).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::spec {

inline constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The value of one variable of the caller's environment, or nothing when it is unset.
using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// -e NAME=value, or -e NAME for the caller's value, or podman's -e PREFIX* for all that begin so (`names` lists the
/// caller's variables).
///
/// @return entries; none when the variable is not set
/// @throws Error{usage} an empty name or a NUL byte
std::vector<std::string> parse_env_option(std::string_view text, const EnvLookup& lookup,
                                          std::span<const std::string> names = {});

/// --env-file by docker's rules: lines of NAME=value or NAME, '#' comments, no quotes, no expansion, blanks before a
/// name are dropped.
///
/// @param what  the file's name for errors
/// @throws Error{invalid} a name with blanks, an empty name, a NUL byte, invalid UTF-8; the message has the line number
std::vector<std::string> parse_env_file(std::string_view text, std::string_view what, const EnvLookup& lookup);

/// --label-file: like parse_env_file, but a name without '=' is a label with an empty value.
std::vector<std::string> parse_label_file(std::string_view text, std::string_view what);

/// `base` with `overrides` applied: a name that is there already keeps its place, a new one goes last, later wins.
/// Entries without '=' are dropped.
std::vector<std::string> merge_env(std::span<const std::string> base, std::span<const std::string> overrides);

/// The value of `name` in `env`.
std::optional<std::string> find_env(std::span<const std::string> env, std::string_view name);

/// Whether an entry may reach a container: a name before '=', no NUL byte.
bool is_valid_env_entry(std::string_view entry);

}  // namespace lichen::spec
