#include "libpod/engine/log_reader.hh"

#include "libpod/engine/journal_log.hh"

#include <algorithm>
#include <deque>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/unique_fd.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr int kEndedIntervalMs = 200;  // how often `ended` is asked while nothing is written
constexpr std::size_t kAhead = 64;     // files held open before they are read; the disk gets them back after that

std::optional<wire::LogRecord> parse_record(wire::LogFormat format, std::string_view line) {
  return format == wire::LogFormat::k8s_file ? wire::parse_k8s_record(line) : wire::parse_json_record(line);
}

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct OpenFile {
  sys::UniqueFd fd;
  Identity identity;
  std::uint64_t size = 0;
  Timestamp changed;
};

std::optional<OpenFile> open_log(const std::string& path) {
  auto fd = sys::open_if_exists(AT_FDCWD, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!fd) return std::nullopt;
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0) throw_errno("look at '{}'", path);
  if (!S_ISREG(status.st_mode)) throw_error(ErrorKind::invalid, "read '{}': not a regular file", path);
  const auto changed = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return OpenFile{
      *std::move(fd), {status.st_dev, status.st_ino}, static_cast<std::uint64_t>(status.st_size), Timestamp(changed)};
}

std::optional<Identity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino};
}

// The files of one log, by number: 0 is being written, higher is older.
class Chain {
 public:
  explicit Chain(std::string path) : path_(std::move(path)) {}
  std::string numbered(std::uint64_t n) const { return n == 0 ? path_ : path_ + "." + std::to_string(n); }

  std::uint64_t highest() const {
    const std::string prefix = base_name(path_) + ".";
    std::uint64_t highest = 0;
    for (const auto& name : sys::list_directory(parent_path(path_)))
      if (name.starts_with(prefix))
        if (const auto number = parse_uint(std::string_view(name).substr(prefix.size())))
          highest = std::max(highest, *number);
    return std::min<std::uint64_t>(highest, 100'000);
  }

  /// Youngest first. A rotation meanwhile makes a file appear under two numbers: it is taken once.
  std::vector<OpenFile> open_all() const {
    std::vector<OpenFile> files;
    const std::uint64_t last = highest();
    for (std::uint64_t n = 0; n <= last + 1; ++n) {
      auto file = open_log(numbered(n));
      if (file && (files.empty() || files.back().identity != file->identity)) files.push_back(*std::move(file));
    }
    return files;
  }

  /// The file that was begun after `current`; nullopt when that is the one being written.
  /// @param missed  set when `current` was deleted, and files between it and the one returned with it
  std::optional<OpenFile> next(const OpenFile& current_file, bool& missed) const {
    const Identity& current = current_file.identity;
    if (identity_of(path_) == current) return std::nullopt;
    for (int attempt = 0; attempt < 1000; ++attempt) {
      const auto place = find(current);
      if (place == 0) return std::nullopt;
      if (!place) {
        struct stat status {};
        if (::fstat(current_file.fd.get(), &status) != 0) throw_errno("look at '{}'", path_);
        if (status.st_nlink > 0) continue;  // it moved while we looked
        auto file = oldest();
        missed = file && !follows(*file, current);
        return file;
      }
      auto file = open_log(numbered(*place - 1));
      if (file && identity_of(numbered(*place)) == current) return file;
      ::usleep(200);  // in the middle of a rotation
    }
    throw_error(ErrorKind::system, "read '{}': it is rotated faster than it can be read", path_);
  }

 private:
  // true as well where the file system keeps no attributes.
  static bool follows(const OpenFile& file, const Identity& before) {
    char text[24];
    const ssize_t size = ::fgetxattr(file.fd.get(), wire::kLogAfter, text, sizeof text);
    return size < 0 || std::string_view(text, static_cast<std::size_t>(size)) == std::to_string(before.inode);
  }

  std::optional<std::uint64_t> find(const Identity& wanted) const {
    const std::uint64_t last = highest();
    for (std::uint64_t n = 0; n <= last + 1; ++n)
      if (identity_of(numbered(n)) == wanted) return n;
    return std::nullopt;
  }
  std::optional<OpenFile> oldest() const {
    for (std::uint64_t n = highest() + 1; n-- > 0;)
      if (auto file = open_log(numbered(n))) return file;
    return std::nullopt;
  }

  std::string path_;
};

class Reader {
 public:
  Reader(const LogQuery& query, const std::function<bool(const LogPiece&)>& sink)
      : query_(query), sink_(sink), chain_(query.path) {}

