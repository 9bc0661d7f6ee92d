#include "libpod/image/tar_reader.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/tar_header.hh"

namespace lichen::image {
namespace {

constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 60;

std::uint64_t padding_of(std::uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

// "1350244992.023960108", "-1.5": seconds and nanoseconds; further digits are cut off (pax(1), "File Times").
std::optional<std::pair<std::int64_t, long>> parse_pax_time(std::string_view text) {
  const auto dot = text.find('.');
  const auto whole = text.substr(0, dot);
  const auto seconds = parse_int(whole);
  if (!seconds) return std::nullopt;
  if (dot == std::string_view::npos) return std::pair{*seconds, 0L};
  std::string digits(text.substr(dot + 1));
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  digits.resize(9, '0');
  const long nsec = std::stol(digits);
  if (!whole.starts_with('-') || nsec == 0) return std::pair{*seconds, nsec};
  return std::pair{*seconds - 1, 1'000'000'000L - nsec};
}

}  // namespace

struct TarReader::Extras {
  std::optional<std::string> path, link;
  std::optional<std::uint64_t> size, uid, gid;
  std::optional<std::pair<std::int64_t, long>> mtime;
  std::vector<std::pair<std::string, std::string>> xattrs;
  std::string gnu_name, gnu_link;
  // GNU.sparse.*: 0.0 repeats offset and numbytes, 0.1 has them in one list, 1.0 puts the map before the data.
  std::string sparse_major, sparse_minor, sparse_name, sparse_map;
  std::optional<std::uint64_t> sparse_size;
  std::vector<std::uint64_t> sparse_numbers;
};

void TarReader::refuse(const std::string& why) const {
  throw_error(ErrorKind::invalid, "tar archive at byte {}: {}", position_, why);
}

// false at a clean end.
bool TarReader::read_block(std::uint8_t* block) {
  const std::size_t count = read_source(source_, block, kTarBlock);
  position_ += count;
  if (raw_ && count > 0) raw_(Bytes(block, count));
  if (count == 0) return false;
  if (count < kTarBlock) refuse("it ends within a header");
  return true;
}

std::uint64_t TarReader::read_data(const ByteSink& sink, std::uint64_t limit) {
  std::uint64_t given = 0;
  while (given < limit && data_left_ > 0) {
    Bytes next = source_.peek();
    if (next.empty()) refuse("it ends within a file's data");
    next = next.first(static_cast<std::size_t>(std::min<std::uint64_t>({next.size(), data_left_, limit - given})));
    if (sink) sink(next);
    source_.consume(next.size());
    position_ += next.size();
    data_left_ -= next.size();
    given += next.size();
  }
  return given;
}

void TarReader::read_data(const ByteSink& sink) { read_data(sink, data_left_); }

void TarReader::skip_data() {
  if (!raw_) {
    const std::uint64_t skipped = source_.skip(data_left_ + padding_);
    position_ += skipped;
    if (skipped != data_left_ + padding_) refuse("it ends within a file's data");
    data_left_ = padding_ = 0;
    return;
  }
  read_data(raw_);
  data_left_ = padding_;
  read_data(raw_);
  padding_ = 0;
}

void TarReader::drain() {
  for (Bytes next = source_.peek(); !next.empty(); next = source_.peek()) {
    if (raw_) raw_(next);
    position_ += next.size();
    source_.consume(next.size());
  }
}

std::string TarReader::read_special(std::uint64_t size, const char* what) {
  if (size > kMaxPaxHeader) refuse(format("a {} of {} bytes", what, size));
  std::string text;
  data_left_ = size;
  padding_ = padding_of(size);
  read_data([&](Bytes data) {
    text.append(reinterpret_cast<const char*>(data.data()), data.size());
    if (raw_) raw_(data);
  });
  skip_data();
  return text;
}

void TarReader::parse_pax(const std::string& text, Extras& extras) {
  std::string_view rest = text;
  const auto number = [&](std::string_view value, const std::string& key) {
    const auto parsed = parse_uint(value);
    if (!parsed) refuse(format("pax record {} is not a number", printable(key)));
    return *parsed;
  };
  while (!rest.empty()) {
    // "LENGTH KEY=VALUE\n" where LENGTH counts the whole record.
    const auto space = rest.find(' ');
    const auto length = space == std::string_view::npos ? std::nullopt : parse_uint(rest.substr(0, space));
    if (!length || *length <= space + 1 || *length > rest.size() || rest[*length - 1] != '\n')
      refuse("a malformed pax record");
    const std::string_view record = rest.substr(space + 1, *length - space - 2);
    rest.remove_prefix(*length);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) refuse("a malformed pax record");
    const std::string key(record.substr(0, equals));
    const std::string value(record.substr(equals + 1));
    if (value.empty() && !key.starts_with("SCHILY.xattr.")) continue;  // an empty value: what the header says counts
    if (key == "path")
      extras.path = value;
    else if (key == "linkpath")
      extras.link = value;
    else if (key == "size")
      extras.size = number(value, key);
    else if (key == "uid")
      extras.uid = number(value, key);
    else if (key == "gid")
      extras.gid = number(value, key);
    else if (key == "mtime") {
      extras.mtime = parse_pax_time(value);
      if (!extras.mtime) refuse("pax record mtime is not a time");
    } else if (key.starts_with("SCHILY.xattr.")) {
      if (extras.xattrs.size() >= kMaxXattrs || value.size() > kMaxXattrSize)
        refuse("too many or too large extended attributes");
      extras.xattrs.emplace_back(key.substr(13), value);
    } else if (key == "GNU.sparse.major")
      extras.sparse_major = value;
    else if (key == "GNU.sparse.minor")
      extras.sparse_minor = value;
    else if (key == "GNU.sparse.name")
      extras.sparse_name = value;
    else if (key == "GNU.sparse.map")
      extras.sparse_map = value;
    else if (key == "GNU.sparse.size" || key == "GNU.sparse.realsize")
      extras.sparse_size = number(value, key);
    else if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes") {
      if (extras.sparse_numbers.size() >= 2 * kMaxSparseParts) refuse("a sparse file of too many parts");
      extras.sparse_numbers.push_back(number(value, key));
    }
    // All other keys (uname, atime, comment, vendors') say nothing that a layer needs.
  }
}

std::optional<TarEntry> TarReader::next() {
  skip_data();
  Extras extras;
  std::uint8_t block[kTarBlock];
  bool awaits_entry = false;  // an extended header has been read that belongs to the next entry
  for (;;) {
    if (!read_block(block)) {
      if (awaits_entry) refuse("it ends after an extended header");
      return std::nullopt;
    }
    if (is_zero_block(block)) {
      if (awaits_entry) refuse("it ends after an extended header");
      if (read_block(block) && !is_zero_block(block)) refuse("a single empty block between entries");
      return std::nullopt;
    }
    if (!has_valid_checksum(block)) refuse("the header's checksum is wrong");
    const char type = static_cast<char>(block[156]);
    if (type != 'x' && type != 'g' && type != 'L' && type != 'K') return make_entry(block, extras);
    const auto size = tar_number(block, 124, 12);
    if (!size || *size < 0) refuse("an extended header of malformed size");
    const auto length = static_cast<std::uint64_t>(*size);
    if (type == 'x') {
      extras = [&] {
        Extras fresh;
        fresh.gnu_name = extras.gnu_name;
        fresh.gnu_link = extras.gnu_link;
        return fresh;
      }();
      parse_pax(read_special(length, "pax header"), extras);
    } else if (type == 'g') {
      read_special(length, "global pax header");
      continue;  // it stands for itself and may be the last thing
    } else {
      std::string text = read_special(length, "long name");
      text.resize(::strnlen(text.c_str(), text.size()));
      (type == 'L' ? extras.gnu_name : extras.gnu_link) = text;
    }
    awaits_entry = true;
  }
}

namespace {

// The type flag of POSIX ustar; the oldest archives mark directories by their names only.
std::optional<TarType> tar_type(char flag, std::string_view name) {
  switch (flag) {
    case '\0':
      return name.ends_with('/') ? TarType::directory : TarType::file;
    case '0':
    case '7':
    case 'S':
      return TarType::file;
    case '1':
      return TarType::hard_link;
    case '2':
      return TarType::symlink;
    case '3':
      return TarType::character_device;
    case '4':
      return TarType::block_device;
    case '5':
      return TarType::directory;
    case '6':
      return TarType::fifo;
    default:
      return std::nullopt;
  }
}

}  // namespace

TarEntry TarReader::make_entry(const std::uint8_t* block, Extras& extras) {
  TarEntry entry;
  const TarFormat kind = tar_format(block);
  const auto field = [&](std::size_t offset, std::size_t length, const char* what) {
    const auto value = tar_number(block, offset, length);
    if (!value || *value < 0) refuse(format("the header's {} is malformed", what));
    return static_cast<std::uint64_t>(*value);
  };
  entry.name = tar_text(block, 0, 100);
  if (kind == TarFormat::ustar || kind == TarFormat::star) {
    const std::string prefix = tar_text(block, 345, kind == TarFormat::star ? 131 : 155);
    if (!prefix.empty()) entry.name = prefix + "/" + entry.name;
  }
  entry.link = tar_text(block, 157, 100);
  entry.mode = static_cast<std::uint32_t>(field(100, 8, "mode") & 07777);
  entry.uid = extras.uid ? *extras.uid : field(108, 8, "uid");
  entry.gid = extras.gid ? *extras.gid : field(116, 8, "gid");
  entry.size = extras.size ? *extras.size : field(124, 12, "size");
  const auto mtime = tar_number(block, 136, 12);
  if (!mtime) refuse("the header's mtime is malformed");
  entry.mtime = *mtime;
  if (extras.mtime) std::tie(entry.mtime, entry.mtime_nsec) = *extras.mtime;
  entry.xattrs = std::move(extras.xattrs);
  if (extras.path) entry.name = *extras.path;
  if (extras.link) entry.link = *extras.link;
  if (!extras.gnu_name.empty()) entry.name = extras.gnu_name;
  if (!extras.gnu_link.empty()) entry.link = extras.gnu_link;

  const char type = static_cast<char>(block[156]);
  const auto known = tar_type(type, entry.name);
  if (!known)
    throw_error(ErrorKind::unsupported, "tar archive at byte {}: entry '{}' is of unknown type {:#x}", position_,
                printable(entry.name), static_cast<unsigned>(block[156]));
  entry.type = *known;
  if (entry.type != TarType::file) entry.size = 0;
  if (entry.size > kMaxSize) refuse("a file of impossible size");
  entry.stored = entry.size;
  data_left_ = entry.stored;
  padding_ = padding_of(entry.stored);
  if (type == 'S' && kind == TarFormat::gnu)
    read_old_sparse(block, entry);
  else if (entry.type == TarType::file)
    read_pax_sparse(entry, extras);
  for (const std::string* text : {&entry.name, &entry.link})
    if (text->find('\0') != std::string::npos) refuse("a name with a NUL byte");
  return entry;
}

// GNU's old form: four parts in the header, 21 in each block after it while the flag says so; data follows.
void TarReader::read_old_sparse(const std::uint8_t* block, TarEntry& entry) {
  const auto size = tar_number(block, 483, 12);
  if (!size || *size < 0) refuse("a sparse file of malformed size");
  entry.is_sparse = true;
  entry.size = static_cast<std::uint64_t>(*size);
  const auto add = [&](const std::uint8_t* from, std::size_t start, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (from[start + i * 24] == 0) return;
      const auto offset = tar_number(from, start + i * 24, 12);
      const auto length = tar_number(from, start + i * 24 + 12, 12);
      if (!offset || !length || *offset < 0 || *length < 0) refuse("a malformed part of a sparse file");
      if (entry.parts.size() >= kMaxSparseParts) refuse("a sparse file of too many parts");
      entry.parts.push_back({static_cast<std::uint64_t>(*offset), static_cast<std::uint64_t>(*length)});
    }
  };
  add(block, 386, 4);
  std::uint8_t extension[kTarBlock];
  for (bool more = block[482] != 0; more; more = extension[504] != 0) {
    if (!read_block(extension)) refuse("it ends within a sparse file's map");
    add(extension, 0, 21);
  }
  check_sparse(entry);
}

