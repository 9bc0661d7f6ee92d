#include "libpod/engine/system_check.hh"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/engine/test_store.hh"

#include <sys/stat.h>

namespace lichen::engine {
namespace {

using test::id_of;
using test::library;

class SystemCheck : public ::testing::Test {
 protected:
  SystemCheck() {
    store.add_image("aa", {"11", "12"}, {library("one")});
    container = store.add_container("c1", "web", [](spec::ContainerConfig& config) {
      config.image_id = id_of("aa");
      config.image_name = "one";
    });
  }
  std::string objects() {
    std::string out;
    for (const auto& finding : check_store(engine, false)) out += finding.object + "; ";
    return out;
  }
  // Repairs everything, and expects nothing but `remains` afterwards.
  void repair(const std::string& remains = "") {
    auto findings = check_store(engine, false);
    repair_store(findings);
    for (const auto& finding : findings)
      EXPECT_TRUE(finding.repaired || !finding.repair) << finding.object << ": " << finding.problem;
    EXPECT_EQ(objects(), remains);
  }
  test::TestStore store;
  Engine& engine = store.engine;
  std::string container;
};

TEST_F(SystemCheck, HealthyStoreHasNoFindings) { EXPECT_EQ(objects(), ""); }

TEST_F(SystemCheck, DamagedContainerIsSetAsideAndItsNameFree) {
  sys::write_file(engine.paths.container(container) + "/state.json", "{\"version\": 1");
  EXPECT_EQ(objects(), "container c10000000000; ");
  repair();
  EXPECT_EQ(engine.containers.find_name("web"), std::nullopt);
  EXPECT_EQ(sys::list_directory(engine.paths.set_aside()).size(), 1u);
  EXPECT_NO_THROW(store.add_container("c2", "web"));
}

TEST_F(SystemCheck, DamagedLayerTakesImageAndRefWithIt) {
  sys::write_file(engine.paths.layer(id_of("11")) + "/meta.json", "");
  EXPECT_EQ(objects(), "layer 110000000000; image one:latest; ref docker.io/library/one:latest; container web; ");
  repair("layer 120000000000; container web; ");
  EXPECT_FALSE(engine.images.has(id_of("aa")));
}

TEST_F(SystemCheck, WhatItsOwnerCannotReadIsMended) {
  // A secret-like mode that only others may read: as root of the user namespace we could read it, as the user not.
  const std::string record = engine.paths.image(id_of("aa")) + "/meta.json";
  ASSERT_EQ(::chmod(record.c_str(), 0040), 0);
  auto findings = check_store(engine, false);
  const auto mode = std::find_if(findings.begin(), findings.end(), [&](const StoreFinding& finding) {
    return finding.object == "images/" + id_of("aa") + "/meta.json";
  });
  ASSERT_NE(mode, findings.end());
  EXPECT_NE(mode->problem.find("0040"), std::string::npos);
  mode->repair();
  EXPECT_EQ(objects(), "");
}

TEST_F(SystemCheck, VolumeRecordThatIsADirectoryIsWrittenAnew) {
  sys::make_directories(engine.paths.volume("v") + "/data");
  sys::write_file(engine.paths.volume("v") + "/data/file", "kept");
  sys::make_directories(engine.paths.volume("v") + "/volume.json/inside");
  EXPECT_EQ(objects(), "volume v; ");
  repair();
  EXPECT_TRUE(sys::exists(engine.paths.volume("v") + "/data/file"));
}

TEST_F(SystemCheck, LayerWithOtherContentsTakesItsImageWithIt) {
  const auto verify = [](Engine&, const std::vector<std::string>& ids) {
    EXPECT_EQ(ids.size(), 2u);
    return LayerProblems{{id_of("12"), "its files are others"}};
  };
  EXPECT_TRUE(check_store(engine, true, verify).empty());
  auto findings = check_store(engine, false, verify);
  ASSERT_GE(findings.size(), 2u);
  EXPECT_EQ(findings[0].object, "layer 120000000000");
  EXPECT_EQ(findings[0].problem, "its files are others");
  EXPECT_EQ(findings[1].object, "image one:latest");
  repair_store(findings);
  EXPECT_FALSE(engine.layers.has(id_of("12")));
  EXPECT_FALSE(engine.images.has(id_of("aa")));
}

TEST_F(SystemCheck, EventsThatAreNoFileAreSetAside) {
  sys::make_directories(engine.paths.events() + "/20260101.jsonl");
  EXPECT_EQ(objects(), "events/20260101.jsonl; ");
  repair();
}

TEST_F(SystemCheck, MissingImageIsNamedForItsContainer) {
  sys::remove_tree(engine.paths.image(id_of("aa")));
  EXPECT_EQ(objects(), "ref docker.io/library/one:latest; layer 110000000000; layer 120000000000; container web; ");
  repair("container web; ");
  EXPECT_TRUE(engine.layers.list().empty());
  EXPECT_TRUE(engine.images.refs().empty());
}

TEST_F(SystemCheck, DamagedImageKeepsLayersThatItMayNeed) {
  sys::write_file(engine.paths.image(id_of("aa")) + "/meta.json", "[]");
  EXPECT_EQ(objects(), "image one:latest; ref docker.io/library/one:latest; container web; ");
}

TEST_F(SystemCheck, DanglingNameGoesAndAContainerGetsItsNameBack) {
  sys::make_symlink(id_of("dd"), engine.paths.names() + "/ghost");
  sys::remove_file(engine.paths.names() + "/web");
  EXPECT_EQ(objects(), "container web; name ghost; ");
  repair();
  EXPECT_EQ(engine.containers.find_name("web"), container);
  EXPECT_FALSE(sys::exists(engine.paths.names() + "/ghost"));
}

TEST_F(SystemCheck, NameOfAContainerInTheMakingIsLeft) {
  spec::ContainerConfig config;
  config.id = id_of("c9");
  config.name = "making";
  const auto maker = engine.containers.begin(config, sys::Durability::none);
  EXPECT_EQ(objects(), "");
}

TEST_F(SystemCheck, DamagedRefIsRemoved) {
  sys::write_file(engine.paths.refs() + "/docker.io/library/one/:tags/bad", "not an id");
  EXPECT_EQ(objects(), "ref docker.io/library/one:bad; ");
  repair();
  EXPECT_TRUE(engine.images.resolve(library("one")));
}

TEST_F(SystemCheck, VolumeKeepsItsDataWhenItsRecordIsDamaged) {
  engine.volumes.create({.name = "data",
                         .driver = "local",
                         .created = to_rfc3339(now()),
                         .anonymous = false,
                         .labels = {},
                         .options = {}});
  sys::write_file(engine.volumes.data_path("data") + "/file", "x");
  sys::write_file(engine.paths.volume("data") + "/volume.json", "");
  EXPECT_EQ(objects(), "volume data; ");
  repair();
  EXPECT_TRUE(sys::exists(engine.volumes.data_path("data") + "/file"));
}

TEST_F(SystemCheck, StraysAreNamedAndLeft) {
  sys::make_directory(engine.paths.layers() + "/lost+found");
  EXPECT_EQ(objects(), "layer directory; ");
  repair("layer directory; ");
}

}  // namespace
}  // namespace lichen::engine
