// Where `save` writes to: a tar stream or a directory, file after file. Same input, same bytes: no times, no owners.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "libpod/image/stream.hh"

namespace lichen::image {

class ArchiveWriter {
 public:
  virtual ~ArchiveWriter() = default;
  /// @param name  relative, at most 100 characters
  /// @param size  what `feed` gives to its sink in all; anything else throws Error{internal}
  virtual void add(const std::string& name, std::uint64_t size, const std::function<void(const ByteSink&)>& feed) = 0;
  void add(const std::string& name, std::string_view text);
  /// Make it visible; without this nothing is left behind (but what went to a pipe).
  virtual void finish() = 0;
};

/// A tar in the file `path` (replaced when it is whole), or on standard output for "-".
/// @throws Error{usage} standard output is a terminal
std::unique_ptr<ArchiveWriter> make_tar_writer(const std::string& path);
/// A directory that is made. @throws Error{conflict} it is there and not empty
std::unique_ptr<ArchiveWriter> make_directory_writer(const std::string& path);

}  // namespace lichen::image
