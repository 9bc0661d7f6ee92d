// Headers that are written here are read by our reader as what they were, whatever does not fit into ustar.
#include "libpod/image/tar_entry_writer.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/image/tar_header.hh"

#include <sys/sysmacros.h>

namespace lichen::image {
namespace {

std::vector<std::uint8_t> bytes_of(const TarEntry& entry, dev_t device = 0) {
  std::vector<std::uint8_t> bytes;
  append_tar_entry(entry, device, bytes);
  return bytes;
}

TarEntry read_back(const TarEntry& entry) {
  const auto bytes = bytes_of(entry);
  EXPECT_EQ(bytes.size() % kTarBlock, 0u);
  MemorySource source{Bytes(bytes)};
  TarReader reader(source, {});
  auto read = reader.next();
  EXPECT_TRUE(read);
  return read ? *read : TarEntry{};
}

void expect_same(const TarEntry& entry) {
  const TarEntry read = read_back(entry);
  EXPECT_EQ(read.type, entry.type);
  EXPECT_EQ(read.name, entry.name);
  EXPECT_EQ(read.link, entry.link);
  EXPECT_EQ(read.mode, entry.mode);
  EXPECT_EQ(read.uid, entry.uid);
  EXPECT_EQ(read.gid, entry.gid);
  EXPECT_EQ(read.size, entry.size);
  EXPECT_EQ(read.mtime, entry.mtime);
  EXPECT_EQ(read.mtime_nsec, 0);
  EXPECT_EQ(read.xattrs, entry.xattrs);
}

TarEntry file(const std::string& name) {
  TarEntry entry;
  entry.name = name;
  entry.mode = 04755;
  entry.mtime = 1'600'000'000;
  return entry;
}

TEST(TarEntryWriter, AnOrdinaryEntryIsOneBlock) {
  auto entry = file("etc/passwd");
  entry.uid = 07777777;
  entry.gid = 07777777;
  entry.size = 077777777777;
  expect_same(entry);
  EXPECT_EQ(bytes_of(entry).size(), kTarBlock);
}

TEST(TarEntryWriter, NumbersThatDoNotFit) {
  auto entry = file("f");
  entry.uid = 010000000;
  entry.gid = UINT32_MAX;
  entry.size = std::uint64_t{1} << 33;
  entry.mtime = std::int64_t{1} << 34;
  expect_same(entry);
  entry.mtime = -1;
  expect_same(entry);
  entry.mtime = INT64_MIN;
  expect_same(entry);
}

TEST(TarEntryWriter, NamesOfAllLengths) {
  for (std::size_t length = 1; length < 600; ++length) {
    expect_same(file(std::string(length, 'n')));
    std::string path;
    while (path.size() < length) path += std::string(std::min<std::size_t>(60, length - path.size()), 'p') + "/";
    expect_same(file(path + "f"));
    auto directory = file(path);
    directory.type = TarType::directory;
    expect_same(directory);
    auto link = file("l");
    link.type = TarType::symlink;
    link.link = std::string(length, 't');
    expect_same(link);
  }
}

TEST(TarEntryWriter, LongNamesAreCutAtASlashWhereThatIsEnough) {
  EXPECT_EQ(bytes_of(file(std::string(155, 'p') + "/" + std::string(100, 'n'))).size(), kTarBlock);
  EXPECT_EQ(bytes_of(file(std::string(156, 'p') + "/" + std::string(100, 'n'))).size(), 3 * kTarBlock);
  EXPECT_EQ(bytes_of(file(std::string(101, 'n'))).size(), 3 * kTarBlock);
  EXPECT_EQ(bytes_of(file("\xc3\xbc")).size(), 3 * kTarBlock) << "not ASCII: ustar does not say what it means";
}

TEST(TarEntryWriter, AttributesAreBytes) {
  auto entry = file("f");
  for (std::size_t length = 0; length < 1100; ++length) {
    entry.xattrs = {{"user.a", std::string(length, '\0')}, {"user.b", "12 path=evil\n"}};
    expect_same(entry);
  }
  entry.xattrs = {{"user.x=y", "1"}};
  EXPECT_THROW(bytes_of(entry), Error);
}

TEST(TarEntryWriter, DevicesHaveTheirNumbers) {
  auto entry = file("dev/sda1");
  entry.type = TarType::block_device;
  const auto bytes = bytes_of(entry, ::makedev(8, 65));
  EXPECT_EQ(tar_number(bytes.data(), 329, 8), 8);
  EXPECT_EQ(tar_number(bytes.data(), 337, 8), 65);
}

}  // namespace
}  // namespace lichen::image
