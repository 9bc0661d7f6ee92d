// layers/<chain-id>/tar.journal: how to make a layer's tar again, bit for bit, from its unpacked files.
//
// A zstd stream of records, in the order of the tar:
//   L <u32 length> <bytes>                        bytes of the tar that are no file's data: headers, padding, what was
//   not unpacked F <u32 length> <path> <u64 offset> <u64 n>    n bytes at offset of the file diff/<path> R <u32 length>
//   <path> <u32 number>            what was at <path> is now replaced/<number>: a later entry of the same name came.
//                                                 It counts for all F records before it that name <path> or something
//                                                 beneath.
//   E <u64 size>                                  the end; size of the tar
// Numbers are little endian. As an R follows what it changes, a reader goes over the journal twice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libpod/image/stream.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::image {

class JournalWriter {
 public:
  explicit JournalWriter(sys::UniqueFd file);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void literal(Bytes data);
  void file_data(const std::string& path, std::uint64_t offset, std::uint64_t length);
  void replaced(const std::string& path, std::uint32_t number);
  /// Write the end record and close the file.
  void finish(std::uint64_t tar_size);

 private:
  void flush_literal();
  void put(Bytes data);
  void compress(bool end);

  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::vector<std::uint8_t> pending_literal_;
};

/// Give the tar of the layer in `layer_dir` (holds diff/ and tar.journal) to `sink`.
///
/// Paths in the journal are resolved beneath diff/ without following symlinks.
/// @return bytes given. @throws Error{invalid} the journal or a file it names is damaged; the caller checks the digest
std::uint64_t rebuild_tar(const std::string& layer_dir, const ByteSink& sink);

}  // namespace lichen::image
