// Directories as overlayfs leaves them become layers: what is said in the tar, and that it says all.
#include "libpod/image/adopt_layer.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/journal.hh"
#include "libpod/image/unpack.hh"
#include "libpod/sys/fs.hh"
#include "tests/unit/image/layer_tree.hh"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AdoptTest : public ::testing::Test {
 protected:
  AdoptTest() {
    char pattern[] = "/tmp/lichen-adopt-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    ::umask(0);
    for (const char* name : {"/a", "/a/diff", "/b"}) sys::make_directory(folder_ + name, 0755);
    options_.maps = sys::current_maps();
  }
  ~AdoptTest() override { sys::remove_tree(folder_); }

  LayerTree tree() const { return LayerTree(folder_ + "/a/diff"); }

  AdoptedLayer adopt(const std::string& name = "a") {
    sys::remove_file(folder_ + "/" + name + "/tar.journal");
    const auto directory = sys::open_path(folder_ + "/" + name, O_RDONLY | O_DIRECTORY);
    return adopt_directory(directory.get(), options_);
  }
  void refused(ErrorKind kind, const std::string& why) {
    try {
      adopt();
      FAIL() << "adopted; expected: " << why;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
  }

  // The tar, which must have the digest that was told.
  std::string tar_of(const AdoptedLayer& layer, const std::string& name = "a") {
    std::string tar;
    rebuild_tar(folder_ + "/" + name,
                [&](Bytes data) { tar.append(reinterpret_cast<const char*>(data.data()), data.size()); });
    EXPECT_EQ(sha256(tar), layer.diff_id);
    EXPECT_EQ(tar.size(), layer.tar_size);
    return tar;
  }
  static std::vector<TarEntry> entries(const std::string& tar) {
    MemorySource source(Bytes(reinterpret_cast<const std::uint8_t*>(tar.data()), tar.size()));
    TarReader reader(source, {});
    std::vector<TarEntry> found;
    while (auto entry = reader.next()) found.push_back(*std::move(entry));
    return found;
  }
  std::vector<TarEntry> entries() { return entries(tar_of(adopt())); }
  static std::vector<std::string> names(const std::vector<TarEntry>& found) {
    std::vector<std::string> out;
    for (const auto& entry : found) out.push_back(entry.name);
    return out;
  }

  // Through the tar into "b": the same tree, and the same tar of it again.
  void round_trip() {
    const auto layer = adopt();
    const std::string tar = tar_of(layer);
    sys::remove_tree(folder_ + "/b");
    sys::make_directory(folder_ + "/b", 0755);
    JournalWriter journal(sys::open_path(folder_ + "/b/tar.journal", O_WRONLY | O_CREAT, 0600));
    SpaceGuard space(folder_, std::uint64_t{1} << 30);
    LayerUnpacker unpacker(folder_ + "/b", options_.maps, journal, space);
    MemorySource source(Bytes(reinterpret_cast<const std::uint8_t*>(tar.data()), tar.size()));
    journal.finish(unpacker.unpack(source));
    EXPECT_EQ(LayerTree(folder_ + "/b/diff").describe(), tree().describe());
    EXPECT_EQ(adopt("b").diff_id, layer.diff_id);
  }

  std::string folder_;
  AdoptOptions options_;
};

TEST_F(AdoptTest, OrdinaryFilesComeBackAsTheyWere) {
  tree().directory("etc", 0750).file("etc/passwd", "root:x:0:0\n", 0644).file("etc/empty", "");
  tree().file("bin/su", "#!", 04755).file("bin/wall", "#!", 02755).directory("tmp", 01777).directory("mail", 02775);
  tree().file("secret", "s", 0).symlink("bin/sh", "/bin/dash").symlink("dangling", "../../nowhere").fifo("pipe", 0640);
  tree().file("big", std::string(3 << 20, 'x') + "end");
  round_trip();
}

TEST_F(AdoptTest, MarksOfOverlayfsBecomeWhiteouts) {
  tree().whiteout("etc/motd").whiteout("gone").directory("opt").opaque("opt").file("opt/new");
  round_trip();
  EXPECT_THAT(names(entries()), ElementsAre("etc/", "etc/.wh.motd", ".wh.gone", "opt/", "opt/.wh..wh..opq", "opt/new"));
}

