// Compression of layers that go out. The same input gives the same bytes, so that a registry that has them already is
// asked before anything is sent.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "libpod/image/stream.hh"

namespace lichen::image {

enum class PackKind { gzip, zstd };

struct Packing {
  PackKind kind = PackKind::gzip;
  std::optional<int> level;  // nullopt: what is fast (ISA-L's middle level, zstd's 3)
  /// "gzip" or "zstd" as a media type of layers ends.
  std::string suffix() const { return kind == PackKind::zstd ? "zstd" : "gzip"; }
};
/// @param name  "gzip", "zstd", or empty for gzip; "zstd:chunked" and others are refused
/// @throws Error{usage} the name; a level that this kind does not have
Packing parse_packing(const std::string& name, std::optional<int> level);

class Packer {
 public:
  virtual ~Packer() = default;
  virtual void write(Bytes data) = 0;
  virtual void finish() = 0;
};
/// @param out  gets the compressed bytes in order
std::unique_ptr<Packer> make_packer(const Packing& packing, ByteSink out);

}  // namespace lichen::image
