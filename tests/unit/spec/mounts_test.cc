#include "libpod/spec/mounts.hh"

#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

struct Row {
  std::string text;
  std::string expected;  // as format_mount_option prints it
};

// Everything that --mount can say, so a Row compares whole mounts; then the print must parse back to itself.
void check(MountConfig (*parse)(std::string_view), const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    try {
      const std::string printed = format_mount_option(parse(row.text));
      EXPECT_EQ(printed, row.expected);
      EXPECT_EQ(format_mount_option(parse_mount_option(printed)), printed) << "print -> parse is no fixpoint";
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(Mounts, VolumeOption) {
  check(parse_volume_option,
        {
            {"/data", "type=volume,destination=/data"},
            {"/data:ro", "type=volume,destination=/data,readonly"},
            {"/src:/dst", "type=bind,source=/src,destination=/dst"},
            {"/src/../a//b/:/dst/./x/", "type=bind,source=/a/b,destination=/dst/x"},
            {"./src:/dst", "type=bind,source=./src,destination=/dst"},
            {"..:/dst", "type=bind,source=..,destination=/dst"},
            {"~/x:/dst", "type=bind,source=~/x,destination=/dst"},
            {"web-data_1.0:/dst", "type=volume,source=web-data_1.0,destination=/dst"},
            {"v:/dst:nocopy,ro", "type=volume,source=v,destination=/dst,readonly,volume-nocopy"},
            {"/s:/d:ro,rslave", "type=bind,source=/s,destination=/d,readonly,bind-propagation=rslave"},
            {"/s:/d:rw,cached", "type=bind,source=/s,destination=/d"},
            {"/s:/d:bind", "type=bind,source=/s,destination=/d,bind-recursive=disabled"},
            {"/s:/d:noexec,suid,U", "type=bind,source=/s,destination=/d,chown,noexec,suid"},
            {"/s:/d:z", "type=bind,source=/s,destination=/d,relabel=shared"},
            {"/s:/d:Z", "type=bind,source=/s,destination=/d,relabel=private"},
            {"/a,b:/d", "type=bind,\"source=/a,b\",destination=/d"},
            {"/a\"b:/d", "type=bind,\"source=/a\"\"b\",destination=/d"},
        });
  EXPECT_TRUE(parse_volume_option("/s:/d").create_source);
  EXPECT_FALSE(parse_volume_option("v:/d").create_source);
  EXPECT_TRUE(parse_volume_option("/d").anonymous);
  EXPECT_FALSE(parse_volume_option("v:/d").anonymous);
}

TEST(Mounts, VolumeOptionErrors) {
  const std::vector<Row> rows = {
      {"", "the container path is empty"},
      {":", "the source is empty"},
      {":/d", "the source is empty"},
      {"/s:", "the container path is empty"},
      {"/s:/d:", "the options are empty"},
      {"/s:/d:ro:x", "more than three parts"},
      {"a:b:c:d", "more than three parts"},
      {"data", "'data' is not absolute"},
      {"/s:d", "'d' is not absolute"},
      {"/s:/", "root cannot be a mount"},
      {"/s:/..", "root cannot be a mount"},
      {"/s:/d/../..", "root cannot be a mount"},
      {"a/b:/d", "'a/b' is no name of a volume"},
      {"-x:/d", "'-x' is no name of a volume"},
      {"a b:/d", "no name of a volume"},
      {"/s:/d:roo", "unknown mount option 'roo'"},
      {"/s:/d:noexe", "did you mean 'noexec'?"},
      {"/s:/d:ro,rw", "'ro' and 'rw' contradict"},
      {"/s:/d:shared,rslave", "'shared' and 'rslave' contradict"},
      {"/s:/d:exec,noexec", "contradict"},
      {"/s:/d:z,Z", "contradict"},
      {"/s:/d:nocopy", "'nocopy' is for volumes only"},
      {"v:/d:rbind", "'rbind' is for host paths only"},
      {"/s:/d:,", "unknown mount option ''"},
  };
  for (const auto& row : rows)
    expect_error(
        ErrorKind::usage, row.expected, [&] { parse_volume_option(row.text); }, row.text);
  expect_error(ErrorKind::unsupported, "'O'", [] { parse_volume_option("/s:/d:O"); });
  expect_error(ErrorKind::unsupported, "'idmap'", [] { parse_volume_option("/s:/d:idmap"); });
  expect_error(ErrorKind::usage, "NUL", [] { parse_volume_option(std::string_view("/s:/d\0x", 7)); });
}

TEST(Mounts, MountOption) {
  check(parse_mount_option,
        {
            {"type=bind,src=/s,dst=/d", "type=bind,source=/s,destination=/d"},
            {"TYPE=bind,Source=/s,TARGET=/d", "type=bind,source=/s,destination=/d"},
            {"source=v,target=/d", "type=volume,source=v,destination=/d"},
            {"target=/d", "type=volume,destination=/d"},
            {"type=bind,src=/s,dst=/d,readonly", "type=bind,source=/s,destination=/d,readonly"},
            {"type=bind,src=/s,dst=/d,ro=true", "type=bind,source=/s,destination=/d,readonly"},
            {"type=bind,src=/s,dst=/d,ro=false", "type=bind,source=/s,destination=/d"},
            {"type=bind,src=/s,dst=/d,rw=false", "type=bind,source=/s,destination=/d,readonly"},
            {"type=bind,src=/s,dst=/d,bind-propagation=rshared",
             "type=bind,source=/s,destination=/d,bind-propagation=rshared"},
            {"type=bind,src=/s,dst=/d,bind-nonrecursive", "type=bind,source=/s,destination=/d,bind-recursive=disabled"},
            {"type=bind,src=/s,dst=/d,bind-recursive=enabled", "type=bind,source=/s,destination=/d"},
            {"type=bind,src=/s,dst=/d,ro,bind-recursive=writable",
             "type=bind,source=/s,destination=/d,readonly,bind-recursive=writable"},
            {"type=volume,src=v,dst=/d,volume-nocopy,volume-subpath=a/./b",
             "type=volume,source=v,destination=/d,volume-nocopy,volume-subpath=a/b"},
            {"type=volume,src=v,dst=/d,volume-opt=type=tmpfs,\"volume-opt=o=size=1m,mode=0700\",volume-driver=local",
             "type=volume,source=v,destination=/d,\"volume-opt=o=size=1m,mode=0700\",volume-opt=type=tmpfs"},
            {"type=volume,src=v,dst=/d,volume-label=a=b=c,volume-label=x",
             "type=volume,source=v,destination=/d,volume-label=a=b=c,volume-label=x"},
            {"type=tmpfs,dst=/d,tmpfs-size=64m,tmpfs-mode=1770",
             "type=tmpfs,destination=/d,tmpfs-size=67108864,tmpfs-mode=1770"},
            {"type=tmpfs,dst=/d,size=50%,exec,tmpcopyup", "type=tmpfs,destination=/d,tmpcopyup,size=50%,exec"},
            {"type=bind,\"src=/a,b\",dst=/d", "type=bind,\"source=/a,b\",destination=/d"},
            {"type=bind,src=/s,dst=/d,U,relabel=private,noatime",
             "type=bind,source=/s,destination=/d,chown,relabel=private,noatime"},
            {"type=bind,src=/s,dst=/d,noexec=false", "type=bind,source=/s,destination=/d,exec"},
            {"type=bind,src=/s,dst=/d,consistency=cached", "type=bind,source=/s,destination=/d"},
        });
  EXPECT_FALSE(parse_mount_option("type=bind,src=/s,dst=/d").create_source);
}

TEST(Mounts, MountOptionErrors) {
  const std::vector<Row> rows = {
      {"", "an empty field"},
      {"type=bind", "no destination"},
      {"type=bind,dst=/d", "no source"},
      {"type=bind,src=/s", "no destination"},
      {"type=bind,src=/s,dst=d", "'d' is not absolute"},
      {"type=bind,src=/s,dst=/", "root cannot be a mount"},
      {"type=bind,src=,dst=/d", "'src' needs a value"},
      {"type=bind,src=/s,dst=/d,,ro", "an empty field"},
      {"type=bnd,src=/s,dst=/d", "unknown type 'bnd'"},
      {"type=bind,src=/s,dst=/d,readonl", "did you mean 'readonly'?"},
      {"type=bind,src=/s,dst=/d,xyzzy=1", "unknown key 'xyzzy'"},
      {"type=bind,src=/s,dst=/d,tmpfs-size=1m", "'tmpfs-size' is not for mounts of type bind"},
      {"type=tmpfs,src=/s,dst=/d", "'src' is not for mounts of type tmpfs"},
      {"type=volume,src=/s,dst=/d", "no name of a volume"},
      {"type=volume,dst=/d,volume-subpath=a", "needs the name of a volume"},
      {"type=volume,src=v,dst=/d,volume-subpath=../a", "does not stay below"},
      {"type=volume,src=v,dst=/d,volume-subpath=/a", "does not stay below"},
      {"type=bind,src=/s,dst=/d,ro=maybe", "not true or false"},
      {"type=bind,src=/s,dst=/d,bind-propagation=ro", "unknown propagation 'ro'"},
      {"type=bind,src=/s,dst=/d,bind-recursive=readonly", "is for read-only mounts"},
      {"type=bind,src=/s,dst=/d,bind-recursive=maybe", "unknown bind-recursive"},
      {"type=tmpfs,dst=/d,tmpfs-size=big", "'big' is not a size"},
      {"type=tmpfs,dst=/d,tmpfs-mode=999", "not an octal mode"},
      {"type=bind,\"src=/s,dst=/d", "a quote is not closed"},
      {"type=bind,\"src=/s\"x,dst=/d", "text after a closing quote"},
      {"type=bind,src=/s,dst=/d,relabel=x", "unknown relabel"},
  };
  for (const auto& row : rows)
    expect_error(
        ErrorKind::usage, row.expected, [&] { parse_mount_option(row.text); }, row.text);
  for (const char* text :
       {"type=image,src=x,dst=/d", "type=bind,src=/s,dst=/d,idmap", "type=bind,src=/s,dst=/d,no-dereference"})
    expect_error(
        ErrorKind::unsupported, "not supported", [&] { parse_mount_option(text); }, text);
  expect_error(ErrorKind::unsupported, "no volume driver 'nfs'",
               [] { parse_mount_option("type=volume,src=v,dst=/d,volume-driver=nfs"); });
}

TEST(Mounts, TmpfsOption) {
  check(parse_tmpfs_option,
        {
            {"/run", "type=tmpfs,destination=/run"},
            {"/run:", "type=tmpfs,destination=/run"},
            {"/run:size=64m,mode=1777,exec", "type=tmpfs,destination=/run,tmpfs-size=67108864,tmpfs-mode=1777,exec"},
            {"/run:rw,uid=1000", "type=tmpfs,destination=/run,uid=1000"},
            {"/run:ro", "type=tmpfs,destination=/run,readonly"},
        });
  expect_error(ErrorKind::usage, "not absolute", [] { parse_tmpfs_option("run"); });
  expect_error(ErrorKind::usage, "not absolute", [] { parse_tmpfs_option(""); });
  expect_error(ErrorKind::usage, "root cannot", [] { parse_tmpfs_option("/:size=1m"); });
  expect_error(ErrorKind::usage, "not a size", [] { parse_tmpfs_option("/a:size=x"); });
  expect_error(ErrorKind::usage, "octal", [] { parse_tmpfs_option("/a:mode=8"); });
  expect_error(ErrorKind::usage, "unknown mount option 'foo=1'", [] { parse_tmpfs_option("/a:foo=1"); });
}

TEST(Mounts, FlagTableIsConsistent) {
  for (const auto& flag : mount_flags()) {
    EXPECT_EQ(find_mount_flag(flag.name), &flag) << flag.name << " appears twice";
    if (flag.opposite.empty()) continue;
    const MountFlag* opposite = find_mount_flag(flag.opposite);
    ASSERT_NE(opposite, nullptr) << flag.name;
    EXPECT_EQ(opposite->opposite, flag.name);
    EXPECT_EQ(opposite->kind, flag.kind);
  }
  EXPECT_EQ(find_mount_flag("RO"), nullptr);
}

TEST(Mounts, ObjectNames) {
  for (const char* name : {"a", "A1", "a.b-c_d", "0"}) EXPECT_TRUE(is_object_name(name)) << name;
  for (const char* name : {"", ".a", "-a", "_a", "a/b", "a b", "a:b", "ä", ".."})
    EXPECT_FALSE(is_object_name(name)) << name;
  EXPECT_FALSE(is_object_name(std::string(256, 'a')));
}

}  // namespace
}  // namespace lichen::spec
