#include "libpod/spec/resource_update.hh"

#include "libpod/base/json.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

const std::set<std::string> kAll{"memory", "cpu", "cpuset", "pids", "io"};

std::string told(const ResourceConfig& before, const ResourceConfig& after,
                 const std::set<std::string>& controllers = kAll) {
  return dump_json(to_json(resource_changes(before, after, controllers)));
}

TEST(ResourceUpdate, TakesWhatIsGiven) {
  const ResourceConfig now{.memory_bytes = 64 << 20, .cpu_shares = 512, .cpuset_cpus = "0-1", .pids_limit = 5};
  const auto after = update_resources(now, {.memory_bytes = 32 << 20, .cpuset_mems = "0"});
  EXPECT_EQ(after.memory_bytes, 32 << 20);
  EXPECT_EQ(after.cpu_shares, 512);
  EXPECT_EQ(after.cpuset_cpus, "0-1");
  EXPECT_EQ(after.cpuset_mems, "0");
  EXPECT_EQ(after.pids_limit, 5);
  EXPECT_EQ(update_resources(now, {}), now);
}

TEST(ResourceUpdate, ZeroLifts) {
  const ResourceConfig now{.memory_bytes = 64 << 20,
                           .memory_reservation_bytes = 16 << 20,
                           .memory_swap_bytes = 128 << 20,
                           .nano_cpus = 1'000'000'000,
                           .cpu_shares = 512,
                           .pids_limit = 5,
                           .blkio_weight = 50};
  const auto after = update_resources(now, {.memory_bytes = 0,
                                            .memory_reservation_bytes = 0,
                                            .nano_cpus = 0,
                                            .cpu_shares = 0,
                                            .pids_limit = 0,
                                            .blkio_weight = 0});
  EXPECT_EQ(after, ResourceConfig{.pids_limit = -1});
  EXPECT_EQ(told(now, after), R"({"memory":{"limit":-1,"reservation":0,"swap":-1},"cpu":{"quota":-1,"period":100000},)"
                              R"("pids":{"limit":-1},"unified":{"cpu.weight":"100","io.weight":"default 100"}})");
  EXPECT_EQ(told(now, after, {"pids"}), R"({"pids":{"limit":-1}})");
  EXPECT_FALSE(has_changes(resource_changes(now, after, {})));
}

TEST(ResourceUpdate, MemoryAndItsSwapGoTogether) {
  const ResourceConfig plain{.memory_bytes = 64 << 20};
  EXPECT_EQ(told(plain, update_resources(plain, {.memory_bytes = 128 << 20})),
            R"({"memory":{"limit":134217728,"swap":268435456}})");
  const ResourceConfig with_swap{.memory_bytes = 64 << 20, .memory_swap_bytes = 96 << 20};
  EXPECT_EQ(told(with_swap, update_resources(with_swap, {.memory_swap_bytes = -1})),
            R"({"memory":{"limit":67108864,"swap":-1}})");
  expect_error(ErrorKind::usage, "less than --memory",
               [&] { update_resources(with_swap, {.memory_bytes = 128 << 20}); });
  expect_error(ErrorKind::usage, "needs --memory", [] { update_resources({}, {.memory_swap_bytes = 64 << 20}); });
}

TEST(ResourceUpdate, TwoWaysOfSayingCpuTime) {
  const ResourceConfig quota{.cpu_period_us = 50'000, .cpu_quota_us = 20'000};
  const auto cpus = update_resources(quota, {.nano_cpus = 500'000'000});
  EXPECT_EQ(cpus, ResourceConfig{.nano_cpus = 500'000'000});
  EXPECT_EQ(update_resources(cpus, {.cpu_quota_us = 20'000}), ResourceConfig{.cpu_quota_us = 20'000});
  expect_error(ErrorKind::usage, "cannot be used together",
               [] { update_resources({}, {.nano_cpus = 1'000'000'000, .cpu_quota_us = 20'000}); });
}

}  // namespace
}  // namespace lichen::spec
