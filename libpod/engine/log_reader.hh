// Reading a container's log, rotated files included, once or as it grows.
//
// Theory of operation. The writer renames path -> path.1 -> path.2 ..., highest first (conmon/log_writer), so an open
// file's inode tells where in the chain it stands now: the next younger one has the number below. After opening that
// the own place is looked up again; had a rotation happened in between, it would have moved first. So no line is lost
// or read twice however fast the rotation is, unless the writer has deleted what was not read yet: the files that come
// are opened ahead of their turn, and if that was too late `warn` is told. Following waits by inotify on the directory.
// Records are handed out as they stand in the file, unfinished pieces of long lines too: memory is bounded by one
// record, and the texts of a stream put together are the bytes that the container wrote. What is no record (a torn one
// after a crash, garbage) is skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libpod/base/time.hh"
#include "libpod/wire/log_format.hh"

namespace lichen::engine {

struct LogQuery {
  std::string path;
  std::string journal_id;  // not empty: read systemd's journal (journal_log.hh) and no file
  wire::LogFormat format = wire::LogFormat::k8s_file;
  std::optional<Timestamp> since, until;  // both inclusive
  std::int64_t tail = -1;                 // the last N lines of those that match; -1 = all
  bool out = true, err = true;            // which streams
  bool follow = false;
  /// With follow: whether the container has ended, so that nothing more will come. Asked often.
  std::function<bool()> ended = [] { return true; };
  /// Told at most once, when the rotation has deleted lines that were wanted before they could be read.
  std::function<void(const char* text)> warn = [](const char*) {};
};

struct LogPiece {
  std::string_view time;  // RFC 3339 as recorded
  wire::LogStream stream;
  std::string_view text;  // ends with '\n' when the line does
  bool line_start;        // first piece of a line of its stream
};

/// Hand the matching pieces to `sink` in order, until the end or until it returns false. A missing file is an empty
/// log.
/// @throws Error{permission|system}
void read_log(const LogQuery& query, const std::function<bool(const LogPiece&)>& sink);

/// Cuts a byte stream into lines; pure. A line over kMaxRecord is dropped: no record is that long.
class LineSplitter {
 public:
  static constexpr std::size_t kMaxRecord = 8u << 20;
  /// `line` is called for each complete line without its newline; false stops (the rest is kept for the next feed).
  bool feed(std::string_view bytes, const std::function<bool(std::string_view)>& line);
  void reset();

 private:
  std::string rest_;
  bool dropping_ = false;
};

}  // namespace lichen::engine
