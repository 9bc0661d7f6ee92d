// Golden of places in the network: a line each of the input is a word as ADD or the command line has it ("context " in
// front: of a context), and comes out as its parts, or as the refusal.
#include "buildah/language/remote.hh"

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/strings.hh"
#include "tests/unit/language/cases.hh"

namespace lichen::language::test {
namespace {

Json dump(const UrlPlace& place) {
  Json json{{"url", place.url}, {"host", place.host}, {"name", place.name}};
  if (!place.credentials.empty()) json["credentials"] = place.credentials;
  return json;
}

Json dump(const GitPlace& place) {
  Json json{{"git", place.url}, {"host", place.host}};
  if (!place.credentials.empty()) json["credentials"] = place.credentials;
  if (!place.ref.empty()) json["ref"] = place.ref;
  if (!place.directory.empty()) json["directory"] = place.directory;
  if (!place.checksum.empty()) json["checksum"] = place.checksum;
  if (place.keeps_git_dir) json["keep-git-dir"] = *place.keeps_git_dir;
  if (place.takes_submodules) json["submodules"] = *place.takes_submodules;
  return json;
}

std::string shown(const std::string& line) {
  const bool is_context = line.starts_with("context ");
  try {
    const auto place =
        parse_remote(is_context ? line.substr(8) : line, is_context ? RemoteUse::context : RemoteUse::add);
    if (!place) return "a path";
    return std::visit([](const auto& each) { return dump_json(dump(each)); }, *place);
  } catch (const Error& error) {
    return format("{}: {}", to_string(error.kind()), error.what());
  }
}

std::string all_shown(const std::string& text) {
  std::string out;
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) out += shown(line) + "\n";
  return out;
}

TEST(RemoteGolden, Forms) { check_cases("remote", all_shown); }

TEST(Remote, ControlCharactersAreRefused) {
  for (const auto& text : std::vector<std::string>{"https://host/a\nb", "https://host/x.git#a\x01",
                                                   "git@host:x.git#a\tb", "git@host:x\ny.git"})
    EXPECT_THROW(parse_remote(text, RemoteUse::add), Error) << text;
  EXPECT_THROW(parse_remote("https://host/x.git#a%0ab", RemoteUse::add), Error);
}

TEST(Remote, CredentialsAreNotShown) {
  EXPECT_EQ(without_credentials("ADD https://user:p%40ss@host/a http://token@h:80/b /d"),
            "ADD https://xxxxx@host/a http://xxxxx@h:80/b /d");
  EXPECT_EQ(without_credentials("see https://host/a@b and git@host:x.git and ssh://git@host/x"),
            "see https://host/a@b and git@host:x.git and ssh://git@host/x");
  EXPECT_EQ(without_credentials("ssh://git:secret@host/x"), "ssh://xxxxx@host/x");
  try {
    parse_remote("https://user:secret@host/x.git?nothing=1", RemoteUse::add);
    FAIL() << "an unknown key was taken";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
  }
}

TEST(Remote, ChecksumsOfCommits) {
  EXPECT_EQ(parse_commit_checksum("ABCDEF0"), "abcdef0");
  for (const char* text : {"", "abcdef", "sha256:abcdef0", "--upload-pack=x", "abcdefg"})
    EXPECT_THROW(parse_commit_checksum(text), Error) << text;
}

TEST(Remote, ChecksumsOfFiles) {
  EXPECT_TRUE(is_content_checksum("sha256:" + std::string(64, 'a')));
  EXPECT_TRUE(is_content_checksum("sha384:" + std::string(96, '0')));
  EXPECT_TRUE(is_content_checksum("sha512:" + std::string(128, '9')));
  for (const auto& text : std::vector<std::string>{std::string(64, 'a'), "sha256:" + std::string(63, 'a'),
                                                   "sha256:" + std::string(64, 'A'), "md5:" + std::string(32, 'a'),
                                                   std::string("sha256:")})
    EXPECT_FALSE(is_content_checksum(text)) << text;
}

}  // namespace
}  // namespace lichen::language::test
