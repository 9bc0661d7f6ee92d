// The tar corpus of security.md C26: what is hostile is refused or stays inside, its harmless twin works. A canary tree
// beside the layer must look the same after every case.
#include "libpod/image/unpack.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/limits.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "tests/unit/image/tar_builder.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::image {
namespace {

using ::testing::HasSubstr;

class UnpackTest : public ::testing::Test {
 protected:
  UnpackTest() {
    char pattern[] = "/tmp/lichen-unpack-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    sys::make_directory(folder_ + "/canary");
    sys::write_file(folder_ + "/canary/file", "untouched");
    sys::make_directory(folder_ + "/layer");
  }
  ~UnpackTest() override {
    EXPECT_EQ(sys::read_file(folder_ + "/canary/file"), "untouched");
    EXPECT_EQ(sys::list_directory(folder_ + "/canary").size(), 1u);
    EXPECT_EQ(sys::list_directory(folder_).size(), 2u) << "something was made beside the layer";
    sys::remove_tree(folder_);
  }

  // One id mapped: runs as anybody. All entries that are root's stay ours.
  void unpack(const std::string& tar) {
    sys::remove_tree(folder_ + "/layer");
    sys::make_directory(folder_ + "/layer");
    JournalWriter journal(sys::open_path(folder_ + "/layer/tar.journal", O_WRONLY | O_CREAT, 0600));
    SpaceGuard space(folder_, std::uint64_t{1} << 30);
    LayerUnpacker unpacker(folder_ + "/layer", sys::IdMaps{{{0, 0, 1}}, {{0, 0, 1}}}, journal, space);
    MemorySource source(Bytes(reinterpret_cast<const std::uint8_t*>(tar.data()), tar.size()));
    const auto size = unpacker.unpack(source);
    journal.finish(size);
    std::string again;
    rebuild_tar(folder_ + "/layer",
                [&](Bytes data) { again.append(reinterpret_cast<const char*>(data.data()), data.size()); });
    EXPECT_TRUE(again == tar) << "the journal gives other bytes";
  }
  void refused(const std::string& tar, const std::string& why) {
    try {
      unpack(tar);
      FAIL() << "unpacked; expected: " << why;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
  }
  std::string diff(const std::string& name) { return folder_ + "/layer/diff/" + name; }
  std::string text(const std::string& name) { return sys::read_file(diff(name)); }
  struct stat info(const std::string& name) {
    struct stat result {};
    EXPECT_EQ(::lstat(diff(name).c_str(), &result), 0) << name;
    return result;
  }
  std::string attribute(const std::string& name, const char* key) {
    char value[64];
    const ssize_t size = ::lgetxattr(diff(name).c_str(), key, value, sizeof value);
    return size < 0 ? "" : std::string(value, static_cast<std::size_t>(size));
  }

  std::string folder_;
};

TEST_F(UnpackTest, OrdinaryLayer) {
  unpack(TarBuilder()
             .directory("./")
             .directory("bin")
             .file("bin/sh", "shell")
             .symlink("bin/bash", "sh")
             .hard_link("bin/ash", "bin/sh")
             .directory("var")
             .directory("run")
             .symlink("var/run", "/run")
             .file("var/run/pid", "1")
             .file("a/b/c/implied", "x")
             .end());
  EXPECT_EQ(text("bin/sh"), "shell");
  EXPECT_EQ(info("bin/ash").st_ino, info("bin/sh").st_ino);
  EXPECT_EQ(text("run/pid"), "1");  // /var/run -> /run is normal
  EXPECT_EQ(text("a/b/c/implied"), "x");
  EXPECT_EQ(info("bin").st_mtime, 1000);
}

TEST_F(UnpackTest, C26_NamesThatClimbOutAreRefused) {
  refused(TarBuilder().file("../canary/new").end(), "outside the layer");
  refused(TarBuilder().file("a/../../canary/new").end(), "outside the layer");
  refused(TarBuilder().file("..").end(), "outside the layer");
  refused(TarBuilder().hard_link("x", "../canary/file").end(), "outside the layer");
  unpack(TarBuilder()
             .file("a/../b", "twin")
             .file("/abs/file", "twin")
             .file("./dot/./x", "twin")
             .file("..x/...", "twin")
             .end());
  EXPECT_EQ(text("b"), "twin");
  EXPECT_EQ(text("abs/file"), "twin");
  EXPECT_EQ(text("..x/..."), "twin");
}

TEST_F(UnpackTest, C26_SymlinksLeadNowhereOutside) {
  const std::string canary = folder_ + "/canary";
  refused(TarBuilder().symlink("out", canary).file("out/file", "owned").end(), "open '/out'");
  refused(TarBuilder().symlink("out", "../../canary").file("out/file", "owned").end(), "open '/out'");
  refused(TarBuilder().symlink("a", "b").symlink("b", "a").file("a/x").end(), "symbolic links");
  // A symlink in the last place is replaced, not followed.
  unpack(TarBuilder().symlink("link", canary + "/file").file("link", "mine").end());
  EXPECT_EQ(text("link"), "mine");
  EXPECT_TRUE(S_ISREG(info("link").st_mode));
  // Climbing symlinks stay beneath the root: "/" is the layer.
  unpack(TarBuilder().directory("canary").symlink("up", "../../../../canary").file("up/inside", "twin").end());
  EXPECT_EQ(text("canary/inside"), "twin");
  unpack(TarBuilder().directory("d").symlink("l", "d").directory("l").file("l/x", "in the new directory").end());
  EXPECT_FALSE(sys::exists(diff("d/x")));
}

TEST_F(UnpackTest, C26_HardLinksStayInTheLayer) {
  const std::string canary = folder_ + "/canary";
  refused(TarBuilder().hard_link("x", canary + "/file").end(), "does not hold");
  refused(TarBuilder().symlink("out", canary).hard_link("x", "out/file").end(), "does not hold");
  refused(TarBuilder().directory("d").hard_link("x", "d").end(), "directory");
  refused(TarBuilder().hard_link("x", "/").end(), "root");
  // To a symlink: the symlink itself is linked, its target is not touched.
  unpack(TarBuilder().symlink("s", canary + "/file").hard_link("h", "s").end());
  EXPECT_TRUE(S_ISLNK(info("h").st_mode));
  unpack(TarBuilder().file("a", "one").hard_link("a", "a").hard_link("b", "/a").end());
  EXPECT_EQ(text("b"), "one");
  // With data (CVE-2016-5418): the type has none, so what follows is no header.
  refused(TarBuilder().file("a").add('1', "b", {.link = "a", .data = std::string(512, 'x')}).end(), "checksum");
}

TEST_F(UnpackTest, C26_TheRootStaysADirectory) {
  for (const char* name : {".", "/", "./", "a/.."}) {
    refused(TarBuilder().symlink(name, "/etc").end(), "must be a directory");
    refused(TarBuilder().file(name).end(), "must be a directory");
  }
  unpack(TarBuilder().directory("./", 0700).end());
  EXPECT_EQ(info("").st_mode & 07777, 0700u);
}

TEST_F(UnpackTest, C26_Whiteouts) {
  unpack(TarBuilder()
             .file(".wh.gone", "")
             .directory("d")
             .file("d/.wh..wh..opq", "")
             .file("kept", "k")
             .file(".wh.kept", "")
             .end());
  EXPECT_TRUE(S_ISCHR(info("gone").st_mode));
  EXPECT_EQ(info("gone").st_rdev, makedev(0, 0));
  EXPECT_EQ(attribute("d", "user.overlay.opaque"), "y");
  EXPECT_EQ(text("kept"), "k");
  // A directory that comes after the whiteout of its name must not show what was hidden.
  unpack(TarBuilder().file(".wh.d", "").directory("d").end());
  EXPECT_EQ(attribute("d", "user.overlay.opaque"), "y");
  unpack(TarBuilder().file(".wh.f", "").file("f", "new").end());
  EXPECT_EQ(text("f"), "new");
  for (const char* name : {".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh.."})
    refused(TarBuilder().directory("d").file(name, "").end(), "whiteout of no name");
  refused(TarBuilder().file("../.wh..wh..opq", "").end(), "outside the layer");
  refused(TarBuilder().file(".wh.x/y", "").end(), "below a whiteout");
  unpack(TarBuilder().file(".wh..wh.plnk", "").file("x.wh.y", "twin").end());
  EXPECT_FALSE(sys::exists(diff(".wh..wh.plnk")));
  EXPECT_EQ(text("x.wh.y"), "twin");
}

TEST_F(UnpackTest, C26_DevicesAreNotMadeAndSetIdBitsStay) {
  unpack(TarBuilder()
             .add('3', "null", {})
             .add('4', "disk", {})
             .add('6', "pipe", {})
             .add('0', "su", {.data = "x", .mode = 04755})
             .end());
  EXPECT_FALSE(sys::exists(diff("null")));
  EXPECT_FALSE(sys::exists(diff("disk")));
  EXPECT_TRUE(S_ISFIFO(info("pipe").st_mode));
  EXPECT_EQ(info("su").st_mode & 07777, 04755u);
}

TEST_F(UnpackTest, C26_AttributesOfMountProgramsAreDropped) {
  const auto pax = [](const std::string& key, const std::string& value) {
    return TarBuilder::pax("SCHILY.xattr." + key, value);
  };
  unpack(TarBuilder()
             .add('0', "f",
                  {.data = "x",
                   .pax = pax("user.twin", "yes") + pax("user.overlay.opaque", "y") +
                          pax("user.overlay.redirect", "/etc") + pax("trusted.overlay.opaque", "y") +
                          pax("user.containers.override_stat", "0:0:4755") + pax("user.fuseoverlayfs.opaque", "y") +
                          pax("security.selinux", "x")})
             .add('5', "d", {.pax = pax("user.overlay.opaque", "y")})
             .end());
  EXPECT_EQ(attribute("f", "user.twin"), "yes");
  for (const char* key : {"user.overlay.opaque", "user.overlay.redirect", "trusted.overlay.opaque",
                          "user.containers.override_stat", "user.fuseoverlayfs.opaque", "security.selinux"})
    EXPECT_EQ(attribute("f", key), "") << key;
  EXPECT_EQ(attribute("d", "user.overlay.opaque"), "");
}

// Extended attributes and times of a symlink are not set through it.
TEST_F(UnpackTest, C26_NothingIsSetThroughASymlink) {
  const std::string canary = folder_ + "/canary/file";
  ASSERT_EQ(::chmod(canary.c_str(), 0640), 0);
  struct stat before {};
  ASSERT_EQ(::stat(canary.c_str(), &before), 0);
  const auto pax = TarBuilder::pax("SCHILY.xattr.user.evil", "1") + TarBuilder::pax("SCHILY.acl.access", "user::rwx") +
                   TarBuilder::pax("mtime", "77") + TarBuilder::pax("LIBARCHIVE.xattr.user.evil", "MQ==");
  unpack(TarBuilder()
             .add('2', "l", {.link = canary, .mode = 04777, .pax = pax})
             .add('1', "h", {.link = "l", .mode = 04777, .pax = pax})
             .add('2', "d", {.link = folder_ + "/canary", .mode = 0777, .pax = pax})
             .end());
  struct stat after {};
  ASSERT_EQ(::stat(canary.c_str(), &after), 0);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
  char value[8];
  EXPECT_LT(::getxattr(canary.c_str(), "user.evil", value, sizeof value), 0);
  unpack(TarBuilder().add('0', "twin", {.data = "x", .pax = TarBuilder::pax("SCHILY.xattr.user.fine", "1")}).end());
  EXPECT_EQ(attribute("twin", "user.fine"), "1");
}

// Padding behind the end mark, data of entries that make no file: all of it counts (moby/tar-split CVE-2017-14992).
TEST_F(UnpackTest, C28_WhatMakesNoFileCountsToo) {
  const std::string zeros(std::size_t{300} << 20, '\0');
  const auto costs = [&](const std::string& tar) {
    sys::remove_tree(folder_ + "/layer");
    sys::make_directory(folder_ + "/layer");
    JournalWriter journal(sys::open_path(folder_ + "/layer/tar.journal", O_WRONLY | O_CREAT, 0600));
    SpaceGuard space(folder_, std::uint64_t{200} << 20);
    LayerUnpacker unpacker(folder_ + "/layer", sys::IdMaps{{{0, 0, 1}}, {{0, 0, 1}}}, journal, space);
    // In pieces, as a layer comes: what is left tells where the reader stopped.
    std::size_t at = 0;
    class Pieces : public ByteSource {
     public:
      Pieces(const std::string& text, std::size_t& at) : text_(text), at_(at) {}
      Bytes peek() override {
        const std::size_t count = std::min<std::size_t>(text_.size() - at_, 1u << 20);
        return {reinterpret_cast<const std::uint8_t*>(text_.data()) + at_, count};
      }
      void consume(std::size_t count) override { at_ += count; }

     private:
      const std::string& text_;
      std::size_t& at_;
    } source(tar, at);
    EXPECT_THROW(unpacker.unpack(source), Error);
    EXPECT_GT(at, std::size_t{198} << 20);
    EXPECT_LT(at, std::size_t{202} << 20) << "it was read to the end";
  };
  costs(TarBuilder().file("f").end() + zeros);
  costs(TarBuilder().add('0', ".wh.x", {.data = zeros}).end());
  costs(TarBuilder().add('0', ".wh..wh.aufs", {.data = zeros}).end());
  sys::remove_tree(folder_ + "/layer");
  sys::make_directory(folder_ + "/layer");
}

TEST_F(UnpackTest, OwnersAreRecordedWithOneId) {
  unpack(TarBuilder().add('0', "f", {.data = "x", .mode = 0640, .uid = 33, .gid = 34}).file("root").end());
  EXPECT_EQ(attribute("f", "user.containers.override_stat"), "33:34:0640");
  EXPECT_EQ(attribute("root", "user.containers.override_stat"), "");
}

TEST_F(UnpackTest, C26_LaterEntriesWinAndTheTarStaysWhole) {
  unpack(TarBuilder()
             .file("f", "one")
             .file("f", "two")
             .directory("d")
             .file("d/x", "in d")
             .file("d", "now a file")
             .directory("d")
             .file("d/x", "again")
             .end());
  EXPECT_EQ(text("f"), "two");
  EXPECT_EQ(text("d/x"), "again");
  unpack(TarBuilder()
             .directory("a")
             .symlink("l", "a")
             .file("l/f", "through")
             .symlink("l", "b")
             .directory("b")
             .file("l/f", "other")
             .end());
  EXPECT_EQ(text("a/f"), "through");
  EXPECT_EQ(text("b/f"), "other");
  unpack(TarBuilder().file("Case", "A").file("case", "a").end());
  EXPECT_EQ(text("Case"), "A");
}

TEST_F(UnpackTest, C26_LongNamesAndOverrides) {
  const std::string name = std::string(90, 'n') + "/" + std::string(150, 'm');
  unpack(TarBuilder()
             .add('L', "././@LongLink", {.data = name + std::string(1, '\0'), .gnu = true})
             .add('0', "short", {.data = "gnu", .gnu = true})
             .end());
  EXPECT_EQ(text(name), "gnu");
  unpack(
      TarBuilder()
          .add('0', "short", {.data = "pax", .pax = TarBuilder::pax("path", name) + TarBuilder::pax("mtime", "77.5")})
          .end());
  EXPECT_EQ(text(name), "pax");
  EXPECT_EQ(info(name).st_mtime, 77);
  refused(TarBuilder().add('0', "fine", {.data = "x", .pax = TarBuilder::pax("path", "../canary/x")}).end(),
          "outside the layer");
  refused(TarBuilder().add('0', "fine", {.data = "x", .pax = TarBuilder::pax("path", std::string("a\0b", 3))}).end(),
          "NUL");
  refused(TarBuilder().add('0', "fine", {.data = "x", .pax = "99 path=x\n"}).end(), "pax record");
  refused(TarBuilder().add('0', "fine", {.data = "x", .pax = TarBuilder::pax("size", "-1")}).end(), "not a number");
}

TEST_F(UnpackTest, C26_SizesOfAllKinds) {
  refused(TarBuilder().add('0', "f", {.data = "", .size = 100000}).without_end(), "ends within");
  refused(TarBuilder().file("f").raw("garbage").without_end(), "within a header");
  refused(TarBuilder().file("f").raw(std::string(512, 'x')).without_end(), "checksum");
  std::string huge = TarBuilder().file("f", "").without_end();
  huge[124] = static_cast<char>(0xff);  // base-256, negative
  refused(huge, "checksum");
  unpack(TarBuilder().file("f").without_end());                                  // no end mark
  unpack(TarBuilder().file("f").end() + std::string(20000, '\0') + "trailing");  // and bytes after it
  unpack("");
  // A global header stands for itself, one for an entry does not.
  unpack(TarBuilder().add('g', "pax_global_header", {.data = TarBuilder::pax("comment", "x")}).end());
  refused(TarBuilder().add('x', "pax", {.data = TarBuilder::pax("path", "f")}).end(), "after an extended header");
}

TEST_F(UnpackTest, C26_SparseFiles) {
  const std::string map = "2\n0\n4\n1048576\n4\n";
  const auto pax = TarBuilder::pax("GNU.sparse.major", "1") + TarBuilder::pax("GNU.sparse.minor", "0") +
                   TarBuilder::pax("GNU.sparse.name", "s") + TarBuilder::pax("GNU.sparse.realsize", "2000000");
  unpack(TarBuilder()
             .add('0', "GNUSparse/s", {.data = map + std::string(512 - map.size(), '\0') + "headtail", .pax = pax})
             .end());
  EXPECT_EQ(info("s").st_size, 2000000);
  EXPECT_LT(info("s").st_blocks * 512, 100000);
  EXPECT_EQ(text("s").substr(1048576, 4), "tail");
  const auto old = TarBuilder::pax("GNU.sparse.map", "0,4,100,4") + TarBuilder::pax("GNU.sparse.size", "104");
  unpack(TarBuilder().add('0', "s", {.data = "headtail", .pax = old}).end());
  EXPECT_EQ(info("s").st_size, 104);
  for (const char* bad : {"0,4,2,4", "0,4,100,5", "0,4", "0,8,100", "18446744073709551615,4,0,4"}) {
    const auto wrong = TarBuilder::pax("GNU.sparse.map", bad) + TarBuilder::pax("GNU.sparse.size", "104");
    refused(TarBuilder().add('0', "s", {.data = "headtail", .pax = wrong}).end(), "sparse file");
  }
}

TEST_F(UnpackTest, C26_DepthAndLength) {
  std::string deep, fine;
  for (int i = 0; i < 600; ++i) deep += "d/";
  for (int i = 0; i < 200; ++i) fine += "d/";
  const auto long_name = [](const std::string& name) {
    return TarBuilder().add('0', "x", {.data = "x", .pax = TarBuilder::pax("path", name)}).end();
  };
  refused(long_name(deep + "f"), "too deep");
  refused(long_name(std::string(5000, 'x')), "longer than a path");
  unpack(long_name(fine + "f"));
  EXPECT_EQ(text(fine + "f"), "x");
}

TEST_F(UnpackTest, C28_TheGuardStopsBombs) {
  SpaceGuard space(folder_, 1000);
  space.add(999);
  EXPECT_THROW(space.add(2), Error);
}

TEST_F(UnpackTest, RealTarsOfEveryFormatComeOutAgain) {
  const std::string work = "/tmp/lichen-tars-" + std::to_string(::getpid());
  sys::make_directories(work + "/in/sub/dir");
  sys::write_file(work + "/in/file", std::string(70000, 'q'));
  sys::write_file(work + "/in/sub/empty", "");
  sys::write_file(work + "/in/sub/dir/" + std::string(200, 'l'), "long");
  sys::make_symlink("../file", work + "/in/sub/link");
  ASSERT_EQ(::link((work + "/in/file").c_str(), (work + "/in/hard").c_str()), 0);
  ASSERT_EQ(sys::run_program({"truncate", "-s", "3M", work + "/in/sparse"}).status.code, 0);
  ASSERT_EQ(sys::run_program(
                {"dd", "if=/dev/urandom", "of=" + work + "/in/sparse", "bs=4k", "seek=100", "count=9", "conv=notrunc"})
                .status.code,
            0);
  for (const char* kind : {"v7", "oldgnu", "gnu", "ustar", "posix"}) {
    for (const char* sparse : {"--no-xattrs", "--sparse"}) {
      const auto made = sys::run_program({"tar", "-C", work + "/in", "--format", kind, sparse, "--owner=0", "--group=0",
                                          "-cf", work + "/out.tar", "."});
      // v7 and ustar cannot hold the long name: tar says so and leaves it out.
      ASSERT_TRUE(sys::exists(work + "/out.tar")) << made.err;
      SCOPED_TRACE(std::string(kind) + " " + sparse);
      unpack(sys::read_file(work + "/out.tar", 64u << 20));
      EXPECT_EQ(text("hard"), std::string(70000, 'q'));
      EXPECT_EQ(text("sparse"), sys::read_file(work + "/in/sparse"));
    }
  }
  sys::remove_tree(work);
}

}  // namespace
}  // namespace lichen::image
