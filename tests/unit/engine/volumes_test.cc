#include "libpod/engine/volumes.hh"

#include <gtest/gtest.h>

#include "tests/unit/engine/test_store.hh"

namespace lichen::engine {
namespace {

class Volumes : public ::testing::Test {
 protected:
  void use(const std::string& volume) {
    store.add_container("c1", "holder", [&](spec::ContainerConfig& config) {
      config.mounts = {{.type = spec::MountType::volume, .source = volume, .destination = "/v"}};
    });
  }
  std::string names(const std::vector<std::string>& filters) {
    std::string out;
    for (const auto& row : list_volumes(engine, filters, store.remember_damaged()))
      out += row["Name"].get<std::string>() + " ";
    return out;
  }
  test::TestStore store;
  Engine& engine = store.engine;
};

TEST_F(Volumes, CreateIsRepeatable) {
  EXPECT_EQ(create_volume(engine, {.name = "data", .driver = "local", .labels = {{"a", "b"}}, .options = {}}), "data");
  EXPECT_EQ(create_volume(engine, {.name = "data", .driver = "", .labels = {}, .options = {}}), "data");
  EXPECT_EQ(inspect_volume(engine, "data")["Labels"].dump(), R"({"a":"b"})");
  EXPECT_EQ(create_volume(engine, {}).size(), 64u);
}

TEST_F(Volumes, BadRequestsAreNamed) {
  EXPECT_THROW(create_volume(engine, {.name = "bad/name", .driver = "", .labels = {}, .options = {}}), Error);
  EXPECT_THROW(create_volume(engine, {.name = "x", .driver = "nfs", .labels = {}, .options = {}}), Error);
  EXPECT_THROW(create_volume(engine, {.name = "x", .driver = "", .labels = {}, .options = {{"type", "nfs"}}}), Error);
  EXPECT_THROW(inspect_volume(engine, "../names"), Error);
  EXPECT_TRUE(engine.volumes.list().empty());
}

TEST_F(Volumes, InUseIsRefusedAndNamesTheContainer) {
  create_volume(engine, {.name = "data", .driver = "", .labels = {}, .options = {}});
  use("data");
  try {
    remove_volume(engine, "data", true);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "remove volume 'data': it is in use by container holder");
    EXPECT_EQ(error.hint(), "remove the container first: lichen rm holder");
  }
  EXPECT_TRUE(engine.volumes.has("data"));
}

TEST_F(Volumes, RemoveLeavesNothing) {
  create_volume(engine, {.name = "data", .driver = "", .labels = {}, .options = {}});
  sys::write_file(engine.volumes.data_path("data") + "/file", "x");
  remove_volume(engine, "data", false);
  EXPECT_FALSE(sys::exists(engine.paths.volume("data")));
  EXPECT_TRUE(sys::list_directory(engine.paths.staging()).empty());
  EXPECT_THROW(remove_volume(engine, "data", false), Error);
  EXPECT_NO_THROW(remove_volume(engine, "data", true));
}

TEST_F(Volumes, FiltersAndDamage) {
  create_volume(engine, {.name = "used", .driver = "", .labels = {{"k", "v"}}, .options = {}});
  create_volume(engine, {.name = "unused", .driver = "", .labels = {}, .options = {}});
  use("used");
  EXPECT_EQ(names({}), "unused used ");
  EXPECT_EQ(names({"dangling=true"}), "unused ");
  EXPECT_EQ(names({"dangling=false"}), "used ");
  EXPECT_EQ(names({"label=k"}), "used ");
  EXPECT_EQ(names({"name=^un"}), "unused ");
  EXPECT_EQ(names({"driver=other"}), "");
  EXPECT_THROW(names({"nosuch=1"}), Error);
  sys::write_file(engine.paths.volume("unused") + "/volume.json", "{");
  EXPECT_EQ(names({}), "used ");
  EXPECT_EQ(store.damaged, std::vector<std::string>{"unused"});
}

TEST_F(Volumes, PruneTakesAnonymousOnesAndAllOnWish) {
  create_volume(engine, {.name = "named", .driver = "", .labels = {}, .options = {}});
  const auto anonymous = create_volume(engine, {});
  create_volume(engine, {.name = "used", .driver = "", .labels = {}, .options = {}});
  use("used");
  EXPECT_EQ(prune_volumes(engine, false, {}).removed, std::vector<std::string>{anonymous});
  EXPECT_TRUE(prune_volumes(engine, true, {"label=x"}).removed.empty());
  EXPECT_EQ(prune_volumes(engine, true, {}).removed, std::vector<std::string>{"named"});
  EXPECT_EQ(engine.volumes.list(), std::vector<std::string>{"used"});
}

}  // namespace
}  // namespace lichen::engine