TEST_F(AdoptTest, MarksWithoutDeviceNodesAreTheSameMarks) {
  tree().whiteout("etc/motd").whiteout("gone").directory("opt").opaque("opt").file("opt/new").settle();
  const auto layer = adopt();
  sys::remove_tree(folder_ + "/a/diff");
  sys::make_directory(folder_ + "/a/diff", 0755);
  tree().file("etc/.wh.motd", "").file(".wh.gone", "").directory("opt").file("opt/.wh..wh..opq", "").file("opt/new");
  ASSERT_EQ(::mknod((folder_ + "/a/diff/opt/.wh..opq").c_str(), S_IFCHR, makedev(0, 0)), 0);
  tree().settle();
  EXPECT_EQ(adopt().diff_id, layer.diff_id);
  // On disk it is overlayfs' mark from now on, and the time says nothing of it.
  char value[4] = "";
  EXPECT_EQ(::getxattr((folder_ + "/a/diff/opt").c_str(), "user.overlay.opaque", value, sizeof value), 1);
  EXPECT_THAT(sys::list_directory(folder_ + "/a/diff/opt"), ElementsAre("new"));
  EXPECT_EQ(adopt().diff_id, layer.diff_id);
}

TEST_F(AdoptTest, WhiteoutsThatAreOneInodeAreNoHardLinks) {
  tree().whiteout("a");
  ASSERT_EQ(::link((folder_ + "/a/diff/a").c_str(), (folder_ + "/a/diff/b").c_str()), 0);
  EXPECT_THAT(names(entries()), ElementsAre(".wh.a", ".wh.b"));
}

TEST_F(AdoptTest, HardLinksAreLinksToTheFirst) {
  tree().file("b/one", "data").symlink("link", "x");
  ASSERT_EQ(::link((folder_ + "/a/diff/b/one").c_str(), (folder_ + "/a/diff/c").c_str()), 0);
  ASSERT_EQ(::link((folder_ + "/a/diff/b/one").c_str(), (folder_ + "/a/diff/a").c_str()), 0);
  ASSERT_EQ(::link((folder_ + "/a/diff/link").c_str(), (folder_ + "/a/diff/link2").c_str()), 0);
  round_trip();
  const auto found = entries();
  EXPECT_THAT(names(found), ElementsAre("a", "b/", "b/one", "c", "link", "link2"));
  EXPECT_EQ(found[0].type, TarType::file);
  EXPECT_EQ(found[2].type, TarType::hard_link);
  EXPECT_EQ(found[2].link, "a");
  EXPECT_EQ(found[5].type, TarType::hard_link);
}

// Its other name lies outside, in overlay's work directory for instance.
TEST_F(AdoptTest, AFileWithANameElsewhereIsAFile) {
  tree().file("one", "data");
  ASSERT_EQ(::link((folder_ + "/a/diff/one").c_str(), (folder_ + "/other").c_str()), 0);
  EXPECT_EQ(entries().at(0).type, TarType::file);
}

TEST_F(AdoptTest, NamesOfAllKinds) {
  const std::string long_part(90, 'd');
  tree().file(std::string(100, 'n')).file(std::string(101, 'n')).file(std::string(255, 'n'));
  tree().file(long_part + "/" + long_part + "/" + std::string(60, 'f'));
  tree().file(long_part + "/" + long_part + "/" + long_part + "/" + std::string(255, 'f'));
  tree().directory(std::string(98, 'e')).directory(std::string(99, 'e')).directory(std::string(100, 'e'));
  tree().file("gr\xc3\xbc\xc3\x9f").file("two\nlines").file("not\xff\xfeutf8").file(" ").file("a=b\n12 path=evil\n");
  tree().symlink("s1", std::string(100, 't')).symlink("s2", std::string(101, 't')).symlink("s3", "\xc3\xbc");
  tree().symlink("s4", std::string(4000, 't')).file("-x").file("...").file("\\");
  round_trip();
}

