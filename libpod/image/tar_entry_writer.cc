#include "libpod/image/tar_entry_writer.hh"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/image/tar_header.hh"

#include <sys/sysmacros.h>

namespace lichen::image {
namespace {

constexpr std::size_t kName = 100, kPrefix = 155;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char type_flag(TarType type) {
  switch (type) {
    case TarType::file:
      return '0';
    case TarType::hard_link:
      return '1';
    case TarType::symlink:
      return '2';
    case TarType::character_device:
      return '3';
    case TarType::block_device:
      return '4';
    case TarType::directory:
      return '5';
    case TarType::fifo:
      return '6';
  }
  return '0';
}

class Records {
 public:
  // "LENGTH KEY=VALUE\n" where LENGTH counts itself too.
  void add(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest + 1;
    while (std::to_string(length).size() + rest != length) length = std::to_string(length).size() + rest;
    text_ += std::to_string(length);
    text_ += ' ';
    text_ += key;
    text_ += '=';
    text_ += value;
    text_ += '\n';
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void put_text(TarBlock& block, std::size_t offset, std::size_t length, std::string_view text) {
  std::memcpy(&block[offset], text.data(), std::min(length, text.size()));
}

// A number where it fits, else a record and zero here.
void put_number(TarBlock& block, std::size_t offset, std::size_t length, std::string_view key, std::int64_t value,
                Records& records) {
  const bool fits = value >= 0 && (value >> (3 * (length - 1))) == 0;
  if (!fits) records.add(key, std::to_string(value));
  put_tar_octal(block, offset, length, fits ? static_cast<std::uint64_t>(value) : 0);
}

// Long names of plain letters may be cut at a slash: prefix and name.
void put_name(TarBlock& block, std::string_view name, Records& records) {
  if (is_ascii(name)) {
    if (name.size() <= kName) return put_text(block, 0, kName, name);
    // The slash that a directory ends with belongs to the name.
    const auto slash = name.substr(0, std::min(kPrefix + 1, name.size() - 1)).rfind('/');
    if (slash != name.npos && slash > 0 && name.size() - slash - 1 <= kName) {
      put_text(block, 345, kPrefix, name.substr(0, slash));
      return put_text(block, 0, kName, name.substr(slash + 1));
    }
  }
  records.add("path", name);
  put_text(block, 0, kName, name);  // what old programs see
}

void put_link(TarBlock& block, std::string_view link, Records& records) {
  if (!is_ascii(link) || link.size() > kName) records.add("linkpath", link);
  put_text(block, 157, kName, link);
}

void put_xattrs(const TarEntry& entry, Records& records) {
  for (const auto& [name, value] : entry.xattrs) {
    if (name.find('=') != name.npos)
      throw Error(ErrorKind::unsupported, format("a tar cannot hold its attribute '{}'", printable(name)))
          .with_hint("remove it in the step that sets it: setfattr -x");
    records.add("SCHILY.xattr." + name, value);
  }
}

void append(std::vector<std::uint8_t>& out, const TarBlock& block) {
  out.insert(out.end(), block.begin(), block.end());
}

void append_pax(const std::string& text, std::vector<std::uint8_t>& out) {
  TarBlock block{};
  put_text(block, 0, kName, "PaxHeaders.0/entry");
  for (const std::size_t field : {100u, 108u, 116u}) put_tar_octal(block, field, 8, 0);
  put_tar_octal(block, 124, 12, text.size());
  put_tar_octal(block, 136, 12, 0);
  block[156] = 'x';
  finish_tar_header(block);
  append(out, block);
  out.insert(out.end(), text.begin(), text.end());
  out.insert(out.end(), tar_padding(text.size()), 0);
}

}  // namespace

void append_tar_entry(const TarEntry& entry, dev_t device, std::vector<std::uint8_t>& out) {
  TarBlock block{};
  Records records;
  put_name(block, entry.name, records);
  put_tar_octal(block, 100, 8, entry.mode & 07777);
  put_number(block, 108, 8, "uid", static_cast<std::int64_t>(entry.uid), records);
  put_number(block, 116, 8, "gid", static_cast<std::int64_t>(entry.gid), records);
  const bool has_data = entry.type == TarType::file;
  put_number(block, 124, 12, "size", has_data ? static_cast<std::int64_t>(entry.size) : 0, records);
  put_number(block, 136, 12, "mtime", entry.mtime, records);
  block[156] = static_cast<std::uint8_t>(type_flag(entry.type));
  put_link(block, entry.link, records);
  if (entry.type == TarType::character_device || entry.type == TarType::block_device) {
    put_tar_octal(block, 329, 8, ::major(device));
    put_tar_octal(block, 337, 8, ::minor(device));
  }
  put_xattrs(entry, records);
  finish_tar_header(block);
  if (!records.text().empty()) append_pax(records.text(), out);
  append(out, block);
}

}  // namespace lichen::image
