// Members of the user namespace. Other suites of this program enter it and cannot leave again: this one has to come
// first, so its file is named to be linked first.
#include "libpod/engine/userns.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/test_store.hh"
#include "tests/unit/sys/support.hh"

namespace lichen::engine {
namespace {

TEST(UsernsMembers, RegisteredForLifeAndHandedOver) {
  test::TestStore store;
  store.engine.paths.make();
  const std::string file = store.engine.paths.userns_members() + "/" + std::to_string(::getpid());
  {
    const UsernsMember member = register_member(store.engine.paths);
    EXPECT_TRUE(member);
    EXPECT_TRUE(sys::is_locked(file));
  }
  EXPECT_FALSE(sys::exists(file));
  sys::UniqueFd heir;
  {
    UsernsMember member = register_member(store.engine.paths);
    heir = sys::duplicate(member.fd());
    member.hand_over();
  }
  EXPECT_TRUE(sys::is_locked(file)) << "the heir is registered";
  heir.reset();
  EXPECT_FALSE(sys::is_locked(file));
}

TEST(UsernsMembers, MovedOnesUnregisterOnce) {
  test::TestStore store;
  store.engine.paths.make();
  UsernsMember outer;
  EXPECT_FALSE(outer);
  {
    UsernsMember inner = register_member(store.engine.paths);
    outer = std::move(inner);
  }
  EXPECT_TRUE(outer);
  EXPECT_TRUE(sys::is_locked(store.engine.paths.userns_members() + "/" + std::to_string(::getpid())));
}

// Only an ordinary user makes U0; root has the host's namespace already.
TEST(UsernsMembers, AllEnterTheSameNamespace) {
  if (::geteuid() == 0) GTEST_SKIP() << "real root needs no user namespace";
  test::TestStore store;
  store.engine.paths.make();
  sys::write_file(store.engine.paths.userns_members() + "/999999999", "");  // of a dead one
  sys::write_file(store.engine.paths.userns_members() + "/odd", "");
  sys::Pipe answers = sys::make_pipe(), gate = sys::make_pipe();
  constexpr int kMembers = 5;
  std::vector<sys::Pid> members;
  for (int i = 0; i < kMembers; ++i)
    members.push_back(sys::fork_child([&] {
      gate.write.reset();
      try {
        const UsernsMember member = enter_userns(store.engine.paths);
        const std::string name = sys::read_link("/proc/self/ns/user").value_or("?") + "\n";
        if (::geteuid() != 0 || ::write(answers.write.get(), name.data(), name.size()) < 0) return 1;
        char byte = 0;
        [[maybe_unused]] const auto count = ::read(gate.read.get(), &byte, 1);  // live until all have answered
        return 0;
      } catch (const Error& error) {
        const std::string text = std::string(error.what()) + "\n";
        return ::write(answers.write.get(), text.data(), text.size()) > 0 && error.kind() == ErrorKind::unsupported ? 77
                                                                                                                    : 1;
      }
    }));
  answers.write.reset();
  std::string text;
  while (std::count(text.begin(), text.end(), '\n') < kMembers) {
    char buffer[512];
    const ssize_t count = ::read(answers.read.get(), buffer, sizeof buffer);
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  gate.write.reset();
  for (auto& member : members) {
    const int code = member.wait().code;
    if (code == 77) GTEST_SKIP() << "user namespaces are forbidden here: " << text;
    EXPECT_EQ(code, 0) << text;
  }
  const std::string first = text.substr(0, text.find('\n') + 1);
  std::string expected;
  for (int i = 0; i < kMembers; ++i) expected += first;
  EXPECT_EQ(text, expected) << "one namespace for all";
  EXPECT_NE(first, sys::read_link("/proc/self/ns/user").value_or("") + "\n") << "and not the host's";
  EXPECT_FALSE(sys::exists(store.engine.paths.userns_members() + "/999999999"));
}

TEST(UsernsMembers, ThePlanMapsUsToRootFirst) {
  const MapPlan plan = plan_maps();
  ASSERT_FALSE(plan.maps.uids.empty());
  EXPECT_EQ(plan.maps.uids[0].inside, 0U);
  EXPECT_EQ(plan.maps.uids[0].outside, ::getuid());
  EXPECT_EQ(plan.maps.uids[0].count, 1U);
  EXPECT_TRUE(plan.single_id_reason.empty() || plan.maps.single_id());
}

}  // namespace
}  // namespace lichen::engine