  void run() {
    if (query_.follow) watch_directory();
    if (!open_first()) return;
    for (;;) {
      // Asked before reading: what was written before the end is then read after it.
      const bool last = is_last_look();
      if (!read_available()) return;
      look_ahead();
      if (!ahead_.empty()) {
        // The writer is done with this one; what it wrote between our last read and the rotation is still to be read.
        if (!read_available()) return;
        OpenFile next = std::move(ahead_.front());
        ahead_.pop_front();
        take(std::move(next));
        continue;
      }
      if (last) return;
      wait();
    }
  }

 private:
  // Where to begin. @return false when there is no log and none will come
  bool open_first() {
    for (;;) {
      const bool last = is_last_look();
      auto files = chain_.open_all();
      if (!files.empty()) {
        begin(std::move(files));
        return true;
      }
      if (last) return false;
      wait();
    }
  }

  // Nothing that is wanted can come after this.
  bool is_last_look() const { return !query_.follow || query_.ended() || (query_.until && now() > *query_.until); }

  void begin(std::vector<OpenFile> files) {
    end_ = files.front().identity;
    end_offset_ = files.front().size;
    std::size_t first = files.size() - 1;
    if (query_.tail >= 0) {
      first = find_tail(files);
    } else if (query_.since) {
      while (first > 0 && files[first].changed < *query_.since) --first;
    }
    take(std::move(files[first]));
    if (query_.tail >= 0) offset_ = tail_offset_;
  }

  // A file that is open can be read to its end, even when the rotation deletes it before its turn comes.
  void look_ahead() {
    while (ahead_.size() < kAhead) {
      bool missed = false;
      auto next = chain_.next(ahead_.empty() ? current_ : ahead_.back(), missed);
      if (!next) return;
      if (missed && !std::exchange(told_, true))
        query_.warn("the log is rotated faster than it is read: lines are missing");
      ahead_.push_back(*std::move(next));
    }
  }

  void take(OpenFile file) {
    current_ = std::move(file);
    offset_ = 0;
    splitter_.reset();
  }

  bool selects(const wire::LogRecord& record) const {
    if (record.stream == wire::LogStream::out ? !query_.out : !query_.err) return false;
    if (!query_.since && !query_.until) return true;
    const auto time = parse_rfc3339(record.time);
    return time && (!query_.since || *time >= *query_.since) && (!query_.until || *time <= *query_.until);
  }

  // The file in which the last `tail` lines begin; tail_offset_ is where. Backwards, in blocks: the size of the log
  // does not matter.
  std::size_t find_tail(const std::vector<OpenFile>& files) {
    std::int64_t ends = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
      std::string carry;  // the beginning of a line whose end is in the block read before
      std::uint64_t at = files[i].size;
      while (at > 0) {
        const std::uint64_t start = at > kBlock ? at - kBlock : 0;
        std::string block = read_block(files[i].fd.get(), start, at - start) + carry;
        if (block.size() > LineSplitter::kMaxRecord) block.clear();
        const auto [stop, found] = count_back(block, start > 0, ends);
        if (found) {
          tail_offset_ = start + stop;
          return i;
        }
        carry = block.substr(0, stop);
        at = start;
      }
    }
    tail_offset_ = 0;
    return files.size() - 1;
  }

  // Goes through the complete lines of a block, last first; the first one may have begun earlier (`is_cut`).
  // @return {where it stopped, whether more than `tail` lines end behind it}
  std::pair<std::size_t, bool> count_back(const std::string& block, bool is_cut, std::int64_t& ends) const {
    std::size_t stop = block.size();
    while (stop > 0) {
      const auto newline = stop >= 2 ? block.rfind('\n', stop - 2) : std::string::npos;
      if (newline == std::string::npos && is_cut) break;
      const std::size_t from = newline == std::string::npos ? 0 : newline + 1;
      const std::string_view line = std::string_view(block).substr(from, stop - from);
      if (line.ends_with('\n') && counts(line.substr(0, line.size() - 1)) && ++ends > query_.tail) return {stop, true};
      stop = from;
    }
    return {stop, false};
  }

