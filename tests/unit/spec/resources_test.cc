#include "libpod/spec/resources.hh"

#include "libpod/base/json.hh"
#include "libpod/spec/devices.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

const std::set<std::string> kAllControllers{"memory", "cpu", "cpuset", "pids", "io"};

TEST(Ulimit, Option) {
  const std::pair<const char*, const char*> rows[] = {
      {"nofile=1024", "nofile=1024:1024"},
      {"nofile=1024:2048", "nofile=1024:2048"},
      {"NOFILE=1:2", "nofile=1:2"},
      {"nofile=-1", "nofile=-1:-1"},
      {"core=0:-1", "core=0:-1"},
      {"memlock=unlimited:unlimited", "memlock=-1:-1"},
      {"cpu=5", "cpu=5:5"},
  };
  for (const auto& [text, expected] : rows) {
    const std::string printed = format_ulimit_option(parse_ulimit_option(text));
    EXPECT_EQ(printed, expected);
    EXPECT_EQ(format_ulimit_option(parse_ulimit_option(printed)), printed);
  }
  EXPECT_EQ(rlimit_type("nofile"), "RLIMIT_NOFILE");
  EXPECT_THROW(rlimit_type("NOFILE"), Error);
}

TEST(Ulimit, Errors) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "no limit given"},
      {"nofile", "no limit given"},
      {"nofile=", "no limit given"},
      {"nofiles=1", "did you mean 'nofile'?"},
      {"=1", "no limit is called ''"},
      {"nofile=a", "'a' is not a limit"},
      {"nofile=1:", "'' is not a limit"},
      {"nofile=-2", "'-2' is not a limit"},
      {"nofile=1k", "'1k' is not a limit"},
      {"nofile=2:1", "soft limit is above"},
      {"nofile=-1:5", "soft limit is above"},
      {"nofile=9223372036854775808", "is not a limit"},
      {"nofile=1:2:3", "'2:3' is not a limit"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_ulimit_option(t); }, text);
}

