#include "libpod/wire/container_state.hh"

#include <gtest/gtest.h>

#include "tests/unit/spec/expect_error.hh"

namespace lichen::wire {
namespace {

using spec::expect_error;

ContainerState full() {
  return {.status = ContainerStatus::paused,
          .pid = 4242,
          .pid_start = 987654321,
          .monitor_pid = 4241,
          .exit_code = 137,
          .oom_killed = true,
          .error = "a \"quote\", a \\ and\na line \x01 \xC3\xBC",
          .started_at = "2026-01-01T00:00:00Z",
          .finished_at = "2026-01-02T00:00:00Z",
          .restart_count = 3,
          .stopped_by_user = true,
          .boot_id = "b-1",
          .ports = {"0.0.0.0:8080:80/tcp", "[::]:53:53/udp"}};
}

void expect_same(const ContainerState& a, const ContainerState& b) {
  EXPECT_EQ(dump_json(to_json(a)), dump_json(to_json(b)));
}

TEST(ContainerStateTest, WhatAStatusMeans) {
  using enum ContainerStatus;
  for (const auto status : {running, paused}) EXPECT_TRUE(has_process(status) && is_active(status));
  EXPECT_TRUE(is_active(restarting) && !has_process(restarting));
  for (const auto status : {created, removing, exited}) EXPECT_FALSE(has_process(status) || is_active(status));
}

TEST(ContainerStateTest, GoesRound) {
  for (const auto& state : {ContainerState{}, full()}) {
    const Json json = to_json(state);
    expect_same(container_state_from_json(json, "x"), state);
  }
  const auto back = container_state_from_json(to_json(full()), "x");
  EXPECT_EQ(back.status, ContainerStatus::paused);
  EXPECT_EQ(back.pid_start, 987654321U);
  EXPECT_EQ(back.error, full().error);
  EXPECT_EQ(back.ports, full().ports);
  EXPECT_TRUE(back.oom_killed);
  EXPECT_TRUE(back.stopped_by_user);
}

TEST(ContainerStateTest, TheMonitorsTextIsTheSameDocument) {
  for (auto state : {ContainerState{}, full()}) {
    for (const auto status : {ContainerStatus::created, ContainerStatus::running, ContainerStatus::paused,
                              ContainerStatus::restarting, ContainerStatus::removing, ContainerStatus::exited}) {
      state.status = status;
      const Json parsed = parse_json(state_text(state), "text");
      EXPECT_EQ(dump_json(parsed), dump_json(to_json(state)));
      expect_same(container_state_from_json(parsed, "x"), state);
    }
  }
}

TEST(ContainerStateTest, BrokenTextStaysJson) {
  ContainerState state;
  state.error = "bad \xff byte and \x7f and \x1b[0m";
  EXPECT_NO_THROW(parse_json(state_text(state), "text"));
  EXPECT_NO_THROW(parse_json(dump_json(to_json(state)), "text"));
}

TEST(ContainerStateTest, DamagedRecordsNameTheMember) {
  const auto read = [](const char* text) {
    return [text] { container_state_from_json(parse_json(text, "state.json"), "state.json"); };
  };
  expect_error(ErrorKind::invalid, "state.json: format version 2 is not known",
               read(R"({"version":2,"status":"created"})"));
  expect_error(ErrorKind::invalid, "format version 0", read("{}"));
  expect_error(ErrorKind::invalid, "state.json: unknown status", read(R"({"version":1,"status":"dead"})"));
  expect_error(ErrorKind::invalid, "unknown status", read(R"({"version":1})"));
  expect_error(ErrorKind::invalid, "state.json: pid must be a whole number",
               read(R"({"version":1,"status":"created","pid":"x"})"));
  expect_error(ErrorKind::invalid, "state.json: ports[0] must be a string",
               read(R"({"version":1,"status":"created","ports":[1]})"));
  expect_error(ErrorKind::invalid, "must be an object", read("[]"));
}

TEST(ContainerStateTest, OldRecordsWithoutNewMembersAreRead) {
  const auto state = container_state_from_json(parse_json(R"({"version":1,"status":"exited","unknown":{}})", "x"), "x");
  EXPECT_EQ(state.status, ContainerStatus::exited);
  EXPECT_EQ(state.restart_count, 0);
}

}  // namespace
}  // namespace lichen::wire
