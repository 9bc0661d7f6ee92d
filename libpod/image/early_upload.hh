// A layer goes up while it is still being compressed.
//
// Its digest is known only at the end, and only then the registry can be asked whether it has the layer already. On a
// slow line compression is done long before much has gone out, so that a layer which is there costs next to nothing
// even so; on a fast one sending and compressing at the same time nearly halves the time. The bytes lie in a file
// anyway: whatever goes wrong here, they are sent again from it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "libpod/image/registry.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::image {

class EarlyUpload {
 public:
  EarlyUpload(Registry& registry, std::string repository) : registry_(registry), repository_(std::move(repository)) {}
  ~EarlyUpload();
  EarlyUpload(const EarlyUpload&) = delete;
  EarlyUpload& operator=(const EarlyUpload&) = delete;

  /// So many bytes are in the file now. The first call begins to send.
  void grown(int file, std::uint64_t size);
  /// The file is whole: wait until all has gone, and give the blob its name.
  /// @return false: it did not go up, for whatever reason
  bool finish(const Digest& digest, ProgressLine& line);
  /// The registry has it already.
  void abandon();

 private:
  void run();
  void stop(bool give_up);
  std::optional<std::size_t> read(char* out, std::size_t size);

  Registry& registry_;
  const std::string repository_;
  sys::UniqueFd file_;  // our own: the caller's may be closed by an error while a thread reads
  std::mutex mutex_;    // guards what follows
  std::condition_variable changed_;
  std::uint64_t size_ = 0, sent_ = 0;
  bool whole_ = false, given_up_ = false;
  ProgressLine* line_ = nullptr;
  std::string location_;  // where a session ended well
  std::thread thread_;
};

}  // namespace lichen::image