// Decimal lines in the data's first blocks: how many parts, then offset and length of each.
void TarReader::read_map_in_data(TarEntry& entry, std::vector<std::uint64_t>& numbers) {
  std::uint8_t block[kTarBlock];
  std::string line;
  std::optional<std::uint64_t> wanted;
  while (!wanted || numbers.size() < 2 * *wanted) {
    if (data_left_ < kTarBlock || !read_block(block)) refuse("it ends within a sparse file's map");
    data_left_ -= kTarBlock;
    entry.stored -= kTarBlock;
    for (const std::uint8_t byte : block) {
      if (byte != '\n') {
        line += static_cast<char>(byte);
        continue;
      }
      const auto value = parse_uint(std::exchange(line, {}));
      if (!value || (!wanted && *value > kMaxSparseParts)) refuse("a malformed map of a sparse file");
      if (!wanted)
        wanted = *value;
      else
        numbers.push_back(*value);
      if (numbers.size() >= 2 * *wanted) break;
    }
    if (line.size() > 20) refuse("a malformed map of a sparse file");
  }
}

void TarReader::read_pax_sparse(TarEntry& entry, Extras& extras) {
  const bool map_in_data = extras.sparse_major == "1" && extras.sparse_minor == "0";
  if (!map_in_data && extras.sparse_map.empty() && extras.sparse_numbers.empty() && extras.sparse_major.empty()) return;
  std::vector<std::uint64_t> numbers = std::move(extras.sparse_numbers);
  if (map_in_data) {
    read_map_in_data(entry, numbers);
  } else if (!extras.sparse_map.empty()) {
    numbers.clear();
    for (const auto& item : split(extras.sparse_map, ',')) {
      const auto value = parse_uint(item);
      if (!value || numbers.size() >= 2 * kMaxSparseParts) refuse("a malformed map of a sparse file");
      numbers.push_back(*value);
    }
  } else if (!extras.sparse_major.empty() && extras.sparse_major != "0") {
    throw_error(ErrorKind::unsupported, "tar archive at byte {}: sparse format {}.{}", position_,
                printable(extras.sparse_major), printable(extras.sparse_minor));
  }
  if (numbers.size() % 2 != 0 || !extras.sparse_size) refuse("a malformed map of a sparse file");
  for (std::size_t i = 0; i < numbers.size(); i += 2) entry.parts.push_back({numbers[i], numbers[i + 1]});
  entry.is_sparse = true;
  entry.size = *extras.sparse_size;
  if (!extras.sparse_name.empty()) entry.name = extras.sparse_name;
  check_sparse(entry);
}

void TarReader::check_sparse(TarEntry& entry) const {
  if (entry.size > kMaxSize) refuse("a sparse file of impossible size");
  std::uint64_t end = 0, sum = 0;
  for (const auto& part : entry.parts) {
    if (part.offset < end || part.length > kMaxSize || part.offset > kMaxSize || part.offset + part.length > entry.size)
      refuse("parts of a sparse file overlap or lie outside it");
    end = part.offset + part.length;
    sum += part.length;
  }
  if (sum != entry.stored) refuse("parts of a sparse file do not add up to its data");
}

}  // namespace lichen::image
