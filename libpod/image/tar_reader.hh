// A strict tar reader of our own, for layers.
//
// Why not a library's: a layer must come out again bit for bit (diff ids name its bytes), so every byte that is not
// file data has to be seen in order, with the exact place where data begins and ends. Two readers side by side could
// also disagree about an entry, and that disagreement is what attacks on archives live from. This one reads what docker
// reads (V7, ustar, pax, GNU long names, GNU and pax sparse files) by the same rules (Go's archive/tar: header-only
// types have no data, global pax headers do not count, an empty pax value means none) and refuses everything else by
// name.
//
// It looks at bytes only; names are not safe yet: image/unpack resolves them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libpod/image/stream.hh"

namespace lichen::image {

enum class TarType { file, hard_link, symlink, character_device, block_device, directory, fifo };

struct SparsePart {
  std::uint64_t offset = 0, length = 0;
};

struct TarEntry {
  TarType type = TarType::file;
  std::string name, link;
  std::uint32_t mode = 0;  // permission and set-id bits only
  std::uint64_t uid = 0, gid = 0;
  std::uint64_t size = 0;    // of the file; 0 for all other types
  std::uint64_t stored = 0;  // bytes of data in the archive: size, or the sum of the sparse parts
  std::int64_t mtime = 0;
  long mtime_nsec = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;  // name, value
  bool is_sparse = false;
  std::vector<SparsePart> parts;  // ascending; data of each follows that of the one before
};

class TarReader {
 public:
  /// @param raw  gets every byte of the archive that is not given to a data sink, in order; may be empty
  TarReader(ByteSource& source, ByteSink raw) : source_(source), raw_(std::move(raw)) {}

  /// The next entry; nullopt at the end mark or the end of the stream. Data left of the last entry goes to `raw`.
  /// @throws Error{invalid|unsupported} what is wrong and at which byte
  std::optional<TarEntry> next();

  /// Give the rest of the entry's data to `sink`; it is the caller's then and does not go to `raw`.
  void read_data(const ByteSink& sink);
  /// At most `limit` bytes of the entry's data to `sink`. @return bytes given; less than limit only at the data's end
  std::uint64_t read_data(const ByteSink& sink, std::uint64_t limit);
  /// After next() gave nullopt: everything that follows goes to `raw`.
  void drain();

  /// Bytes of archive read so far.
  std::uint64_t position() const { return position_; }

 private:
  struct Extras;  // what extended headers say about the entry after them

  bool read_block(std::uint8_t* block);
  void skip_data();
  std::string read_special(std::uint64_t size, const char* what);
  void parse_pax(const std::string& text, Extras& extras);
  TarEntry make_entry(const std::uint8_t* block, Extras& extras);
  void read_old_sparse(const std::uint8_t* block, TarEntry& entry);
  void read_map_in_data(TarEntry& entry, std::vector<std::uint64_t>& numbers);
  void read_pax_sparse(TarEntry& entry, Extras& extras);
  void check_sparse(TarEntry& entry) const;
  [[noreturn]] void refuse(const std::string& why) const;

  ByteSource& source_;
  ByteSink raw_;
  std::uint64_t position_ = 0;
  std::uint64_t data_left_ = 0;
  std::uint64_t padding_ = 0;
};

}  // namespace lichen::image
