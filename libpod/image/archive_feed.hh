// A ByteSource as the input of a libarchive reader.
//
// Where libarchive reads a format, it never reads a compressor: its filters grant a stream whatever memory it asks for.
// inflate.hh goes before. Exceptions of the source do not pass through C frames: they are kept and thrown again.
#pragma once

#include <exception>
#include <utility>

#include "libpod/image/stream.hh"

#include <archive.h>

namespace lichen::image {

class ArchiveFeed {
 public:
  /// @param source  borrowed
  explicit ArchiveFeed(ByteSource& source) : source_(source) {}
  ArchiveFeed(const ArchiveFeed&) = delete;  // libarchive keeps its address
  ArchiveFeed& operator=(const ArchiveFeed&) = delete;

  /// @return libarchive's code
  int open(archive* reader) { return ::archive_read_open2(reader, this, nullptr, read, nullptr, nullptr); }
  /// To be called when libarchive has failed: what the source threw was the cause, if it threw.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  static la_ssize_t read(archive*, void* self, const void** data) {
    auto& feed = *static_cast<ArchiveFeed*>(self);
    try {
      feed.source_.consume(std::exchange(feed.given_, 0));
      const Bytes next = feed.source_.peek();
      *data = next.data();
      feed.given_ = next.size();
      return static_cast<la_ssize_t>(next.size());
    } catch (...) {
      feed.error_ = std::current_exception();
      return -1;
    }
  }

  ByteSource& source_;
  std::size_t given_ = 0;
  std::exception_ptr error_;
};

}  // namespace lichen::image
