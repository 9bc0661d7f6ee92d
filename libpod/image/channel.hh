// A bounded queue of byte chunks between two threads of a layer's pipeline.
//
// The producer ends it with close() or, when it failed, close(exception): then the consumer gets the exception after
// what was queued, so a stream that broke off is never taken for one that ended. A consumer that gives up calls
// cancel(): the producer's push then returns false. Memory is bounded by capacity times the size of a chunk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace lichen::image {

using Bytes = std::span<const std::uint8_t>;
using Chunk = std::shared_ptr<const std::vector<std::uint8_t>>;

class Channel {
 public:
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}

  /// Waits while the queue is full. @return false when the consumer is gone
  bool push(Chunk chunk) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return cancelled_ || queue_.size() < capacity_; });
    if (cancelled_) return false;
    queue_.push_back(std::move(chunk));
    changed_.notify_all();
    return true;
  }
  void close(std::exception_ptr error = nullptr) {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    error_ = std::move(error);
    changed_.notify_all();
  }
  void cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    queue_.clear();
    changed_.notify_all();
  }
  /// The next chunk, or nullptr at the end. @throws what the producer closed with
  Chunk pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !queue_.empty() || closed_ || cancelled_; });
    if (!queue_.empty()) {
      Chunk chunk = std::move(queue_.front());
      queue_.pop_front();
      changed_.notify_all();
      return chunk;
    }
    if (error_) std::rethrow_exception(error_);
    return nullptr;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> queue_;
  bool closed_ = false, cancelled_ = false;
  std::exception_ptr error_;
};

}  // namespace lichen::image
