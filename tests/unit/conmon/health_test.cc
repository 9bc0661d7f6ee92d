#include <gtest/gtest.h>

#include "conmon/health_state.hh"
#include "conmon/journal_writer.hh"
#include "conmon/notify.hh"
#include "libpod/wire/health_log.hh"

namespace lichen::conmon {
namespace {

using std::chrono::milliseconds;

HealthPlan plan() {
  return {.interval = milliseconds(300),
          .start_interval = milliseconds(50),
          .start_period = milliseconds(1000),
          .retries = 2};
}

TEST(HealthState, FailuresInTheStartPeriodAreNotCounted) {
  HealthState state(plan());
  state.begin();
  EXPECT_EQ(state.until_next(milliseconds(0)), milliseconds(50));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(state.take(1, milliseconds(999)));
  EXPECT_EQ(state.status(), HealthStatus::starting);
  EXPECT_EQ(state.failing_streak(), 0);
  EXPECT_EQ(state.until_next(milliseconds(1000)), milliseconds(300));
  EXPECT_FALSE(state.take(1, milliseconds(1000)));
  EXPECT_TRUE(state.take(-1, milliseconds(1300)));
  EXPECT_EQ(state.status(), HealthStatus::unhealthy);
}

TEST(HealthState, OneSuccessEndsTheStartPeriod) {
  HealthState state(plan());
  state.begin();
  EXPECT_TRUE(state.take(0, milliseconds(10)));
  EXPECT_EQ(state.status(), HealthStatus::healthy);
  EXPECT_EQ(state.until_next(milliseconds(20)), milliseconds(300)) << "no longer starting";
  EXPECT_FALSE(state.take(3, milliseconds(20)));
  EXPECT_EQ(state.failing_streak(), 1);
  EXPECT_FALSE(state.take(0, milliseconds(30))) << "healthy all the time";
  EXPECT_EQ(state.failing_streak(), 0);
  EXPECT_FALSE(state.take(1, milliseconds(40)));
  EXPECT_TRUE(state.take(1, milliseconds(50)));
  EXPECT_FALSE(state.take(1, milliseconds(60)));
  EXPECT_EQ(state.failing_streak(), 3);
  EXPECT_TRUE(state.take(0, milliseconds(70)));
  state.begin();
  EXPECT_EQ(state.status(), HealthStatus::starting);
}

TEST(HealthState, TheStartupCheckComesFirst) {
  HealthPlan with = plan();
  with.has_startup = true;
  with.startup = {.interval = milliseconds(70), .retries = 3, .successes = 2};
  HealthState state(with);
  state.begin();
  EXPECT_TRUE(state.in_startup());
  EXPECT_EQ(state.until_next(milliseconds(0)), milliseconds(70)) << "in the start period too";
  for (const int code : {1, 1, 0, 1, 1}) EXPECT_FALSE(state.take(code, milliseconds(2000)));
  EXPECT_FALSE(state.startup_failed()) << "a success in between begins the count anew";
  EXPECT_EQ(state.failing_streak(), 0);
  EXPECT_FALSE(state.take(0, milliseconds(2000)));
  EXPECT_TRUE(state.in_startup()) << "two in a row are asked for";
  EXPECT_FALSE(state.take(0, milliseconds(2000))) << "it is still starting";
  EXPECT_FALSE(state.in_startup());
  EXPECT_EQ(state.status(), HealthStatus::starting);
  EXPECT_EQ(state.until_next(milliseconds(2000)), milliseconds(0)) << "the first check is due";
  EXPECT_TRUE(state.take(0, milliseconds(2000)));
  EXPECT_EQ(state.until_next(milliseconds(2000)), milliseconds(300));
  state.begin();
  EXPECT_TRUE(state.in_startup());
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(state.take(1, milliseconds(10)));
  EXPECT_TRUE(state.startup_failed());
}

TEST(HealthState, AStartupCheckWithoutRetriesIsTriedForEver) {
  HealthPlan with = plan();
  with.has_startup = true;
  HealthState state(with);
  state.begin();
  for (int i = 0; i < 1000; ++i) state.take(1, milliseconds(0));
  EXPECT_FALSE(state.startup_failed());
  state.take(0, milliseconds(0));
  EXPECT_FALSE(state.in_startup());
}

TEST(Notify, OnlyWordsAboutItselfPass) {
  EXPECT_EQ(allowed_notification("READY=1"), "READY=1\n");
  EXPECT_EQ(allowed_notification("READY=1\nMAINPID=1\nFDSTORE=1\nSTATUS=a=b\nBARRIER=1\nREADY=10\nNOTIFYACCESS=all\n"),
            "READY=1\nSTATUS=a=b\n");
  EXPECT_EQ(allowed_notification(""), "");
}

TEST(Journal, FieldsWithNewlinesCarryTheirLength) {
  std::string out;
  append_journal_field(out, "MESSAGE", "one line");
  append_journal_field(out, "MESSAGE", "two\nlines\nMAINPID=1");
  EXPECT_EQ(out, std::string("MESSAGE=one line\nMESSAGE\n\x13\0\0\0\0\0\0\0two\nlines\nMAINPID=1\n", 53));
}

TEST(HealthLog, ComesBackAsWritten) {
  wire::HealthLog log;
  log.failing_streak = 7;
  log.results = {{"2026-11-21T10:00:00Z", "2026-11-21T10:00:01Z", -1, "say \"no\"\n\x1b[1m"}, {"a", "b", 0, ""}};
  const auto back = wire::health_log_from_json(parse_json(wire::health_log_text(log), "log"), "log");
  EXPECT_EQ(back.failing_streak, 7);
  ASSERT_EQ(back.results.size(), 2U);
  EXPECT_EQ(back.results[0].output, log.results[0].output);
  EXPECT_EQ(back.results[0].exit_code, -1);
  EXPECT_EQ(back.results[1].end, "b");
  wire::HealthLog broken;
  broken.results = {{"", "", 1, "\xff\xfe"}};
  EXPECT_EQ(wire::health_log_from_json(parse_json(wire::health_log_text(broken), "log"), "log").results[0].output,
            "\xef\xbf\xbd\xef\xbf\xbd")
      << "what is no UTF-8 does not make the file unreadable";
}

}  // namespace
}  // namespace lichen::conmon
