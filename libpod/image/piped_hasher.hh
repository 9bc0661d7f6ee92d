// The digest of a stream, computed beside whoever makes it.
//
// The maker fills large buffers, a thread of its own hashes them: reading a file and hashing it cost about the same, so
// this halves the time of large layers where a second core is free. A stream that fits into the first buffer (most
// layers of a build) needs no thread. Memory is three buffers.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "libpod/image/hash.hh"

namespace lichen::image {

class PipedHasher {
 public:
  static constexpr std::size_t kBuffer = 512u << 10;

  PipedHasher();
  ~PipedHasher();
  PipedHasher(const PipedHasher&) = delete;
  PipedHasher& operator=(const PipedHasher&) = delete;

  /// Where the next bytes go; never empty.
  std::span<std::uint8_t> room();
  /// @param count  bytes that were written there
  void wrote(std::size_t count);
  void add(std::span<const std::uint8_t> data);
  /// The digest of all. The hasher is used up.
  Digest finish();

 private:
  struct Buffer {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t size = 0;
  };
  void hand_over();
  void hash_all();
  void end();

  std::array<Buffer, 3> buffers_;
  Buffer* current_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Buffer*> full_, empty_;
  bool ended_ = false;
  Hasher hasher_;
  std::thread thread_;
};

}  // namespace lichen::image
