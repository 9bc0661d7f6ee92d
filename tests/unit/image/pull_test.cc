// The client against registries that lie (tests/helpers/fake_registry.py; security.md C28-C30), each with the harmless
// twin.
#include "libpod/image/pull.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/load.hh"
#include "libpod/image/save.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/userns.hh"
#include "tests/unit/source_dir.hh"

#include <unistd.h>

namespace lichen::image {
namespace {

using ::testing::HasSubstr;

const std::string kCreds = "tester:s3cret-marker";

// An ordinary user's files can belong to himself alone: a namespace with that one id, before any thread is there.
class Namespace : public ::testing::Environment {
  void SetUp() override {
    if (::geteuid() == 0) return;
    sys::IdMaps maps{{{0, ::geteuid(), 1}}, {{0, ::getegid(), 1}}};
    sys::enter_new_user_namespace(maps);
  }
};
const auto* const kNamespace = ::testing::AddGlobalTestEnvironment(new Namespace);

class PullTest : public ::testing::Test {
 protected:
  PullTest() {
    char pattern[] = "/tmp/lichen-pull-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    auto in = sys::make_pipe(), out = sys::make_pipe();
    sys::SpawnOptions options;
    options.argv = {"python3", test::source_dir() + "/tests/helpers/fake_registry.py", folder_ + "/log"};
    options.fds = {{in.read.get(), 0}, {out.write.get(), 1}, {2, 2}};
    options.die_with_parent = true;
    server_ = sys::spawn(options);
    keep_ = std::move(in.write);
    out.write.reset();
    std::string line;
    for (char c = 0; c != '\n' && ::read(out.read.get(), &c, 1) == 1;) line += c;
    const auto ports = split(std::string(trim(line)), ' ');
    EXPECT_EQ(ports.size(), 2u) << "the fake registry did not start";
    host_ = "127.0.0.1:" + ports[0];
    request_.root = folder_ + "/root";
    request_.run = folder_ + "/run";
    request_.boot_id = "boot";
    request_.home = folder_;
    request_.registries_conf = "";
    request_.platform = "linux/amd64";
    request_.retries = 3;
    paths_ = std::make_unique<store::Paths>(request_.root, request_.run, "boot");
    paths_->make();
  }
  ~PullTest() override {
    EXPECT_TRUE(sys::list_directory(paths_->staging()).empty()) << "staging is not empty";
    keep_.reset();
    server_.wait();
    sys::remove_tree(folder_);
  }

  wire::ImageResult pull(const std::string& scenario) {
    request_.names = {host_ + "/" + scenario + ":1"};
    const auto progress = make_progress(/*quiet=*/true);
    return pull_images(*paths_, request_, *progress);
  }
  void refused(const std::string& scenario, const std::string& why) {
    SCOPED_TRACE(scenario);
    try {
      pull(scenario);
      ADD_FAILURE() << "it was pulled";
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr(why));
      EXPECT_THAT(std::string(error.what()) + error.hint(), Not(HasSubstr("s3cret-marker")));
    }
    EXPECT_TRUE(store::ImageStore(*paths_).list().empty());
    EXPECT_TRUE(store::ImageStore(*paths_).refs().empty());
    EXPECT_TRUE(store::LayerStore(*paths_).list().empty());
  }
  std::vector<Json> log() {
    std::vector<Json> lines;
    for (const auto& line : split(sys::read_file(folder_ + "/log"), '\n'))
      if (!line.empty()) lines.push_back(parse_json(line, "log"));
    return lines;
  }
  /// Nothing that B was told is a secret of A's.
  void expect_b_knows_nothing(bool asked) {
    bool seen = false;
    for (const auto& line : log()) {
      if (line["server"] != "B") continue;
      seen = true;
      const std::string headers = to_lower(dump_json(line["headers"]));
      EXPECT_THAT(headers, Not(HasSubstr("authorization")));
      EXPECT_THAT(headers, Not(HasSubstr("cookie")));
      EXPECT_THAT(dump_json(line), Not(HasSubstr("s3cret-marker")));
      EXPECT_THAT(dump_json(line), Not(HasSubstr("dGVzdGVyOnMzY3JldC1tYXJrZXI=")));
    }
    EXPECT_EQ(seen, asked);
  }

