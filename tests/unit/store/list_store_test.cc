#include "libpod/store/list_store.hh"

#include <gmock/gmock.h>

#include "libpod/base/error.hh"
#include "libpod/store/image_store.hh"
#include "tests/unit/sys/support.hh"

namespace lichen::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kList(64, 'a'), kOne(64, '1'), kTwo(64, '2');

ListEntry entry(const std::string& image, const std::string& architecture, const std::string& variant = "") {
  ListEntry made;
  made.image_id = image;
  made.media_type = "application/vnd.oci.image.manifest.v1+json";
  made.digest = *Digest::parse("sha256:" + std::string(64, 'd'));
  made.size = 400;
  made.platform = {"linux", architecture, variant};
  return made;
}

ListRecord record() {
  ListRecord made;
  made.id = kList;
  made.created = "2026-01-02T03:04:05Z";
  made.entries = {entry(kOne, "arm", "v7"), entry(kTwo, "s390x")};
  made.entries[0].os_version = "6.1";
  made.entries[0].os_features = {"x"};
  made.entries[0].features = {"neon"};
  made.entries[0].annotations = {{"k", "v"}};
  made.annotations = {{"of", "list"}};
  made.repo_digests = {"localhost:5000/x@sha256:" + std::string(64, 'e')};
  return made;
}

TEST(ListRecord, ComesBackAsItWas) {
  const auto made = record();
  EXPECT_EQ(to_json(list_record_from_json(to_json(made), "list.json")), to_json(made));
}

TEST(ListRecord, DamageIsNamed) {
  for (const auto& [path, value] : {std::pair<const char*, Json>{"/version", 2},
                                    {"/id", "x"},
                                    {"/entries/0/digest", "sha256:0"},
                                    {"/entries/0/image_id", "../../etc"},
                                    {"/entries", 7}}) {
    Json json = to_json(record());
    json[Json::json_pointer(path)] = value;
    EXPECT_THROW(list_record_from_json(json, "list.json"), Error) << path;
  }
  Json json = to_json(record());
  json["entries"][0].erase("image_id");
  EXPECT_THROW(list_record_from_json(json, "list.json"), Error) << "neither here nor elsewhere";
}

TEST(IndexDocument, SaysNothingOfThisStore) {
  const Json oci = index_document(record(), false);
  EXPECT_EQ(oci["mediaType"], "application/vnd.oci.image.index.v1+json");
  EXPECT_EQ(oci["annotations"]["of"], "list");
  EXPECT_EQ(oci["manifests"][0]["platform"], (Json{{"architecture", "arm"},
                                                   {"os", "linux"},
                                                   {"os.version", "6.1"},
                                                   {"os.features", {"x"}},
                                                   {"variant", "v7"},
                                                   {"features", {"neon"}}}));
  EXPECT_FALSE(oci["manifests"][0].contains("image_id"));
  const Json docker = index_document(record(), true);
  EXPECT_EQ(docker["mediaType"], "application/vnd.docker.distribution.manifest.list.v2+json");
  EXPECT_FALSE(docker.contains("annotations") || docker["manifests"][0].contains("annotations"));
}

TEST(BestLocalEntry, IsHereAndServes) {
  auto list = record();
  EXPECT_EQ(best_local_entry(list, {"linux", "arm", "v7"})->image_id, kOne);
  EXPECT_EQ(best_local_entry(list, {"linux", "riscv64", ""}), nullptr);
  list.entries[0].image_id.clear();
  EXPECT_EQ(best_local_entry(list, {"linux", "arm", "v7"}), nullptr) << "it is only at a registry";
}

class ListStoreTest : public testing::Test {
 protected:
  ListStoreTest() { paths_.make(); }
  test::TempDir dir_;
  Paths paths_{dir_ / "root", dir_ / "run", "boot"};
};

TEST_F(ListStoreTest, PublishFindUpdateRemove) {
  ListStore lists(paths_);
  EXPECT_THAT(lists.list(), IsEmpty());
  lists.publish(record());
  EXPECT_THROW(lists.publish(record()), Error);
  EXPECT_THAT(lists.find_by_prefix("aaa"), ElementsAre(kList));
  EXPECT_THAT(lists.with_image(kTwo), ElementsAre(kList));
  auto changed = record();
  changed.entries.pop_back();
  lists.update(changed);
  EXPECT_THAT(lists.with_image(kTwo), IsEmpty());
  lists.remove(kList);
  EXPECT_FALSE(lists.has(kList));
  EXPECT_THROW(lists.get(kList), Error);
  EXPECT_THROW(lists.hold(kList), Error);
}

TEST_F(ListStoreTest, ANameLeadsToTheImageForThisMachine) {
  ListStore lists(paths_);
  ImageStore images(paths_);
  const RefName name{"localhost", "app", "latest"};
  auto list = record();
  lists.publish(list);
  images.set_ref(name, kList);
  EXPECT_EQ(images.ref_id(name), kList);
  EXPECT_EQ(images.resolve(name), std::nullopt);
  list.entries[1].platform = spec::host_platform();
  lists.update(list);
  EXPECT_EQ(images.resolve(name), kTwo);
}

}  // namespace
}  // namespace lichen::store
