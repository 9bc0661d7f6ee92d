// The two log file formats, record by record: pure, both ways.
//
// k8s-file (CRI): `2026-11-21T04:41:07.123456789Z stdout F text\n`; P instead of F = the line goes on in the stream's
// next record. The text may hold any byte but '\n', so a container cannot forge a record: whatever it prints comes
// after a prefix of ours. json-file (docker): `{"log":"text\n","stream":"stdout","time":"..."}\n`. JSON strings cannot
// hold bytes that are not UTF-8; docker replaces them by U+FFFD and loses them. So do we, for its readers' sake, and
// add the member "bytes" (base64 of the real text) to such a record: our reader gives back exactly what was written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lichen::wire {

/// Attribute of a rotated log's next file: the inode number, in decimal, of the one before it. A reader that is too
/// late to find that one learns from it whether others have gone too. It is missing where the file system has no
/// attributes.
inline constexpr char kLogAfter[] = "user.lichen.after";

enum class LogStream : std::uint8_t { out, err };
enum class LogFormat : std::uint8_t { k8s_file, json_file };

std::string_view to_string(LogStream stream);  // "stdout", "stderr"
/// "k8s-file", "json-file"; nullopt for others ("none" too: it has no format).
std::optional<LogFormat> parse_log_format(std::string_view driver);

/// Append one record, its newline included. `text` holds at most one newline, at its end: with it the line is complete
/// (F), without it the line goes on (P).
void append_k8s_record(std::string& out, std::string_view time, LogStream stream, std::string_view text);
void append_json_record(std::string& out, std::string_view time, LogStream stream, std::string_view text);

struct LogRecord {
  std::string time;  // RFC 3339, as it stands in the file
  LogStream stream = LogStream::out;
  std::string text;  // the bytes that the container wrote; ends with '\n' unless the line goes on
};

/// One record without its newline. nullopt when it is not one (torn by a crash, or no log at all).
std::optional<LogRecord> parse_k8s_record(std::string_view line);
std::optional<LogRecord> parse_json_record(std::string_view line);

std::string base64_encode(std::string_view bytes);
/// nullopt for anything but padded standard base64.
std::optional<std::string> base64_decode(std::string_view text);

/// Append `text` escaped as the inside of a JSON string; what is not UTF-8 becomes U+FFFD. @return whether all was
/// UTF-8
bool append_json_text(std::string& out, std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace lichen::wire
