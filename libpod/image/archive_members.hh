// The files of an image archive by name: a tar in a file, a tar that is piped or compressed, or a directory.
//
// A plain tar in a regular file is only indexed; its members are read where they lie. What cannot be read twice (a
// pipe, a compressed archive) is spooled member by member into a staging directory, bounded by the space that is left.
// Names are keys here and never paths: spooled members are numbered.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libpod/image/stream.hh"
#include "libpod/store/paths.hh"

namespace lichen::image {

class ArchiveMembers {
 public:
  virtual ~ArchiveMembers() = default;
  virtual bool has(const std::string& name) const = 0;
  /// @throws Error{invalid} there is no such member
  virtual std::uint64_t size(const std::string& name) const = 0;
  /// May be called from several threads; the members must outlive it.
  virtual std::unique_ptr<ByteSource> open(const std::string& name) const = 0;
  std::string read(const std::string& name, std::size_t limit) const;
};

/// @param input  path of an archive or directory; "-" or "" for standard input
/// @throws Error{not_found|invalid|unsupported|system}
std::unique_ptr<ArchiveMembers> open_archive(const store::Paths& paths, const std::string& input);

}  // namespace lichen::image