TEST_F(AdoptTest, AttributesComeBackButNotTheMarks) {
  tree().file("f").directory("d");
  const std::string file = folder_ + "/a/diff/f", directory = folder_ + "/a/diff/d";
  const std::string value("\0binary\n\xff", 9);
  if (::setxattr(file.c_str(), "user.note", value.data(), value.size(), 0) != 0) GTEST_SKIP() << "no user attributes";
  ::setxattr(file.c_str(), "user.empty", "", 0, 0);
  ::setxattr(directory.c_str(), "user.note", "x", 1, 0);
  ::setxattr(file.c_str(), "user.overlay.origin", "x", 1, 0);
  ::setxattr(file.c_str(), "user.fuseoverlayfs.origin", "x", 1, 0);
  ::setxattr(file.c_str(), "user.containers.note", "x", 1, 0);
  const auto found = entries();
  ASSERT_EQ(found.size(), 2u);
  using Attribute = std::pair<std::string, std::string>;
  EXPECT_THAT(found[0].xattrs, ElementsAre(Attribute{"user.note", "x"}));
  EXPECT_THAT(found[1].xattrs, ElementsAre(Attribute{"user.empty", ""}, Attribute{"user.note", value}));
  for (const char* name : {"user.overlay.origin", "user.fuseoverlayfs.origin", "user.containers.note"})
    ::removexattr(file.c_str(), name);
  round_trip();
}

