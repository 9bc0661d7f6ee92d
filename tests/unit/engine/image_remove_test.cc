#include "libpod/engine/image_remove.hh"

#include <gtest/gtest.h>

#include "libpod/engine/image_list.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/manifest_lists.hh"
#include "tests/unit/engine/test_store.hh"

namespace lichen::engine {
namespace {

using test::id_of;
using test::library;

class ImageRemove : public ::testing::Test {
 protected:
  void use(const std::string& digits, const std::string& image, wire::ContainerStatus status) {
    wire::ContainerState state;
    state.status = status;
    store.add_container(
        digits, "user-" + digits, [&](spec::ContainerConfig& config) { config.image_id = image; }, state);
  }
  std::string refusal(const std::string& text, bool force = false) {
    try {
      remove_image(store.engine, text, force, false);
      return "";
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty());
      return error.what();
    }
  }
  test::TestStore store;
  Engine& engine = store.engine;
};

TEST_F(ImageRemove, LookUpByEveryKindOfName) {
  const auto id = store.add_image("aabb", {"11"}, {library("debian", "12"), {"localhost", "own", "latest"}});
  auto meta = engine.images.get(id);
  meta.repo_digests = {"docker.io/library/debian@sha256:" + id_of("77")};
  engine.images.update(meta);
  for (const auto& text :
       {std::string("debian:12"), std::string("docker.io/library/debian:12"), std::string("library/debian:12"),
        std::string("own"), std::string("localhost/own"), id, "sha256:" + id, std::string("aabb"),
        std::string("sha256:aabb"), "debian@sha256:" + id_of("77")})
    EXPECT_EQ(find_image(engine, text), id) << text;
  for (const auto& text : {"debian", "debian:13", "aabbcc", "other/debian:12"})
    EXPECT_EQ(find_image(engine, text), std::nullopt) << text;
  store.add_image("aabc", {"11"});
  EXPECT_THROW(find_image(engine, "aab"), Error);
  try {
    require_image(engine, "debain:12");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no such image: debain:12");
    EXPECT_EQ(error.hint(), "did you mean 'debian:12'?");
  }
}

TEST_F(ImageRemove, OneOfTwoNamesOnlyUntagsTheLastDeletes) {
  const auto id = store.add_image("aa", {"11", "12"}, {library("one"), library("two")});
  EXPECT_EQ(remove_image(engine, "one", false, false).lines(), std::vector<std::string>{"Untagged: one:latest"});
  EXPECT_TRUE(engine.images.has(id));
  const auto removal = remove_image(engine, "two", false, false);
  EXPECT_EQ(removal.lines(),
            (std::vector<std::string>{"Untagged: two:latest", "Deleted: sha256:" + id, "Deleted: sha256:" + id_of("12"),
                                      "Deleted: sha256:" + id_of("11")}));
  EXPECT_GE(removal.bytes, 8192) << "two layers of a block, and the records, which some file systems keep in blocks";
  EXPECT_FALSE(engine.images.has(id));
  EXPECT_TRUE(engine.layers.list().empty());
  EXPECT_TRUE(sys::list_directory(engine.paths.staging()).empty());
}

TEST_F(ImageRemove, SharedLayersStay) {
  store.add_image("aa", {"11", "12"}, {library("one")});
  store.add_image("ab", {"11", "13"}, {library("two")});
  remove_image(engine, "one", false, false);
  EXPECT_EQ(engine.layers.list(), (std::vector<std::string>{id_of("11"), id_of("13")}));
}

TEST_F(ImageRemove, LayerHeldByAPullStays) {
  store.add_image("aa", {"11"}, {library("one")});
  const auto held = sys::try_lock(engine.paths.layer(id_of("11")), sys::LockMode::shared);
  ASSERT_TRUE(held);
  remove_image(engine, "one", false, false);
  EXPECT_TRUE(engine.layers.has(id_of("11")));
}

TEST_F(ImageRemove, ByIdWithNamesInTwoRepositoriesNeedsForce) {
  const auto id = store.add_image("aa", {"11"}, {library("one"), library("two")});
  EXPECT_NE(refusal(id).find("must be forced) - image is referenced in multiple repositories"), std::string::npos);
  EXPECT_EQ(remove_image(engine, id, true, false).untagged.size(), 2u);
}

TEST_F(ImageRemove, ByIdTakesAllTagsOfOneRepository) {
  const auto id = store.add_image("aa", {"11"}, {library("one", "1"), library("one", "2")});
  EXPECT_EQ(remove_image(engine, id, false, false).untagged.size(), 2u);
  EXPECT_FALSE(engine.images.has(id));
}

TEST_F(ImageRemove, StoppedUserRefusesByNameAndForceLeavesItNameless) {
  const auto id = store.add_image("aa", {"11"}, {library("one")});
  use("c1", id, wire::ContainerStatus::exited);
  EXPECT_NE(refusal("one").find("(must force) - container user-c1 is using its referenced image"), std::string::npos);
  EXPECT_NE(refusal(id).find("must be forced) - image is being used by stopped container user-c1"), std::string::npos);
  const auto removal = remove_image(engine, "one", true, false);
  EXPECT_EQ(removal.lines(), std::vector<std::string>{"Untagged: one:latest"});
  EXPECT_EQ(removal.kept_for, "container user-c1");
  EXPECT_TRUE(engine.images.has(id));
  EXPECT_TRUE(engine.layers.has(id_of("11")));
}

TEST_F(ImageRemove, AListKeepsItsImagesAndGoesAlone) {
  const auto id = store.add_image("aa", {"11"}, {library("one")});
  store::ListRecord list;
  list.id = id_of("bb");
  list.entries.resize(1);
  list.entries[0].image_id = id;
  list.entries[0].digest = *Digest::parse("sha256:" + id_of("dd"));
  list.entries[0].platform = spec::host_platform();
  engine.lists.publish(list);
  engine.images.set_ref({"localhost", "list", "latest"}, list.id);
  EXPECT_EQ(find_image(engine, "list"), id);
  EXPECT_EQ(find_image(engine, "bb"), id);
  ASSERT_TRUE(find_list(engine, "list"));
  EXPECT_FALSE(find_list(engine, "one"));
  EXPECT_THROW(require_list(engine, "one"), Error);
  EXPECT_EQ(require_platform(engine, "list", spec::host_platform().str()), id);
  EXPECT_THROW(require_platform(engine, "list", "linux/s390x"), Error);
  const auto kept = remove_image(engine, "one", false, false);
  EXPECT_EQ(kept.kept_for, "manifest list localhost/list:latest");
  EXPECT_NE(refusal(id, true).find("manifest list localhost/list:latest has it"), std::string::npos);
  EXPECT_EQ(prune_images(engine, {.all = false, .filters = {}}).deleted, std::vector<std::string>{});
  const auto removal = remove_image(engine, "list", false, false);
  EXPECT_EQ(removal.lines(),
            (std::vector<std::string>{"Untagged: localhost/list:latest", "Deleted: sha256:" + list.id}));
  EXPECT_TRUE(engine.images.has(id)) << "dangling now";
  EXPECT_EQ(prune_images(engine, {.all = false, .filters = {}}).deleted.size(), 2u);
}

TEST_F(ImageRemove, RunningUserCannotBeForced) {
  const auto id = store.add_image("aa", {"11"}, {library("one")});
  use("c1", id, wire::ContainerStatus::running);
  EXPECT_NE(refusal(id, true).find("cannot be forced) - image is being used by running container user-c1"),
            std::string::npos);
  EXPECT_TRUE(engine.images.has(id));
}

TEST_F(ImageRemove, UnfinishedContainerCountsAsUser) {
  const auto id = store.add_image("aa", {"11"}, {library("one")});
  spec::ContainerConfig config;
  config.id = id_of("c1");
  config.name = "making";
  config.image_id = id;
  const auto maker = engine.containers.begin(config, sys::Durability::none);
  EXPECT_NE(refusal("one").find("making"), std::string::npos);
}

TEST_F(ImageRemove, HeldImageIsNotRemoved) {
  store.add_image("aa", {"11"}, {library("one")});
  const auto held = hold_image(engine, id_of("aa"));
  EXPECT_NE(refusal("one").find("still held"), std::string::npos);
  EXPECT_TRUE(engine.images.has(id_of("aa")));
}

TEST_F(ImageRemove, HoldOfAGoneImageSaysSo) { EXPECT_THROW(hold_image(engine, id_of("aa")), Error); }

TEST_F(ImageRemove, DamagedRecordCanBeRemoved) {
  const auto id = store.add_image("aa", {"11"}, {library("one")});
  sys::write_file(engine.paths.image(id) + "/meta.json", "{");
  EXPECT_EQ(remove_image(engine, "one", false, false).deleted, std::vector<std::string>{"sha256:" + id});
  EXPECT_FALSE(sys::exists(engine.paths.image(id)));
}

TEST_F(ImageRemove, PruneTakesNamelessAndUnusedOnly) {
  store.add_image("aa", {"11"}, {library("named")});
  store.add_image("ab", {"12"});
  store.add_image("ac", {"13"});
  use("c1", id_of("ac"), wire::ContainerStatus::created);
  EXPECT_EQ(prune_images(engine, {}).deleted,
            (std::vector<std::string>{"sha256:" + id_of("ab"), "sha256:" + id_of("12")}));
  EXPECT_TRUE(prune_images(engine, {.all = true, .filters = {"label=kind=zz"}}).deleted.empty());
  EXPECT_TRUE(prune_images(engine, {.all = true, .filters = {"until=2020-01-01"}}).deleted.empty());
  EXPECT_EQ(prune_images(engine, {.all = true, .filters = {"label=kind=aa"}}).deleted[0], "sha256:" + id_of("aa"));
  EXPECT_EQ(engine.images.list(), std::vector<std::string>{id_of("ac")});
  EXPECT_THROW(prune_images(engine, {.all = false, .filters = {"name=x"}}), Error);
}

TEST_F(ImageRemove, TagAndUntag) {
  const auto id = store.add_image("aa", {"11"}, {library("one")});
  tag_image(engine, "one", {"two:2", "example.org/a/b"});
  EXPECT_EQ(find_image(engine, "two:2"), id);
  EXPECT_EQ(find_image(engine, "example.org/a/b"), id);
  EXPECT_THROW(tag_image(engine, "one", {"Upper"}), Error);
  EXPECT_THROW(untag_image(engine, "one", {"three"}), Error);
  EXPECT_EQ(untag_image(engine, "one", {"two:2"}), std::vector<std::string>{"two:2"});
  EXPECT_EQ(untag_image(engine, "one", {}).size(), 2u);
  EXPECT_TRUE(engine.images.refs().empty());
}

TEST_F(ImageRemove, ListRowsFiltersAndHistory) {
  store.add_image("aa", {"11"}, {library("one"), library("one", "2")});
  store.add_image("ab", {"12"});
  const auto repositories = [&](ImageListRequest request) {
    std::string out;
    for (const auto& row : list_images(engine, request, store.remember_damaged()))
      out += row["Repository"].get<std::string>() + ":" + row["Tag"].get<std::string>() + " ";
    return out;
  };
  EXPECT_EQ(repositories({.filters = {"dangling=true"}}), "<none>:<none> ");
  EXPECT_EQ(repositories({.filters = {"dangling=false"}}), "one:2 one:latest ");
  EXPECT_EQ(repositories({.reference = "one", .filters = {}}), "one:2 one:latest ");
  EXPECT_EQ(repositories({.reference = "one:2", .filters = {}}), "one:2 ");
  EXPECT_EQ(repositories({.reference = "nothing", .filters = {}}), "");
  EXPECT_EQ(repositories({.filters = {"reference=o*:latest"}}), "one:latest ");
  EXPECT_EQ(repositories({.filters = {"label=kind=ab"}}), "<none>:<none> ");
  EXPECT_THROW(repositories({.filters = {"nosuch=1"}}), Error);
  const auto history = image_history(engine, "one", false, true);
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0]["CreatedBy"].get<std::string>(), "COPY file");
  EXPECT_EQ(history[0]["Size"].get<std::string>(), "1kB");
  EXPECT_EQ(inspect_image(engine, "one")["RepoTags"].dump(), R"(["one:2","one:latest"])");
}

}  // namespace
}  // namespace lichen::engine
