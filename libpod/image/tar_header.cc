#include "libpod/image/tar_header.hh"

#include <algorithm>
#include <cstring>
#include <limits>

namespace lichen::image {

bool is_zero_block(const std::uint8_t* block) {
  return std::all_of(block, block + kTarBlock, [](std::uint8_t byte) { return byte == 0; });
}

bool has_valid_checksum(const std::uint8_t* block) {
  const auto stored = tar_number(block, 148, 8);
  if (!stored) return false;
  std::int64_t plain = 0, with_sign = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    const std::uint8_t byte = i >= 148 && i < 156 ? ' ' : block[i];
    plain += byte;
    with_sign += static_cast<std::int8_t>(byte);
  }
  return *stored == plain || *stored == with_sign;
}

TarFormat tar_format(const std::uint8_t* block) {
  const auto* text = reinterpret_cast<const char*>(block);
  if (std::memcmp(text + 257, "ustar  \0", 8) == 0) return TarFormat::gnu;
  if (std::memcmp(text + 257, "ustar\0", 6) == 0)
    return std::memcmp(text + 508, "tar\0", 4) == 0 ? TarFormat::star : TarFormat::ustar;
  return TarFormat::v7;
}

std::string tar_text(const std::uint8_t* block, std::size_t offset, std::size_t length) {
  const auto* text = reinterpret_cast<const char*>(block + offset);
  return {text, ::strnlen(text, length)};
}

std::optional<std::int64_t> tar_number(const std::uint8_t* block, std::size_t offset, std::size_t length) {
  const std::uint8_t* field = block + offset;
  if ((field[0] & 0x80) != 0) {
    // Two's complement, big endian; the top bit is the mark, the next one the sign.
    const bool negative = (field[0] & 0x40) != 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < length; ++i) {
      std::uint8_t byte = negative ? static_cast<std::uint8_t>(~field[i]) : field[i];
      if (i == 0) byte &= 0x7f;
      if ((value >> 56) != 0) return std::nullopt;
      value = value << 8 | byte;
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    const auto magnitude = static_cast<std::int64_t>(value);
    return negative ? -magnitude - 1 : magnitude;
  }
  const auto is_fill = [](std::uint8_t byte) { return byte == ' ' || byte == 0; };
  std::size_t begin = 0, end = length;
  while (begin < end && is_fill(field[begin])) ++begin;
  while (end > begin && is_fill(field[end - 1])) --end;
  std::int64_t value = 0;
  for (std::size_t i = begin; i < end; ++i) {
    // A NUL ends the number for old writers that left garbage behind it (Go's parseOctal does the same).
    if (field[i] == 0) break;
    if (field[i] < '0' || field[i] > '7' || (value >> 59) != 0) return std::nullopt;
    value = value * 8 + (field[i] - '0');
  }
  return value;
}

void put_tar_octal(TarBlock& block, std::size_t offset, std::size_t length, std::uint64_t value) {
  for (std::size_t i = offset + length - 1; i-- > offset; value >>= 3)
    block[i] = static_cast<std::uint8_t>('0' + (value & 7));
}

void finish_tar_header(TarBlock& block) {
  std::memcpy(&block[257], "ustar\00000", 8);
  std::memset(&block[148], ' ', 8);
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : block) sum += byte;
  put_tar_octal(block, 148, 7, sum);
  block[154] = 0;
  block[155] = ' ';
}

}  // namespace lichen::image
