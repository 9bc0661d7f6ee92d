// sha256 of a stream in a thread of its own, for whoever has other work to do with the same bytes.
#pragma once

#include <thread>
#include <vector>

#include "libpod/image/channel.hh"
#include "libpod/image/hash.hh"

namespace lichen::image {

class BackgroundHash {
 public:
  BackgroundHash();
  ~BackgroundHash();
  BackgroundHash(const BackgroundHash&) = delete;
  BackgroundHash& operator=(const BackgroundHash&) = delete;

  /// Copies the bytes; waits when the thread is some MiB behind.
  void write(Bytes data);
  /// Nothing may be written any more.
  Digest finish();

 private:
  void flush();

  Channel channel_;
  std::vector<std::uint8_t> gathered_;
  Hasher hasher_;
  std::thread thread_;
};

}  // namespace lichen::image
