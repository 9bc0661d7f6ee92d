#include "libpod/image/piped_hasher.hh"

#include <algorithm>
#include <cstring>

namespace lichen::image {

PipedHasher::PipedHasher() : current_(buffers_.data()) {
  current_->bytes = std::make_unique_for_overwrite<std::uint8_t[]>(kBuffer);
}

PipedHasher::~PipedHasher() { end(); }

std::span<std::uint8_t> PipedHasher::room() {
  return {current_->bytes.get() + current_->size, kBuffer - current_->size};
}

void PipedHasher::wrote(std::size_t count) {
  current_->size += count;
  if (current_->size == kBuffer) hand_over();
}

void PipedHasher::add(std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const auto space = room();
    const std::size_t count = std::min(space.size(), data.size());
    std::memcpy(space.data(), data.data(), count);
    data = data.subspan(count);
    wrote(count);
  }
}

void PipedHasher::hand_over() {
  if (!thread_.joinable()) {
    for (std::size_t i = 1; i < buffers_.size(); ++i) {
      buffers_[i].bytes = std::make_unique_for_overwrite<std::uint8_t[]>(kBuffer);
      empty_.push_back(&buffers_[i]);
    }
    thread_ = std::thread([this] { hash_all(); });
  }
  std::unique_lock lock(mutex_);
  full_.push_back(current_);
  changed_.notify_all();
  changed_.wait(lock, [this] { return !empty_.empty(); });
  current_ = empty_.front();
  current_->size = 0;
  empty_.pop_front();
}

void PipedHasher::hash_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !full_.empty() || ended_; });
    if (full_.empty()) return;
    Buffer* buffer = full_.front();
    full_.pop_front();
    lock.unlock();
    hasher_.update(std::span<const std::uint8_t>(buffer->bytes.get(), buffer->size));
    lock.lock();
    empty_.push_back(buffer);
    changed_.notify_all();
  }
}

void PipedHasher::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Digest PipedHasher::finish() {
  end();
  hasher_.update(std::span<const std::uint8_t>(current_->bytes.get(), current_->size));
  return hasher_.finish();
}

}  // namespace lichen::image
