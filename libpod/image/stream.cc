#include "libpod/image/stream.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"

#include <unistd.h>

namespace lichen::image {
namespace {
constexpr std::size_t kBuffer = 256u << 10, kLeast = 8;
}

std::uint64_t ByteSource::skip(std::uint64_t count) {
  std::uint64_t done = 0;
  while (done < count) {
    const Bytes next = peek();
    if (next.empty()) break;
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(next.size(), count - done));
    consume(step);
    done += step;
  }
  return done;
}

std::size_t read_source(ByteSource& source, std::uint8_t* data, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const Bytes next = source.peek();
    if (next.empty()) break;
    const std::size_t count = std::min(next.size(), size - done);
    std::memcpy(data + done, next.data(), count);
    source.consume(count);
    done += count;
  }
  return done;
}

std::string read_source_all(ByteSource& source, std::string_view what, std::size_t limit) {
  std::string text;
  for (Bytes next = source.peek(); !next.empty(); next = source.peek()) {
    if (text.size() + next.size() > limit)
      throw_error(ErrorKind::invalid, "{}: larger than the {} bytes allowed", what, limit);
    text.append(reinterpret_cast<const char*>(next.data()), next.size());
    source.consume(next.size());
  }
  return text;
}

Bytes ChannelSource::peek() {
  while (!chunk_ || offset_ == chunk_->size()) {
    chunk_ = channel_.pop();
    offset_ = 0;
    if (!chunk_) return {};
  }
  return Bytes(*chunk_).subspan(offset_);
}

std::uint64_t FdSource::skip(std::uint64_t count) {
  if (!positioned_) return ByteSource::skip(count);
  const auto buffered = std::min<std::uint64_t>(count, end_ - begin_);
  begin_ += static_cast<std::size_t>(buffered);
  const auto beyond = std::min(count - buffered, left_);
  offset_ += beyond;
  left_ -= beyond;
  return buffered + beyond;
}

Bytes FdSource::peek() {
  if (begin_ < end_) return Bytes(buffer_).subspan(begin_, end_ - begin_);
  if (buffer_.empty()) buffer_.resize(kBuffer);
  std::size_t wanted = buffer_.size();
  if (positioned_) wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, left_));
  if (wanted == 0) return {};
  begin_ = end_ = 0;
  ssize_t count = 0;
  // A pipe gives what was written last, if it is one byte; who looks at the beginning needs a few.
  do {
    count = positioned_ ? ::pread(fd_, buffer_.data(), wanted, static_cast<off_t>(offset_))
                        : ::read(fd_, buffer_.data() + end_, wanted - end_);
    if (count > 0) end_ += static_cast<std::size_t>(count);
  } while (count < 0 ? errno == EINTR : count > 0 && !positioned_ && end_ < kLeast);
  if (count < 0) throw_errno("read '{}'", what_);
  if (positioned_) {
    if (count == 0) throw_error(ErrorKind::invalid, "read '{}': it ended {} bytes early", what_, left_);
    offset_ += static_cast<std::uint64_t>(count);
    left_ -= static_cast<std::uint64_t>(count);
  }
  return Bytes(buffer_).subspan(0, end_);
}

}  // namespace lichen::image