  std::string folder_, host_;
  sys::Pid server_;
  sys::UniqueFd keep_;
  wire::ImageRequest request_;
  std::unique_ptr<store::Paths> paths_;
};

TEST_F(PullTest, GoodTwiceMovesNothingTheSecondTime) {
  const auto first = pull("good");
  ASSERT_EQ(first.images.size(), 1u);
  EXPECT_TRUE(first.images[0].fetched);
  EXPECT_EQ(store::ImageStore(*paths_).resolve({host_, "good", "1"}), first.images[0].id);
  const auto before = log().size();
  EXPECT_FALSE(pull("good").images[0].fetched);
  EXPECT_EQ(log().size(), before + 1);  // the manifest
  const auto layer = store::LayerStore(*paths_).get(store::ImageStore(*paths_).get(first.images[0].id).chain_ids[0]);
  ASSERT_EQ(layer.blobs.size(), 1u);
  EXPECT_EQ(layer.blobs[0].repository, host_ + "/good");
}

TEST_F(PullTest, C28_C29_LiesAreRefusedBeforeAnythingIsVisible) {
  refused("both", "at once");
  refused("duplicate-keys", "twice");
  refused("media-type", "calls itself");
  refused("digest-traversal", "not a digest");
  refused("digest-upper", "not a digest");
  refused("digest-short", "not a digest");
  refused("digest-unknown", "not a digest");
  refused("size-plus", "promised");
  refused("size-minus", "promised");
  refused("size-negative", "must not be negative");
  refused("sha512-lie", "digest");
  refused("index-size", "promised");
  refused("index-digest", "digest");
  refused("data-mismatch", "promised");
  refused("diff-id", "the image's config says");
  refused("layer-count", "layers");
  refused("wrong-blob", "layer ");
  refused("wrong-config", "digest");
  refused("header-lie", "Docker-Content-Digest");
  refused("schema1", "schema 1");
  refused("artifact", "not that of an image");
  refused("many-layers", "more than the 500");
  refused("huge", "bytes allowed");
  refused("endless-error", "bytes allowed");
  refused("endless-token", "bytes allowed");
  refused("index-loop", "");
  refused("other-platform", "no image for linux/amd64");
  refused("absent", "not found");
  EXPECT_NO_THROW(pull("good"));
}

TEST_F(PullTest, C29_AnotherBodyThanTheDigestAskedFor) {
  const auto by_digest = [&](const std::string& digest) {
    request_.names = {host_ + "/good@" + digest};
    const auto progress = make_progress(true);
    return pull_images(*paths_, request_, *progress);
  };
  try {
    by_digest("sha256:" + std::string(64, '4'));
    ADD_FAILURE() << "another manifest was taken";
  } catch (const Error& error) {
    EXPECT_THAT(std::string(error.what()), HasSubstr("has digest"));
  }
  EXPECT_TRUE(store::ImageStore(*paths_).list().empty());
  const auto image = pull("good").images[0];
  EXPECT_EQ(by_digest(image.digest).images[0].id, image.id);
}

// What an image says beside the bytes changes nothing: tables of contents, names, data that is right.
TEST_F(PullTest, C29_HarmlessTwinsWork) {
  const auto id = pull("good").images[0].id;
  for (const char* scenario : {"sha512", "data-right", "toc-lie", "retag"}) {
    SCOPED_TRACE(scenario);
    EXPECT_EQ(pull(scenario).images[0].id, id);
  }
  for (const auto& ref : store::ImageStore(*paths_).refs()) EXPECT_EQ(ref.name.host, host_);
}

TEST_F(PullTest, IndexGivesThePlatform) {
  EXPECT_TRUE(pull("index").images[0].fetched);
  EXPECT_FALSE(pull("index").images[0].fetched);
}

TEST_F(PullTest, BrokenConnectionsAreContinued) {
  pull("resume");
  bool ranged = false;
  for (const auto& line : log()) ranged |= line["headers"].contains("Range");
  EXPECT_TRUE(ranged);
}

TEST_F(PullTest, ServersWithoutRangesWorkToo) { EXPECT_TRUE(pull("resume-no-range").images[0].fetched); }
TEST_F(PullTest, BusyServersAreAskedAgain) { EXPECT_TRUE(pull("busy").images[0].fetched); }

TEST_F(PullTest, PasswordsAndTokensOfTheRegistryItself) {
  refused("auth", "access denied");
  refused("bearer", "refuses");
  request_.creds = kCreds;
  EXPECT_TRUE(pull("auth").images[0].fetched);
  EXPECT_FALSE(pull("bearer").images[0].fetched);
  request_.creds = "tester:wrong";
  EXPECT_THROW(pull("auth"), Error);
}

// docker's identitytoken: a refresh token that is traded for a token at the realm, and goes nowhere else.
TEST_F(PullTest, C30_IdentityTokens) {
  const std::string auth = folder_ + "/auth.json";
  const auto use_token = [&](const std::string& token) {
    sys::write_file(auth, R"({"auths":{")" + host_ + R"(":{"auth":"","identitytoken":")" + token + R"("}}})");
  };
  request_.auth_file = auth;
  use_token("wrong-token");
  refused("identity", "refuses with status 401");
  use_token("refresh-marker");
  EXPECT_TRUE(pull("identity").images[0].fetched);
  for (const auto& line : log()) {
    const bool traded = line["path"].get<std::string>().starts_with("/token") && line["method"] == "POST";
    if (!traded) {
      EXPECT_THAT(dump_json(line), Not(HasSubstr("refresh-marker")));
    }
  }
  pull("realm-b");
  for (const auto& line : log())
    if (line["server"] == "B") {
      EXPECT_THAT(dump_json(line), Not(HasSubstr("refresh-marker")));
    }
  expect_b_knows_nothing(/*asked=*/true);
}

TEST_F(PullTest, C30_CredentialsNeverReachAnotherServer) {
  request_.creds = kCreds;
  pull("redirect");
  expect_b_knows_nothing(/*asked=*/true);
}

TEST_F(PullTest, C30_ARealmElsewhereGetsNoPassword) {
  request_.creds = kCreds;
  pull("realm-b");
  expect_b_knows_nothing(/*asked=*/true);
}

TEST_F(PullTest, C30_ForeignUrlsAreNotUsed) {
  request_.creds = kCreds;
  refused("foreign", "not found");
  expect_b_knows_nothing(/*asked=*/false);
}

TEST_F(PullTest, C30_CookiesAreNotKept) {
  request_.creds = kCreds;
  pull("cookie");
  for (const auto& line : log()) EXPECT_FALSE(line["headers"].contains("Cookie"));
}

TEST_F(PullTest, C30_CredentialsFromFilesAndHelpers) {
  const std::string auth = folder_ + "/auth.json";
  sys::write_file(auth, R"({"auths":{")" + host_ + R"(":{"auth":"dGVzdGVyOnMzY3JldC1tYXJrZXI="}}})");
  request_.auth_file = auth;
  EXPECT_TRUE(pull("auth").images[0].fetched);
  sys::write_file(auth, R"({"credsStore":"lichen-absent"})");
  try {
    pull("auth");
    FAIL() << "a missing helper was passed over";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("docker-credential-lichen-absent"));
  }
  sys::write_file(auth, R"({"credHelpers":{")" + host_ + R"(":"../evil"}})");
  EXPECT_THROW(pull("auth"), Error);
}