  bool counts(std::string_view line) const {
    const auto record = parse_record(query_.format, line);
    return record && selects(*record) && record->text.ends_with('\n');
  }

  std::string read_block(int fd, std::uint64_t offset, std::uint64_t size) const {
    std::string block(size, '\0');
    const ssize_t count = ::pread(fd, block.data(), block.size(), static_cast<off_t>(offset));
    if (count < 0) throw_errno("read '{}'", query_.path);
    block.resize(static_cast<std::size_t>(count));
    return block;
  }

  // Up to the end of the current file. @return false when nothing more is wanted
  bool read_available() {
    for (;;) {
      std::uint64_t size = kBlock;
      if (!query_.follow && current_.identity == end_) {
        if (offset_ >= end_offset_) return false;  // as long as it was when we came; it may grow for ever
        size = std::min<std::uint64_t>(size, end_offset_ - offset_);
      }
      const std::string block = read_block(current_.fd.get(), offset_, size);
      if (block.empty()) return true;
      if (query_.follow) look_ahead();
      offset_ += block.size();
      if (!splitter_.feed(block, [this](std::string_view line) { return hand_out(line); })) return false;
    }
  }

  bool hand_out(std::string_view line) {
    const auto record = parse_record(query_.format, line);
    if (!record) return true;
    const bool is_out = record->stream == wire::LogStream::out;
    const bool starts = line_starts_[is_out ? 0 : 1];
    line_starts_[is_out ? 0 : 1] = record->text.ends_with('\n');
    if (!selects(*record)) return !(query_.follow && query_.until && is_later(*record));
    return sink_({record->time, record->stream, record->text, starts});
  }

  bool is_later(const wire::LogRecord& record) const {
    const auto time = parse_rfc3339(record.time);
    return time && *time > *query_.until;
  }

  void watch_directory() {
    inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    // Without inotify (its instances are limited per user) the interval alone has to do.
    if (inotify_)
      ::inotify_add_watch(inotify_.get(), parent_path(query_.path).c_str(),
                          IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF);
  }

  void wait() {
    pollfd polled{inotify_.get(), POLLIN, 0};
    ::poll(&polled, 1, kEndedIntervalMs);
    alignas(inotify_event) char events[4096];
    while (inotify_ && ::read(inotify_.get(), events, sizeof events) > 0) {
    }
  }

  const LogQuery& query_;
  const std::function<bool(const LogPiece&)>& sink_;
  Chain chain_;
  sys::UniqueFd inotify_;
  OpenFile current_;
  std::deque<OpenFile> ahead_;  // the files after it, oldest first
  bool told_ = false;           // that lines may be missing
  std::uint64_t offset_ = 0;
  std::uint64_t tail_offset_ = 0;
  Identity end_;
  std::uint64_t end_offset_ = 0;
  LineSplitter splitter_;
  bool line_starts_[2] = {true, true};
};

}  // namespace

void read_log(const LogQuery& query, const std::function<bool(const LogPiece&)>& sink) {
  if (!query.journal_id.empty()) return read_journal(query, sink);
  Reader(query, sink).run();
}

bool LineSplitter::feed(std::string_view bytes, const std::function<bool(std::string_view)>& line) {
  while (!bytes.empty()) {
    const auto newline = bytes.find('\n');
    if (newline == std::string_view::npos) {
      if (!dropping_) rest_ += bytes;
      if (rest_.size() > kMaxRecord) {
        reset();
        dropping_ = true;
      }
      return true;
    }
    const std::string_view piece = bytes.substr(0, newline);
    bytes.remove_prefix(newline + 1);
    if (std::exchange(dropping_, false)) continue;
    if (rest_.empty()) {
      if (!line(piece)) return rest_ = bytes, false;
      continue;
    }
    rest_ += piece;
    const std::string whole = std::exchange(rest_, {});
    if (!line(whole)) return rest_ = bytes, false;
  }
  return true;
}

void LineSplitter::reset() {
  rest_.clear();
  rest_.shrink_to_fit();
  dropping_ = false;
}

}  // namespace lichen::engine