TEST(Resources, Numbers) {
  EXPECT_EQ(parse_size_option("512m", "--memory"), 512 << 20);
  EXPECT_EQ(parse_size_or_unlimited("-1", "--memory-swap"), -1);
  EXPECT_EQ(parse_cpus_option("1.5"), 1'500'000'000);
  EXPECT_EQ(parse_cpuset_option("0-3,5", "--cpuset-cpus"), "0-3,5");
  EXPECT_EQ(parse_cpuset_option("", "--cpuset-cpus"), "");
  expect_error(ErrorKind::usage, "--memory 'x'", [] { parse_size_option("x", "--memory"); });
  expect_error(ErrorKind::usage, "not a size", [] { parse_size_option("-1", "--memory"); });
  expect_error(ErrorKind::usage, "not a number of CPUs", [] { parse_cpus_option("-1"); });
  for (const char* text : {"a", "3-0", "0,", "-", "1-", "9999"})
    expect_error(
        ErrorKind::usage, "--cpuset-mems", [&] { parse_cpuset_option(text, "--cpuset-mems"); }, text);
}

ResourceConfig config(void (*change)(ResourceConfig&)) {
  ResourceConfig resources;
  change(resources);
  return resources;
}

TEST(Resources, Checks) {
  using R = ResourceConfig;
  const std::pair<void (*)(R&), const char*> wrong[] = {
      {[](R& r) { r.memory_bytes = (6 << 20) - 1; }, "minimum of 6 MB"},
      {[](R& r) { r.memory_swap_bytes = 64 << 20; }, "needs --memory"},
      {[](R& r) { r.memory_bytes = 64 << 20, r.memory_swap_bytes = 63 << 20; }, "less than --memory"},
      {[](R& r) { r.memory_reservation_bytes = 1 << 20; }, "--memory-reservation"},
      {[](R& r) { r.memory_bytes = 64 << 20, r.memory_reservation_bytes = 65 << 20; }, "more than --memory"},
      {[](R& r) { r.nano_cpus = 1'000'000'000, r.cpu_quota_us = 5000; }, "--cpus: cannot be used together"},
      {[](R& r) { r.nano_cpus = 1'000'000'000, r.cpu_period_us = 5000; }, "--cpus: cannot be used together"},
      {[](R& r) { r.cpu_period_us = 999; }, "--cpu-period '999'"},
      {[](R& r) { r.cpu_period_us = 1'000'001; }, "--cpu-period"},
      {[](R& r) { r.cpu_quota_us = 999; }, "--cpu-quota '999'"},
      {[](R& r) { r.nano_cpus = 1; }, "less than 0.01"},
      {[](R& r) { r.cpu_shares = -1; }, "--cpu-shares '-1'"},
      {[](R& r) { r.blkio_weight = 9; }, "--blkio-weight '9'"},
      {[](R& r) { r.blkio_weight = 1001; }, "--blkio-weight"},
      {[](R& r) { r.pids_limit = -2; }, "--pids-limit '-2'"},
  };
  for (const auto& [change, expected] : wrong)
    expect_error(
        ErrorKind::usage, expected, [&, c = change] { check_resources(config(c)); }, expected);
  void (*right[])(R&) = {
      [](R&) {},
      [](R& r) { r.memory_bytes = 6 << 20, r.memory_swap_bytes = 6 << 20, r.memory_reservation_bytes = 6 << 20; },
      [](R& r) { r.memory_bytes = 6 << 20, r.memory_swap_bytes = -1; },
      [](R& r) { r.memory_swap_bytes = -1; },
      [](R& r) { r.cpu_period_us = 1000, r.cpu_quota_us = 1000; },
      [](R& r) { r.cpu_quota_us = -1; },
      [](R& r) { r.blkio_weight = 0, r.pids_limit = -1; },
  };
  for (const auto change : right) EXPECT_NO_THROW(check_resources(config(change)));
}

TEST(Resources, Oci) {
  ResourceConfig r;
  EXPECT_EQ(dump_json(to_json(to_oci_resources(r, kAllControllers))), "{}");
  r.memory_bytes = 64 << 20;
  r.nano_cpus = 1'500'000'000;
  r.cpuset_cpus = "0-1";
  r.pids_limit = 100;
  r.blkio_weight = 500;
  EXPECT_EQ(dump_json(to_json(to_oci_resources(r, kAllControllers))),
            R"({"memory":{"limit":67108864,"swap":134217728},"cpu":{"quota":150000,"period":100000,"cpus":"0-1"},)"
            R"("pids":{"limit":100},"blockIO":{"weight":500}})");
  EXPECT_EQ(dump_json(to_json(to_oci_resources(r, {"pids"}))), R"({"pids":{"limit":100}})");
  EXPECT_EQ(dump_json(to_json(to_oci_resources(r, {}))), "{}");
  r.pids_limit = 0;
  EXPECT_EQ(to_oci_resources(r, kAllControllers).pids_limit, -1);
}

TEST(Resources, Unenforceable) {
  ResourceConfig r;
  EXPECT_TRUE(unenforceable_limits(r, {}).empty());
  r.memory_bytes = 64 << 20;
  r.pids_limit = 5;
  EXPECT_TRUE(unenforceable_limits(r, kAllControllers).empty());
  EXPECT_EQ(unenforceable_limits(r, {"pids"}), std::vector<std::string>{"--memory"});
  EXPECT_EQ(unenforceable_limits(r, {}), (std::vector<std::string>{"--memory", "--pids-limit"}));
}

TEST(Devices, Option) {
  const std::pair<const char*, const char*> rows[] = {
      {"/dev/fuse", "/dev/fuse:/dev/fuse:rwm"},       {"/dev/fuse:r", "/dev/fuse:/dev/fuse:r"},
      {"/dev/a:/dev/b", "/dev/a:/dev/b:rwm"},         {"/dev/a:/dev/b:rw", "/dev/a:/dev/b:rw"},
      {"/dev//a/../b:/dev/./c", "/dev/b:/dev/c:rwm"},
  };
  for (const auto& [text, expected] : rows) {
    const std::string printed = format_device_option(parse_device_option(text));
    EXPECT_EQ(printed, expected);
    EXPECT_EQ(format_device_option(parse_device_option(printed)), printed);
  }
}

TEST(Devices, Errors) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "'' is not an absolute path"},         {"dev/a", "is not an absolute path"},
      {"/dev/a:dev/b", "neither an absolute"},    {"/dev/a:/dev/b:x", "are no permissions"},
      {"/dev/a:/dev/b:rr", "are no permissions"}, {"/dev/a:/dev/b:", "are no permissions"},
      {"/dev/a:", "neither an absolute"},         {"/a:/b:r:w", "more than three parts"},
      {"/dev/a:/", "root cannot be a device"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_device_option(t); }, text);
}

TEST(Devices, CgroupRule) {
  for (const char* text : {"c 1:3 mr", "b *:* rwm", "a *:3 w", "c 10:229 r"}) EXPECT_EQ(parse_device_rule(text), text);
  for (const char* text : {"", "c", "c 1:3", "d 1:3 r", "cc 1:3 r", "c 1 r", "c 1:3:4 r", "c -1:3 r", "c 1:x r",
                           "c 1:3 x", "c 1:3 rr", "c 1:3 rwmr", "c  1:3 r", " c 1:3 r", "c 1:3 r ", "c\n1:3 r"})
    expect_error(
        ErrorKind::usage, "not a rule", [&] { parse_device_rule(text); }, text);
}

}  // namespace
}  // namespace lichen::spec
