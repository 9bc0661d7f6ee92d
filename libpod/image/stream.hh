// Byte streams that are pulled: what the tar reader and the archive readers stand on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "libpod/image/channel.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::image {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Bytes that follow, valid until the next call; empty only at the end. @throws Error when the stream broke
  virtual Bytes peek() = 0;
  /// @param count  at most what peek() gave last
  virtual void consume(std::size_t count) = 0;
  /// Pass over up to `count` bytes. @return how many there were
  virtual std::uint64_t skip(std::uint64_t count);
};

/// Read exactly `size` bytes, fewer only at the end. @return bytes read
std::size_t read_source(ByteSource& source, std::uint8_t* data, std::size_t size);
/// The rest of the source. @throws Error{invalid} more than `limit` bytes
std::string read_source_all(ByteSource& source, std::string_view what, std::size_t limit);

class ChannelSource : public ByteSource {
 public:
  explicit ChannelSource(Channel& channel) : channel_(channel) {}
  Bytes peek() override;
  void consume(std::size_t count) override { offset_ += count; }

 private:
  Channel& channel_;
  Chunk chunk_;
  std::size_t offset_ = 0;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(Bytes data) : rest_(data) {}
  Bytes peek() override { return rest_; }
  void consume(std::size_t count) override { rest_ = rest_.subspan(count); }

 private:
  Bytes rest_;
};

/// A borrowed descriptor: from its position to its end, or `size` bytes at `offset` by pread.
class FdSource : public ByteSource {
 public:
  FdSource(int fd, std::string what) : fd_(fd), what_(std::move(what)) {}
  FdSource(int fd, std::string what, std::uint64_t offset, std::uint64_t size)
      : fd_(fd), what_(std::move(what)), positioned_(true), offset_(offset), left_(size) {}
  Bytes peek() override;
  void consume(std::size_t count) override { begin_ += count; }
  /// Without reading when it is positioned.
  std::uint64_t skip(std::uint64_t count) override;

 private:
  int fd_;
  std::string what_;
  bool positioned_ = false;
  std::uint64_t offset_ = 0, left_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

/// Gets each piece of a stream in order.
using ByteSink = std::function<void(Bytes)>;

}  // namespace lichen::image
