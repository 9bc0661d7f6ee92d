// gzip for layers that go out. The same input gives the same bytes, so that a registry that has them already is asked
// before anything is sent.
#pragma once

#include <memory>
#include <vector>

#include "libpod/image/stream.hh"

namespace lichen::image {

class GzipWriter {
 public:
  /// @param out  gets the compressed bytes in order
  explicit GzipWriter(ByteSink out);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  void write(Bytes data);
  void finish();

 private:
  void run(Bytes data, bool end);

  struct State;
  std::unique_ptr<State> state_;
  ByteSink out_;
};

}  // namespace lichen::image
