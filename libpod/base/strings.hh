// Pure text helpers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lichen {

/// Pieces between separators; "" gives one empty piece, so that split and join are inverse.
std::vector<std::string> split(std::string_view text, char separator);
/// At most `limit` pieces; the last one keeps further separators.
std::vector<std::string> split_n(std::string_view text, char separator, std::size_t limit);
/// Before and after the first separator; nullopt when it does not occur.
std::optional<std::pair<std::string, std::string>> cut(std::string_view text, char separator);

std::string join(std::span<const std::string> parts, std::string_view separator);

std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool iequals(std::string_view a, std::string_view b);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// Words that a POSIX shell would read back as the same arguments.
std::string shell_quote(std::string_view word);
std::string shell_join(std::span<const std::string> words);
/// Split as a POSIX shell splits words: quotes and backslashes, no expansion.
/// @throws Error{invalid} an unclosed quote
std::vector<std::string> shell_split(std::string_view text);

/// Shell pattern match: * ? [set] and \ ; `*` crosses slashes. For filters, not for file names.
bool glob_match(std::string_view pattern, std::string_view text);

/// The candidate with the smallest edit distance to `word`, when it is near enough to be what was meant
/// (distance at most a third of the longer one).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace lichen