TEST_F(PullTest, BlocksAndMirrors) {
  const std::string conf = folder_ + "/registries.conf";
  request_.registries_conf = conf;
  sys::write_file(conf, "[[registry]]\nlocation='" + host_ + "'\nblocked=true\n");
  EXPECT_THROW(pull("good"), Error);
  sys::write_file(
      conf, "[[registry]]\nprefix='example.invalid'\nlocation='example.invalid'\n[[registry.mirror]]\nlocation='" +
                host_ + "'\n");
  request_.names = {"example.invalid/good:1"};
  const auto progress = make_progress(true);
  const auto result = pull_images(*paths_, request_, *progress);
  EXPECT_EQ(result.images[0].name, "example.invalid/good:1");
}

TEST_F(PullTest, SavedImagesComeBackTheSame) {
  const auto image = pull("good").images[0];
  const auto progress = make_progress(true);
  for (const char* kind : {"docker-archive", "oci-archive", "oci-dir"}) {
    SCOPED_TRACE(kind);
    request_.names = {host_ + "/good:1"};
    request_.output = folder_ + "/out-" + kind;
    request_.format = kind;
    save_images(*paths_, request_, *progress);
    wire::ImageRequest load = request_;
    load.root = folder_ + "/root-" + kind;
    load.input = request_.output;
    load.names.clear();
    const store::Paths other(load.root, load.run, "boot");
    other.make();
    const auto loaded = load_images(other, load, *progress);
    ASSERT_EQ(loaded.images.size(), 1u);
    EXPECT_EQ(loaded.images[0].id, image.id);
    EXPECT_EQ(loaded.images[0].name, image.name);
    EXPECT_EQ(store::LayerStore(other).list(), store::LayerStore(*paths_).list());
  }
}

}  // namespace
}  // namespace lichen::image
