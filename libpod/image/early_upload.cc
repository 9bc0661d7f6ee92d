#include "libpod/image/early_upload.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::image {

EarlyUpload::~EarlyUpload() {
  if (thread_.joinable()) abandon();
}

void EarlyUpload::grown(int file, std::uint64_t size) {
  {
    const std::lock_guard guard(mutex_);
    size_ = size;
  }
  changed_.notify_one();
  if (thread_.joinable()) return;
  file_.reset(::fcntl(file, F_DUPFD_CLOEXEC, 3));
  if (!file_) return;
  thread_ = std::thread([this] { run(); });
}

void EarlyUpload::run() {
  try {
    std::string location =
        registry_.stream_up(repository_, [this](char* out, std::size_t size) { return read(out, size); });
    const std::lock_guard guard(mutex_);
    location_ = std::move(location);
  } catch (const std::exception& error) {
    log_debug("{}", error.what());
  }
}

// libcurl's thread: waits for the file to grow.
std::optional<std::size_t> EarlyUpload::read(char* out, std::size_t size) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return given_up_ || whole_ || size_ > sent_; });
  if (given_up_) return 0;  // ended well, the session can be closed; broken off, a registry may keep what it has
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - sent_));
  const auto offset = static_cast<off_t>(sent_);
  ProgressLine* const line = line_;
  lock.unlock();
  const ssize_t got = wanted == 0 ? 0 : ::pread(file_.get(), out, wanted, offset);
  if (got < 0 || (got == 0 && wanted > 0)) return std::nullopt;
  if (line != nullptr) line->add(static_cast<std::uint64_t>(got));
  lock.lock();
  sent_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

void EarlyUpload::stop(bool give_up) {
  {
    const std::lock_guard guard(mutex_);
    (give_up ? given_up_ : whole_) = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool EarlyUpload::finish(const Digest& digest, ProgressLine& line) {
  if (!thread_.joinable()) return false;
  {
    const std::lock_guard guard(mutex_);
    line.begin(size_);
    line.add(sent_);
    line_ = &line;
  }
  stop(/*give_up=*/false);
  if (location_.empty()) return false;
  try {
    registry_.finish_stream(repository_, location_, digest);
    return true;
  } catch (const Error& error) {
    log_debug("{}", error.what());
    return false;
  }
}

void EarlyUpload::abandon() {
  stop(/*give_up=*/true);
  if (!location_.empty()) registry_.abandon_stream(repository_, location_);
}

}  // namespace lichen::image
