// Decompression of hostile streams (C27, C28): kinds that are not ours are named and refused, bombs stop early, windows
// and dictionaries of gigabytes are not granted; what honest tools write comes out.
#include "libpod/image/inflate.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>

#include "libpod/base/error.hh"
#include "libpod/image/limits.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <sys/socket.h>

namespace lichen::image {
namespace {

using ::testing::HasSubstr;

// What `command` (a shell's) writes to its standard output.
std::string output_of(const std::string& command) {
  const std::string path = "/tmp/lichen-inflate-" + std::to_string(::getpid());
  const auto result = sys::run_program({"sh", "-c", command + " >" + path});
  EXPECT_EQ(result.status.code, 0) << result.err;
  const std::string text = sys::read_file(path, 256u << 20);
  sys::remove_file(path);
  return text;
}

// @return how many bytes came out
std::uint64_t read_through(const std::string& text, Allowed allowed) {
  MemorySource source(Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  const auto plain = decompress(source, allowed, text.size());
  std::uint64_t size = 0;
  for (Bytes next = plain->peek(); !next.empty(); next = plain->peek()) {
    size += next.size();
    plain->consume(next.size());
  }
  return size;
}

std::string refusal(const std::string& text, Allowed allowed) {
  try {
    read_through(text, allowed);
    return "it was read";
  } catch (const Error& error) {
    return error.what();
  }
}

// How far the memory of this process has risen since; what other tests of the program have used does not count.
class MemoryPeak {
 public:
  MemoryPeak() {
    std::ofstream("/proc/self/clear_refs") << 5;  // proc(5): the peak begins anew
    begin_ = status_kib("VmRSS:");
  }
  long growth_kib() const { return status_kib("VmHWM:") - begin_; }

 private:
  static long status_kib(const std::string& wanted) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
      if (long kib = 0; word == wanted && status >> kib) return kib;
    return 0;
  }
  long begin_;
};

TEST(Inflate, C27_OnlyOurKindsAreTold) {
  const std::pair<const char*, std::string> kinds[] = {{"rar", std::string("Rar!\x1a\x07\x01\0", 8)},
                                                       {"7z", std::string("7z\xbc\xaf\x27\x1c\0\x04", 8)},
                                                       {"zip", std::string("PK\x03\x04\x14\0\0\0", 8)},
                                                       {"cab", std::string("MSCF\0\0\0\0", 8)},
                                                       {"warc", "WARC/1.0\r\n"},
                                                       {"lz4", std::string("\x04\x22\x4d\x18", 4)},
                                                       {"lzip", "LZIP\x01"},
                                                       {"compress", "\x1f\x9d\x90"},
                                                       {"lrzip", "LRZI"},
                                                       {"cpio", "070701"},
                                                       {"lzop", "\x89LZO"},
                                                       {"gzip of another method", "\x1f\x8b\x07"}};
  for (const auto& [name, magic] : kinds) {
    const std::string text = magic + std::string(1000, 'x');
    EXPECT_EQ(detect_compression(Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())),
              Compression::none)
        << name;
  }
}

TEST(Inflate, C27_LayersAreNotReadByLibarchive) {
  for (const char* tool : {"xz", "bzip2"}) {
    const std::string text = output_of(std::string("echo hello | ") + tool);
    EXPECT_THAT(refusal(text, Allowed::layers), HasSubstr(std::string("a layer compressed with ") + tool));
    EXPECT_EQ(read_through(text, Allowed::archives), 6u) << tool;
  }
}

// Two gigabytes of zeros in a few megabytes, as members one after the other, each of which is honest.
TEST(Inflate, C28_BombsStopEarly) {
  const MemoryPeak peak;
  for (const char* tool : {"gzip -1", "zstd -1", "xz -0"}) {
    const std::string member = output_of(std::string("head -c 33554432 /dev/zero | ") + tool);
    std::string bomb;
    for (int i = 0; i < 64; ++i) bomb += member;
    EXPECT_THAT(refusal(bomb, Allowed::archives), HasSubstr("more than 200 times its size")) << tool;
  }
  // The innocent twin: a tenth of a gigabyte of zeros is an ordinary sparse file.
  const std::string member = output_of("head -c 33554432 /dev/zero | gzip -1");
  EXPECT_EQ(read_through(member + member + member, Allowed::layers), 3u * 33554432);
  EXPECT_LT(peak.growth_kib(), 256 * 1024);
}

TEST(Inflate, C28_WindowsAndDictionariesOfGigabytes) {
  const MemoryPeak peak;
  EXPECT_THAT(refusal(output_of("head -c 100000 /dev/urandom | zstd -1 --long=31 --no-check"), Allowed::layers),
              HasSubstr("zstd data"));
  EXPECT_EQ(read_through(output_of("head -c 100000 /dev/urandom | zstd -1 --long=27"), Allowed::layers), 100000u);
  // An xz block header that asks for a dictionary of 4 GiB - 1 (xz file format 1.2, section 5.3.1), checksum mended.
  const std::string xz = output_of(
      "python3 -c \"import lzma, sys, zlib; b = bytearray(lzma.compress(b'x' * 100000)); n = (b[12] + 1) * 4; "
      "i = b.index(b'\\x21\\x01', 12) + 2; b[i] = 40; "
      "b[12 + n - 4:12 + n] = zlib.crc32(bytes(b[12:12 + n - 4])).to_bytes(4, 'little'); sys.stdout.buffer.write(b)\"");
  EXPECT_THAT(refusal(xz, Allowed::archives), HasSubstr("more memory"));
  EXPECT_EQ(read_through(output_of("head -c 100000 /dev/urandom | xz -9"), Allowed::archives), 100000u);
  EXPECT_LT(peak.growth_kib(), 256 * 1024);
}

TEST(Inflate, NoLimitOfGrowthForWhoOwnsTheData) {
  const std::string member = output_of("head -c 33554432 /dev/zero | gzip -1");
  std::string archive;
  for (int i = 0; i < 40; ++i) archive += member;
  MemorySource source(Bytes(reinterpret_cast<const std::uint8_t*>(archive.data()), archive.size()));
  const auto plain = decompress(source, Allowed::archives, kUnknownSize);
  EXPECT_EQ(plain->skip(UINT64_MAX), 40u * 33554432);
}

TEST(Inflate, KindIsToldWhenOneByteComesAtATime) {
  for (const char* tool : {"cat", "gzip", "zstd", "xz", "bzip2"}) {
    const std::string text = output_of(std::string("echo hello | ") + tool);
    sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);  // one read gives one message
    for (const char byte : text) sys::write_all(pair.first.get(), {&byte, 1}, "pair");
    pair.first.reset();
    FdSource source(pair.second.get(), "pair");
    const auto plain = decompress(source, Allowed::archives, 0);
    EXPECT_EQ(read_source_all(*plain, "pair", 100), "hello\n") << tool;
  }
}

TEST(Inflate, C28_CutAndDamagedStreams) {
  for (const char* tool : {"gzip", "zstd", "xz", "bzip2"}) {
    const std::string good = output_of(std::string("head -c 100000 /dev/urandom | ") + tool);
    for (const std::size_t length : {good.size() - 1, good.size() / 2})
      EXPECT_NE(refusal(good.substr(0, length), Allowed::archives), "it was read") << tool << " " << length;
    std::string bad = good;
    bad[good.size() / 2] ^= 0x55;
    EXPECT_NE(refusal(bad, Allowed::archives), "it was read") << tool;
    EXPECT_EQ(read_through(good, Allowed::archives), 100000u) << tool;
  }
}

}  // namespace
}  // namespace lichen::image