TEST_F(AdoptTest, CapabilitiesComeBack) {
  tree().file("ping", "#!", 0755);
  // VFS_CAP_REVISION_2, effective, cap_net_raw (capabilities(7)).
  const std::string value("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  const std::string file = folder_ + "/a/diff/ping";
  if (::setxattr(file.c_str(), "security.capability", value.data(), value.size(), 0) != 0)
    GTEST_SKIP() << "capabilities cannot be set here";
  using Attribute = std::pair<std::string, std::string>;
  EXPECT_THAT(entries().at(0).xattrs, ElementsAre(Attribute{"security.capability", value}));
  round_trip();
}

TEST_F(AdoptTest, AnAttributeThatNoTarCanHoldIsNamed) {
  tree().file("f");
  if (::setxattr((folder_ + "/a/diff/f").c_str(), "user.a=b", "x", 1, 0) != 0) GTEST_SKIP() << "no user attributes";
  refused(ErrorKind::unsupported, "'f': a tar cannot hold its attribute 'user.a=b'");
}

TEST_F(AdoptTest, RecordedOwnersCountOnlyWhereOneIdIsMapped) {
  tree().file("f", "x", 0600).file("odd", "x", 0600);
  const std::string record = "1000:2147483648:04711:file";
  if (::setxattr((folder_ + "/a/diff/f").c_str(), "user.containers.override_stat", record.data(), record.size(), 0) !=
      0)
    GTEST_SKIP() << "no user attributes";
  ::setxattr((folder_ + "/a/diff/odd").c_str(), "user.containers.override_stat", "1:2", 3, 0);
  options_.maps = {{{0, 0, 1}}, {{0, 0, 1}}};
  auto found = entries();
  EXPECT_EQ(found[0].uid, 1000u);
  EXPECT_EQ(found[0].gid, 2147483648u);
  EXPECT_EQ(found[0].mode, 04711u);
  EXPECT_THAT(found[0].xattrs, IsEmpty());
  EXPECT_EQ(found[1].mode, 0600u);
  options_.maps = {{{0, 0, 65536}}, {{0, 0, 65536}}};
  found = entries();
  EXPECT_EQ(found[0].mode, 0600u);
  EXPECT_EQ(found[0].gid, LayerTree::own_gid());
}

TEST_F(AdoptTest, SocketsAreLeftOut) {
  tree().file("before").file("z");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = folder_ + "/a/diff/sock";
  std::copy(path.begin(), path.end(), address.sun_path);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(names(entries()), ElementsAre("before", "z"));
  ::close(fd);
}

TEST_F(AdoptTest, HolesAreZeros) {
  const auto fd = sys::open_path(folder_ + "/a/diff/sparse", O_WRONLY | O_CREAT, 0644);
  for (const off_t at : {off_t{1} << 20, off_t{5} << 20}) ASSERT_EQ(::pwrite(fd.get(), "x", 1, at), 1);
  ASSERT_EQ(::ftruncate(fd.get(), 6 << 20), 0);
  tree().file("only-holes", "");
  ASSERT_EQ(::truncate((folder_ + "/a/diff/only-holes").c_str(), 300'000), 0);
  round_trip();
  const auto layer = adopt();
  EXPECT_GT(layer.tar_size, 6u << 20);
  EXPECT_LT(layer.disk_size, 1u << 20);
}

TEST_F(AdoptTest, TheSizeOnDiskIsThatOfTheDirectory) {
  tree().file("a/b", std::string(10'000, 'x')).file("c", "x").symlink("l", "t").fifo("p").whiteout("w");
  ASSERT_EQ(::link((folder_ + "/a/diff/a/b").c_str(), (folder_ + "/a/diff/d").c_str()), 0);
  const auto layer = adopt();
  EXPECT_EQ(layer.disk_size, sys::disk_usage(folder_ + "/a").bytes);
}

TEST_F(AdoptTest, TheRootIsNamedOnlyWhenItIsNotAsUsual) {
  tree().file("f");
  EXPECT_THAT(names(entries()), ElementsAre("f"));
  ASSERT_EQ(::chmod((folder_ + "/a/diff").c_str(), 0700), 0);
  EXPECT_THAT(names(entries()), ElementsAre("./", "f"));
  round_trip();
}

TEST_F(AdoptTest, EqualTreesGiveEqualDigestsWhateverTheOrderAndTheTimesOfReading) {
  tree().file("a/one", "1").file("a/two", "2").file("b", "3").settle();
  const auto first = adopt();
  sys::remove_tree(folder_ + "/a/diff");
  sys::make_directory(folder_ + "/a/diff", 0755);
  tree().file("b", "3").file("a/two", "2").file("a/one", "1").settle();
  EXPECT_EQ(adopt().diff_id, first.diff_id);
  tree().file("a/one", "4").settle();
  EXPECT_NE(adopt().diff_id, first.diff_id);
}

TEST_F(AdoptTest, NothingIsNewerThanTheLatestTime) {
  constexpr std::int64_t kLatest = 1'000'000;
  tree().file("d/new").symlink("link", "x").fifo("pipe").file("old").file("same").file("before", "");
  tree().time("old", kLatest - 10, 5).time("same", kLatest, 7).time("before", -5, 0);
  options_.latest_time = kLatest;
  const auto layer = adopt();
  for (const auto& entry : entries(tar_of(layer)))
    EXPECT_EQ(entry.mtime, entry.name == "old" ? kLatest - 10 : entry.name == "before" ? -5 : kLatest) << entry.name;
  for (const char* name : {"d", "d/new", "link", "pipe", "same"}) {
    EXPECT_EQ(tree().info(name).st_mtim.tv_sec, kLatest) << name;
    EXPECT_EQ(tree().info(name).st_mtim.tv_nsec, 0) << name;
  }
  EXPECT_EQ(tree().info("").st_mtim.tv_sec, kLatest);
  EXPECT_EQ(tree().info("old").st_mtim.tv_sec, kLatest - 10);
  EXPECT_EQ(tree().info("old").st_mtim.tv_nsec, 5);
  options_.latest_time.reset();
  EXPECT_EQ(adopt().diff_id, layer.diff_id);
}

TEST_F(AdoptTest, ADirectoryThatWouldBeAWhiteoutIsRefused) {
  tree().file("a/.wh.b/c");
  refused(ErrorKind::unsupported, "'a/.wh.b': a directory of such a name would be a whiteout");
}

TEST_F(AdoptTest, WhatIsTooDeepForTheReaderIsRefused) {
  std::string deep = "d";
  for (int i = 1; i < 512; ++i) deep += "/d";
  tree().directory(deep);
  EXPECT_EQ(entries().size(), 512u);
  tree().file(deep + "/f");
  refused(ErrorKind::unsupported, "it lies too deep for a layer");
}

TEST_F(AdoptTest, LinksOutOfTheTreeAreNotFollowed) {
  sys::make_directory(folder_ + "/outside");
  sys::write_file(folder_ + "/outside/file", "secret");
  tree().symlink("out", folder_ + "/outside").symlink("file", folder_ + "/outside/file");
  EXPECT_THAT(names(entries()), ElementsAre("file", "out"));
}

TEST_F(AdoptTest, DiffMustBeADirectoryAndNotALink) {
  sys::remove_tree(folder_ + "/a/diff");
  sys::make_symlink(folder_ + "/b", folder_ + "/a/diff");
  refused(ErrorKind::system, "'diff'");
}

}  // namespace
}  // namespace lichen::image
