// Which commit a reference means, from what git ls-remote prints.
#include "buildah/git_source.hh"

#include <gtest/gtest.h>

namespace lichen::buildah {
namespace {

const std::string kA(40, 'a'), kB(40, 'b'), kC(40, 'c'), kD(40, 'd');

std::string line(const std::string& id, const std::string& name) { return id + "\t" + name + "\n"; }

TEST(ChooseCommit, TheDefaultBranchByItsName) {
  const auto commit = choose_commit("ref: refs/heads/trunk\tHEAD\n" + line(kA, "HEAD"), "");
  EXPECT_EQ(commit.id, kA);
  EXPECT_EQ(commit.reference, "refs/heads/trunk");
  EXPECT_EQ(choose_commit(line(kB, "HEAD"), "").reference, "HEAD");
  EXPECT_THROW(choose_commit("", ""), Error);
  EXPECT_THROW(choose_commit(line(kA, "refs/heads/HEAD"), ""), Error);
}

TEST(ChooseCommit, AFullNameThenABranchThenATag) {
  const std::string tag = line(kA, "refs/tags/x"), branch = line(kB, "refs/heads/x"), full = line(kC, "refs/x");
  EXPECT_EQ(choose_commit(tag, "x").reference, "refs/tags/x");
  EXPECT_EQ(choose_commit(tag + branch, "x").id, kB);
  EXPECT_EQ(choose_commit(tag + branch + full, "x").id, kC);
  EXPECT_EQ(choose_commit(tag + branch, "refs/tags/x").id, kA);
  EXPECT_EQ(choose_commit(line(kD, "refs/pull/1/head"), "pull/1/head").reference, "refs/pull/1/head");
}

TEST(ChooseCommit, AnAnnotatedTagMeansItsCommit) {
  EXPECT_EQ(choose_commit(line(kA, "refs/tags/v1") + line(kB, "refs/tags/v1^{}"), "v1").id, kB);
  EXPECT_EQ(choose_commit(line(kB, "refs/tags/v1^{}") + line(kA, "refs/tags/v1"), "v1").id, kB);
}

TEST(ChooseCommit, TailsOfOtherNamesDoNotCount) {
  // ls-remote matches the end of a name.
  const std::string others = line(kA, "refs/heads/feature/main") + line(kB, "refs/remotes/fork/main");
  EXPECT_THROW(choose_commit(others, "main"), Error);
  EXPECT_EQ(choose_commit(others + line(kC, "refs/heads/main"), "main").id, kC);
}

TEST(ChooseCommit, WhatIsNoIdIsNone) {
  EXPECT_THROW(choose_commit("--upload-pack=x\trefs/heads/x\n", "x"), Error);
  EXPECT_THROW(choose_commit(line("abcdef0", "refs/heads/x"), "x"), Error);
  try {
    choose_commit("", "abcdef0");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("40"), std::string::npos);
  }
}

}  // namespace
}  // namespace lichen::buildah
