#include "libpod/store/image_store.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/sys/fs.hh"

namespace lichen::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kA(64, 'a'), kB(64, 'b');
const std::string kConfig = R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}})";

class ImageStoreTest : public ::testing::Test {
 protected:
  ImageStoreTest() {
    char pattern[] = "/tmp/lichen-image-store-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    paths_ = std::make_unique<Paths>(folder_ + "/root", folder_ + "/run", "boot");
    paths_->make();
    images_ = std::make_unique<ImageStore>(*paths_);
  }
  ~ImageStoreTest() override { sys::remove_tree(folder_); }

  ImageMeta meta(const std::string& id) {
    ImageMeta result;
    result.id = id;
    result.repo_digests = {"docker.io/library/x@sha256:" + kA};
    return result;
  }

  std::string folder_;
  std::unique_ptr<Paths> paths_;
  std::unique_ptr<ImageStore> images_;
};

TEST_F(ImageStoreTest, DamagedRefsAreNamedAndTheOthersListed) {
  images_->set_ref({"h", "good", "1"}, kA);
  images_->set_ref({"h", "torn", "1"}, kA);
  sys::write_file(paths_->refs() + "/h/torn/:tags/1", kA.substr(0, 20));
  sys::make_directories(paths_->refs() + "/h/folder/:tags/1");
  std::vector<std::string> damaged;
  const auto refs = images_->refs([&](const std::string& name, const Error&) { damaged.push_back(name); });
  ASSERT_EQ(refs.size(), 1u);
  EXPECT_EQ(refs[0].name.str(), "h/good:1");
  EXPECT_THAT(damaged, ::testing::UnorderedElementsAre("h/torn:1", "h/folder:1"));
  EXPECT_EQ(images_->refs().size(), 1u);
  try {
    images_->resolve({"h", "folder", "1"});
    FAIL() << "a directory is no reference";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("name 'h/folder:1' is damaged"));
    EXPECT_THAT(error.hint(), HasSubstr("lichen tag"));
  }
  images_->set_ref({"h", "folder", "1"}, kB);
  EXPECT_EQ(images_->resolve({"h", "folder", "1"}), kB);
}

TEST_F(ImageStoreTest, PublishesAndReadsBack) {
  images_->publish(meta(kA), kConfig, "manifest");
  EXPECT_TRUE(images_->has(kA));
  EXPECT_EQ(images_->config_text(kA), kConfig);
  EXPECT_EQ(images_->manifest_text(kA), "manifest");
  EXPECT_EQ(images_->config(kA).architecture, "amd64");
  EXPECT_THAT(images_->list(), ElementsAre(kA));
  EXPECT_THAT(images_->find_by_prefix("aaa"), ElementsAre(kA));
  EXPECT_TRUE(sys::list_directory(paths_->staging()).empty());
}

TEST_F(ImageStoreTest, MergesRepoDigestsOfTheSameImage) {
  images_->publish(meta(kA), kConfig, "manifest");
  auto again = meta(kA);
  again.repo_digests = {"quay.io/x@sha256:" + kB};
  images_->publish(again, "other bytes", std::nullopt);
  EXPECT_EQ(images_->get(kA).repo_digests.size(), 2u);
  EXPECT_EQ(images_->config_text(kA), kConfig);
}

TEST_F(ImageStoreTest, NamesComeAndGo) {
  const RefName first{"docker.io", "library/x", "1"}, second{"localhost:5000", "a/b/c", "latest"};
  images_->set_ref(first, kA);
  images_->set_ref(second, kB);
  EXPECT_EQ(images_->resolve(first), kA);
  ASSERT_EQ(images_->refs().size(), 2u);
  EXPECT_EQ(images_->refs()[1].name, second);
  EXPECT_TRUE(images_->remove_ref(second));
  EXPECT_FALSE(images_->remove_ref(second));
  EXPECT_FALSE(sys::exists(paths_->refs() + "/localhost:5000"));
  EXPECT_EQ(images_->refs().size(), 1u);
}

TEST_F(ImageStoreTest, TemporariesOfKilledWritersAreSwept) {
  const RefName name{"localhost", "team/app", "1"};
  images_->set_ref(name, kA);
  const std::string tags = paths_->refs() + "/localhost/team/app/:tags";
  sys::write_file(tags + "/.1.0123abcd", "");
  EXPECT_EQ(images_->refs().size(), 1U);
  images_->sweep_temporaries();
  EXPECT_THAT(sys::list_directory(tags), ElementsAre("1"));
  EXPECT_EQ(images_->resolve(name), kA);
}

TEST_F(ImageStoreTest, RefusesNamesThatArePaths) {
  EXPECT_THROW(images_->set_ref({"..", "x", "1"}, kA), Error);
  EXPECT_THROW(images_->set_ref({"h", "a/../../b", "1"}, kA), Error);
  EXPECT_THROW(images_->set_ref({"h", "a", "../1"}, kA), Error);
}

TEST_F(ImageStoreTest, ADamagedImageIsNamedAndLeavesOthersAlone) {
  images_->publish(meta(kA), kConfig, std::nullopt);
  images_->publish(meta(kB), kConfig, std::nullopt);
  sys::write_file(paths_->image(kA) + "/meta.json", "{\"version\":1,");
  EXPECT_THAT(images_->list(), ElementsAre(kA, kB));
  EXPECT_EQ(images_->get(kB).id, kB);
  try {
    images_->get(kA);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_THAT(error.what(), HasSubstr("image 'aaaaaaaaaaaa' is damaged"));
    EXPECT_THAT(error.hint(), HasSubstr("system check"));
  }
  images_->publish(meta(kA), kConfig, std::nullopt);  // what comes anew mends it
  EXPECT_EQ(images_->get(kA).id, kA);
}

TEST_F(ImageStoreTest, ADamagedNameIsNamed) {
  const RefName name{"docker.io", "library/x", "1"};
  images_->set_ref(name, kA);
  sys::write_file(paths_->refs() + "/docker.io/library/x/:tags/1", "rubbish");
  EXPECT_THROW(images_->resolve(name), Error);
  EXPECT_TRUE(images_->refs().empty());
}

TEST_F(ImageStoreTest, LayersKeepTheirRecords) {
  const LayerStore layers(*paths_);
  LayerMeta layer;
  layer.chain_id = kA;
  layer.diff_id = Digest::from_sha256_hex(kA);
  layer.tar_size = 10240;
  sys::make_directory(paths_->layer(kA));
  sys::write_file(paths_->layer(kA) + "/meta.json", dump_json_pretty(to_json(layer)));
  LayerStore(*paths_).add_blob(kA, {"localhost:5000/x", Digest::from_sha256_hex(kB), 7, "type"});
  EXPECT_EQ(layers.get(kA).blobs.size(), 1u);
  EXPECT_EQ(layers.get(kA).tar_size, 10240);
  EXPECT_THAT(layers.list(), ElementsAre(kA));
  EXPECT_FALSE(layers.has(kB));
  sys::write_file(paths_->layer(kA) + "/meta.json", "[]");
  EXPECT_THROW(layers.get(kA), Error);
}

}  // namespace
}  // namespace lichen::store
