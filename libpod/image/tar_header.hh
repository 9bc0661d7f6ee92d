// The fields of a 512-byte tar header (POSIX.1-1988 ustar; GNU tar manual, "Basic Tar Format").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace lichen::image {

inline constexpr std::size_t kTarBlock = 512;

enum class TarFormat { v7, ustar, star, gnu };

bool is_zero_block(const std::uint8_t* block);
/// The sum over all bytes with the checksum field as spaces matches the field; bytes unsigned, or signed as old
/// programs did.
bool has_valid_checksum(const std::uint8_t* block);
TarFormat tar_format(const std::uint8_t* block);
/// Text up to the first NUL.
std::string tar_text(const std::uint8_t* block, std::size_t offset, std::size_t length);
/// Octal digits in spaces and NULs, or base-256 when the first bit is set; an empty field is 0. nullopt for anything
/// else.
std::optional<std::int64_t> tar_number(const std::uint8_t* block, std::size_t offset, std::size_t length);

using TarBlock = std::array<std::uint8_t, kTarBlock>;
/// Octal digits with a NUL behind. @param value  fits into length - 1 digits
void put_tar_octal(TarBlock& block, std::size_t offset, std::size_t length, std::uint64_t value);
/// "ustar" and the checksum: the last two things that a header needs.
void finish_tar_header(TarBlock& block);

}  // namespace lichen::image
