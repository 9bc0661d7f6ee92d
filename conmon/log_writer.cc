#include "conmon/log_writer.hh"

#include <algorithm>
#include <cstdio>

#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

constexpr std::size_t kBatch = 64 * 1024;            // a buffer this full is written
constexpr std::size_t kUnfinishedLimit = 16 * 1024;  // docker's longest json-file record

}  // namespace

LogWriter::LogWriter(Options options) : options_(std::move(options)) {
  if (options_.format) open_file();
}

void LogWriter::open_file() {
  file_ = sys::open_path(options_.path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, 0600);
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

void LogWriter::write(wire::LogStream stream, std::string_view data) {
  if (!options_.format || data.empty()) return;
  const std::string time = to_rfc3339(now());
  if (*options_.format == wire::LogFormat::json_file) {
    write_json(time, stream, data);
  } else {
    while (!data.empty()) {
      const auto newline = data.find('\n');
      const std::size_t length = newline == std::string_view::npos ? data.size() : newline + 1;
      add_record(time, stream, data.substr(0, length));
      data.remove_prefix(length);
    }
  }
  flush();
}

void LogWriter::write_json(std::string_view time, wire::LogStream stream, std::string_view data) {
  std::string& unfinished = unfinished_[stream == wire::LogStream::out ? 0 : 1];
  while (!data.empty()) {
    const auto newline = data.find('\n');
    std::size_t length = newline == std::string_view::npos ? data.size() : newline + 1;
    length = std::min(length, kUnfinishedLimit - unfinished.size());
    const std::string_view piece = data.substr(0, length);
    data.remove_prefix(length);
    const bool full = piece.back() == '\n' || unfinished.size() + length == kUnfinishedLimit;
    if (full && unfinished.empty()) {
      add_record(time, stream, piece);
      continue;
    }
    unfinished += piece;
    if (!full) continue;
    add_record(time, stream, unfinished);
    unfinished.clear();
  }
}

void LogWriter::finish() {
  if (!options_.format) return;
  const std::string time = to_rfc3339(now());
  for (const auto stream : {wire::LogStream::out, wire::LogStream::err}) {
    std::string& unfinished = unfinished_[stream == wire::LogStream::out ? 0 : 1];
    if (!unfinished.empty()) add_record(time, stream, unfinished);
    unfinished.clear();
  }
  flush();
}

void LogWriter::add_record(std::string_view time, wire::LogStream stream, std::string_view text) {
  const std::size_t start = buffer_.size();
  if (*options_.format == wire::LogFormat::k8s_file) {
    wire::append_k8s_record(buffer_, time, stream, text);
  } else {
    wire::append_json_record(buffer_, time, stream, text);
  }
  if (options_.max_size > 0 && size_ + start > 0 &&
      size_ + buffer_.size() > static_cast<std::uint64_t>(options_.max_size)) {
    const std::string record = buffer_.substr(start);
    buffer_.resize(start);
    flush();
    if (size_ > 0) rotate();
    buffer_ = record;
  }
  buffered_ += text.size();
  if (buffer_.size() >= kBatch) flush();
}

void LogWriter::flush() {
  if (buffer_.empty()) return;
  if (lost_bytes_ > 0) {
    std::string note;
    const std::string text =
        format("lichen: {} bytes of output are missing here: the log could not be written\n", lost_bytes_);
    if (*options_.format == wire::LogFormat::k8s_file) {
      wire::append_k8s_record(note, to_rfc3339(now()), wire::LogStream::err, text);
    } else {
      wire::append_json_record(note, to_rfc3339(now()), wire::LogStream::err, text);
    }
    buffer_.insert(0, note);
  }
  const bool written = write_out(buffer_);
  lost_bytes_ = written ? 0 : lost_bytes_ + buffered_;
  buffer_.clear();
  buffered_ = 0;
}

bool LogWriter::write_out(std::string_view data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t count = ::write(file_.get(), data.data() + done, data.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  if (done == data.size()) {
    size_ += done;
    return true;
  }
  // Whole records or nothing: readers must not find half of one before the next.
  struct stat status {};
  if (done > 0 && ::fstat(file_.get(), &status) == 0) [[maybe_unused]]
    const int cut = ::ftruncate(file_.get(), status.st_size - static_cast<off_t>(done));
  return false;
}

void LogWriter::rotate() {
  const auto numbered = [&](std::int64_t n) {
    return n == 0 ? options_.path : options_.path + "." + std::to_string(n);
  };
  try {
    // The new file first: when it cannot be made nothing was moved yet. With one file to keep it replaces the old one,
    // which is not truncated: who is reading it can finish.
    const std::string fresh = options_.path + ".new";
    sys::remove_file(fresh);
    sys::UniqueFd file = sys::open_path(fresh, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOCTTY, 0600);
    struct stat before {};
    if (::fstat(file_.get(), &before) == 0) {
      const std::string inode = std::to_string(before.st_ino);
      ::fsetxattr(file.get(), wire::kLogAfter, inode.data(), inode.size(), 0);
    }
    for (std::int64_t n = options_.max_files - 1; n > 0; --n)
      if (::rename(numbered(n - 1).c_str(), numbered(n).c_str()) != 0 && errno != ENOENT)
        throw_errno("rotate '{}'", options_.path);
    sys::rename_path(fresh, options_.path);
    file_ = std::move(file);
    size_ = 0;
  } catch (const Error&) {
    // Without a new file (no inodes left, directory gone) the old one goes on: a log too large is better than none.
  }
}

}  // namespace lichen::conmon
