#include "libpod/store/secret_store.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <sys/stat.h>

namespace lichen::store {
namespace {

using spec::expect_error;
using ::testing::ElementsAre;

class SecretStoreTest : public ::testing::Test {
 protected:
  SecretStoreTest() { paths_.make(); }
  static SecretRecord record(const std::string& name, const std::string& id) {
    SecretRecord made;
    made.name = name;
    made.id = id;
    made.created = made.updated = "2026-01-02T03:04:05Z";
    made.labels = {{"a", "b\nc"}};
    return made;
  }

  test::TempDir dir_;
  Paths paths_{dir_ / "root", dir_ / "run", "boot"};
  SecretStore secrets_{paths_};
};

TEST_F(SecretStoreTest, KeepsEveryByteAndIsPrivate) {
  const std::string value("line\n\0{\"json\": 1}\n\xff", 20);
  EXPECT_TRUE(secrets_.create(record("key", "abc0"), value));
  EXPECT_EQ(secrets_.value("key"), value);
  EXPECT_EQ(secrets_.get("key").labels.at("a"), "b\nc");
  struct stat info {};
  ASSERT_EQ(::stat(paths_.secret("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  EXPECT_TRUE(sys::list_directory(paths_.staging()).empty());
}

TEST_F(SecretStoreTest, TheFirstWinsAndReplaceReplaces) {
  EXPECT_TRUE(secrets_.create(record("key", "a"), "one"));
  EXPECT_FALSE(secrets_.create(record("key", "b"), "two"));
  EXPECT_EQ(secrets_.value("key"), "one");
  secrets_.replace(record("key", "c"), "three");
  EXPECT_EQ(secrets_.value("key"), "three");
  EXPECT_EQ(secrets_.get("key").id, "c");
}

TEST_F(SecretStoreTest, FindsByNameIdAndBeginning) {
  secrets_.create(record("one", "abc1"), "x");
  secrets_.create(record("two", "abc2"), "x");
  secrets_.create(record("abc", "def0"), "x");
  EXPECT_EQ(secrets_.find("one"), "one");
  EXPECT_EQ(secrets_.find("abc1"), "one");
  EXPECT_EQ(secrets_.find("abc"), "abc");
  EXPECT_EQ(secrets_.find("d"), "abc");
  expect_error(ErrorKind::conflict, "ids of 2 secrets", [&] { secrets_.find("ab"); });
  expect_error(ErrorKind::not_found, "did you mean 'one'", [&] { secrets_.find("onee"); });
  expect_error(ErrorKind::not_found, "no such secret", [&] { secrets_.get("../secrets/one"); });
  EXPECT_THAT(secrets_.list(), ElementsAre("abc", "one", "two"));
}

TEST_F(SecretStoreTest, LimitsAndDamage) {
  expect_error(ErrorKind::usage, "bad/name", [&] { secrets_.create(record("bad/name", "a"), "x"); });
  EXPECT_THROW(secrets_.create(record("empty", "a"), ""), Error);
  EXPECT_THROW(secrets_.create(record("long", "a"), std::string(kMaxSecretBytes + 1, 'x')), Error);
  EXPECT_TRUE(secrets_.create(record("longest", "a"), std::string(kMaxSecretBytes, 'x')));
  sys::write_file(paths_.secret("cut"), "{\"id\": \"1\"", 0600);
  expect_error(ErrorKind::invalid, "damaged", [&] { secrets_.get("cut"); });
  sys::write_file(paths_.secret("other"), sys::read_file(paths_.secret("longest")), 0600);
  expect_error(ErrorKind::invalid, "another secret", [&] { secrets_.get("other"); });
}

}  // namespace
}  // namespace lichen::store
