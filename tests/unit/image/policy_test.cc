#include "libpod/image/policy.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"

namespace lichen::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kAccept = R"([{"type": "insecureAcceptAnything"}])";
constexpr const char* kReject = R"([{"type": "reject"}])";

Policy policy(const std::string& fallback, const std::string& transports) {
  return Policy::parse("{\"default\": " + fallback + ", \"transports\": {" + transports + "}}", "policy.json");
}

std::string refusal(const Policy& rules, const PolicySubject& subject) {
  try {
    rules.require(subject);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PolicyScopes, TheMostSpecificFirst) {
  EXPECT_THAT(policy_scopes({"docker", "r.example.org/team/app:1"}),
              ElementsAre("r.example.org/team/app:1", "r.example.org/team/app", "r.example.org/team", "r.example.org",
                          "*.example.org", "*.org", ""));
  EXPECT_THAT(policy_scopes({"docker", "localhost:5000/app@sha256:00"}),
              ElementsAre("localhost:5000/app@sha256:00", "localhost:5000/app", "localhost:5000", ""));
  EXPECT_THAT(policy_scopes({"oci", "/srv/images/app"}), ElementsAre("/srv/images/app", "/srv/images", "/srv", ""));
  EXPECT_THAT(policy_scopes({"docker-archive", ""}), ElementsAre(""));
}

TEST(Policy, WithoutAFileEverythingIsAccepted) {
  EXPECT_EQ(refusal(Policy(), {"docker", "docker.io/library/x:1"}), "");
}

TEST(Policy, OneScopeCounts) {
  const auto rules = policy(kReject, std::string(R"("docker": {"r.org": )") + kAccept + R"(, "r.org/bad": )" + kReject +
                                         R"(, "r.org/bad/good:1": )" + kAccept + "}");
  EXPECT_EQ(refusal(rules, {"docker", "r.org/app:1"}), "");
  EXPECT_THAT(refusal(rules, {"docker", "r.org/bad/app:1"}), HasSubstr("rejected"));
  EXPECT_THAT(refusal(rules, {"docker", "r.org/badly:1"}), testing::IsEmpty()) << "a part of a name is no scope";
  EXPECT_EQ(refusal(rules, {"docker", "r.org/bad/good:1"}), "");
  EXPECT_THAT(refusal(rules, {"docker", "r.org/bad/good:2"}), HasSubstr("rejected"));
  EXPECT_THAT(refusal(rules, {"docker", "s.org/app:1"}), HasSubstr("rejected")) << "the default";
  EXPECT_THAT(refusal(rules, {"oci", "/srv"}), HasSubstr("rejected"));
}

TEST(Policy, TheEmptyScopeIsForTheRestOfATransport) {
  const auto rules = policy(kReject, std::string(R"("docker-archive": {"": )") + kAccept + "}");
  EXPECT_EQ(refusal(rules, {"docker-archive", ""}), "");
  EXPECT_NE(refusal(rules, {"containers-storage", ""}), "");
}

TEST(Policy, AllRequirementsMustHoldAndSignaturesDoNot) {
  const auto both = policy(R"([{"type": "insecureAcceptAnything"}, {"type": "reject"}])", "");
  EXPECT_NE(refusal(both, {"docker", "a.org/x:1"}), "");
  for (const char* type : {"signedBy", "sigstoreSigned"}) {
    const auto rules = policy(std::string("[{\"type\": \"") + type + "\", \"keyType\": \"GPGKeys\"}]", "");
    EXPECT_THAT(refusal(rules, {"docker", "a.org/x:1"}), HasSubstr(std::string("must be signed (") + type));
  }
}

TEST(Policy, WhatIsNotAPolicyIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"default": []})", R"({"default": [{"type": "acceptAll"}]})",
        R"({"default": {"type": "reject"}})", R"({"default": [{"type": "reject"}], "other": 1})",
        R"({"default": [{"type": "reject"}], "transports": {"docker": {"x": []}}})",
        R"({"default": [{"type": "reject"}], "default": [{"type": "insecureAcceptAnything"}]})",
        R"({"default": [{"type": "reject"}], "transports": {"containers-storage": {"x": [{"type": "reject"}]}}})"})
    EXPECT_THROW(Policy::parse(text, "policy.json"), Error) << text;
}

}  // namespace
}  // namespace lichen::image
