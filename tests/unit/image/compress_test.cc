// What goes out compressed: it comes back as it was, equal input gives equal bytes, a wrong word is refused.
#include "libpod/image/compress.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/image/inflate.hh"

namespace lichen::image {
namespace {

std::string text_of(std::size_t size) {
  std::string text;
  for (unsigned number = 1; text.size() < size; number = number * 1664525u + 1013904223u)
    text += number % 3 == 0 ? "a line of text that comes often\n" : std::to_string(number);
  return text;
}

Bytes bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string pack(const Packing& packing, std::string_view text, std::size_t piece) {
  std::string out;
  const auto packer =
      make_packer(packing, [&](Bytes data) { out.append(reinterpret_cast<const char*>(data.data()), data.size()); });
  for (std::size_t at = 0; at < text.size(); at += piece) packer->write(bytes(text.substr(at, piece)));
  packer->finish();
  return out;
}

std::string unpack(const std::string& packed) {
  MemorySource source(bytes(packed));
  const auto plain = decompress(source, Allowed::layers, packed.size());
  return read_source_all(*plain, "test", 1u << 28);
}

TEST(Packer, WhatGoesInComesOut) {
  for (const auto& [name, level] : {std::pair<const char*, std::optional<int>>{"", std::nullopt},
                                    {"gzip", 1},
                                    {"gzip", 9},
                                    {"zstd", std::nullopt},
                                    {"zstd", 12}}) {
    const auto packing = parse_packing(name, level);
    for (const std::size_t size : {0u, 1u, 1'000'000u}) {
      const std::string text = text_of(size).substr(0, size);
      const std::string packed = pack(packing, text, 65'536);
      EXPECT_EQ(unpack(packed) == text, true) << name << " " << size;
      EXPECT_EQ(pack(packing, text, 65'536) == packed, true) << "the same bytes again: " << name << " " << size;
      EXPECT_LT(packed.size(), size / 2 + 200) << name;
    }
  }
}

TEST(Packer, AHigherLevelIsSmaller) {
  const std::string text = text_of(2'000'000);
  EXPECT_LT(pack(parse_packing("gzip", 9), text, 65'536).size(), pack(parse_packing("gzip", 1), text, 65'536).size());
  EXPECT_LT(pack(parse_packing("zstd", 19), text, 65'536).size(), pack(parse_packing("zstd", 1), text, 65'536).size());
}

TEST(Packing, RefusesWhatItCannot) {
  for (const char* name : {"zstd:chunked", "xz", "GZIP", "none"}) EXPECT_THROW(parse_packing(name, {}), Error) << name;
  EXPECT_THROW(parse_packing("gzip", 0), Error);
  EXPECT_THROW(parse_packing("", 10), Error);
  EXPECT_THROW(parse_packing("zstd", 21), Error);
  EXPECT_EQ(parse_packing("zstd", 20).suffix(), "zstd");
}

}  // namespace
}  // namespace lichen::image
