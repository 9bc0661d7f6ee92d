#include "libpod/image/background_hash.hh"

#include <algorithm>

namespace lichen::image {
namespace {

constexpr std::size_t kChunk = 1u << 20, kChunks = 4;

}  // namespace

BackgroundHash::BackgroundHash() : channel_(kChunks) {
  thread_ = std::thread([this] {
    while (const Chunk chunk = channel_.pop()) hasher_.update(*chunk);
  });
}

BackgroundHash::~BackgroundHash() {
  if (!thread_.joinable()) return;
  channel_.cancel();
  thread_.join();
}

void BackgroundHash::flush() {
  if (gathered_.empty()) return;
  channel_.push(std::make_shared<const std::vector<std::uint8_t>>(std::move(gathered_)));
  gathered_ = {};
}

void BackgroundHash::write(Bytes data) {
  while (!data.empty()) {
    if (gathered_.empty()) gathered_.reserve(kChunk);
    const std::size_t count = std::min(data.size(), kChunk - gathered_.size());
    gathered_.insert(gathered_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(count));
    data = data.subspan(count);
    if (gathered_.size() == kChunk) flush();
  }
}

Digest BackgroundHash::finish() {
  flush();
  channel_.close();
  thread_.join();
  return hasher_.finish();
}

}  // namespace lichen::image
