// The container's log file: records, batching, rotation, full disks.
//
// Theory of operation. What one read of a pipe gave becomes records in one buffer and goes out with one write. Rotation
// happens between records, before the one that would pass the limit: path.N-2 -> path.N-1, ..., path -> path.1, highest
// first, then a new file. A reader that follows can therefore tell from inode numbers alone which file comes after the
// one it has read (engine/log_reader); nothing is copied or truncated, so no line is lost or seen twice. A failed write
// (full disk, quota) must not stop the container: the torn record is cut off again, what was lost is counted, and once
// a write succeeds a line of ours on stderr says how much is missing. json-file keeps an unfinished line for a while
// (up to 16 KiB, as docker), since its readers expect one record per line; k8s-file marks unfinished lines, so they are
// written at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/log_format.hh"

namespace lichen::conmon {

class LogWriter {
 public:
  struct Options {
    std::optional<wire::LogFormat> format;  // nullopt: driver none, nothing is written
    std::string path;
    std::int64_t max_size = 0;   // bytes per file, 0 = no limit
    std::int64_t max_files = 1;  // how many are kept
  };

  /// Opens (appends to) the file. @throws Error{system|permission}
  explicit LogWriter(Options options);

  /// Log what the container wrote, with the time of now. Never throws for a failing disk.
  void write(wire::LogStream stream, std::string_view data);
  /// The stream has ended or the container has: an unfinished line goes out.
  void finish();

  std::uint64_t lost_bytes() const { return lost_bytes_; }

 private:
  void add_record(std::string_view time, wire::LogStream stream, std::string_view text);
  void write_json(std::string_view time, wire::LogStream stream, std::string_view data);
  void flush();
  bool write_out(std::string_view data);
  void rotate();
  void open_file();

  Options options_;
  sys::UniqueFd file_;
  std::uint64_t size_ = 0;      // of the file, as far as we wrote it
  std::string buffer_;          // records not yet written
  std::uint64_t buffered_ = 0;  // container bytes in them
  std::uint64_t lost_bytes_ = 0;
  std::string unfinished_[2];  // json-file: per stream
};

}  // namespace lichen::conmon
