#include "libpod/engine/container_inspect.hh"

#include <gtest/gtest.h>

#include "tests/unit/engine/test_store.hh"

namespace lichen::engine {
namespace {

TEST(ContainerInspect, WhatWasAskedForUnderDockersNames) {
  test::TestStore store;
  store.add_image("aa", {"11"}, {test::library("one")});
  store.add_container("c1", "web", [](spec::ContainerConfig& config) {
    config.image_id = test::id_of("aa");
    config.image_name = "one";
    config.entrypoint = {"/entry"};
    config.labels = {{"l", "v"}};
    config.restart = spec::RestartPolicy::on_failure;
    config.restart_max_retries = 2;
    config.cap_add = {"CAP_NET_RAW"};
    config.network.mode = "none";
    config.network.ports = {{.host_ip = "127.0.0.1", .host_port = 8080, .container_port = 80, .protocol = "tcp"}};
    config.mounts = {{.type = spec::MountType::volume, .source = "data", .destination = "/data"},
                     {.type = spec::MountType::bind, .source = "/etc", .destination = "/etc2", .read_only = true}};
    config.resources.memory_bytes = 1 << 20;
  });
  const Json out = inspect_container(store.engine, "web", false);
  EXPECT_EQ(out["Name"], "/web");
  EXPECT_EQ(out["Path"], "/entry");
  EXPECT_EQ(out["Args"].dump(), R"(["sleep","1000"])");
  EXPECT_EQ(out["Image"], "sha256:" + test::id_of("aa"));
  EXPECT_EQ(out["State"]["Status"], "created");
  EXPECT_EQ(out["State"]["StartedAt"], "0001-01-01T00:00:00Z");
  EXPECT_EQ(out["Config"]["Labels"]["l"], "v");
  EXPECT_EQ(out["Config"]["Hostname"], test::id_of("c1").substr(0, 12));
  EXPECT_EQ(out["HostConfig"]["RestartPolicy"].dump(), R"({"Name":"on-failure","MaximumRetryCount":2})");
  EXPECT_EQ(out["HostConfig"]["Binds"].dump(), R"(["data:/data:rw","/etc:/etc2:ro"])");
  EXPECT_EQ(out["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"], "8080");
  EXPECT_EQ(out["HostConfig"]["Memory"], 1 << 20);
  EXPECT_EQ(out["HostConfig"]["NetworkMode"], "none");
  EXPECT_EQ(out["Mounts"][0]["Source"], store.engine.volumes.data_path("data"));
  EXPECT_EQ(out["Mounts"][1]["RW"], false);
  EXPECT_FALSE(out.contains("SizeRw"));
  EXPECT_TRUE(inspect_container(store.engine, "web", true).contains("SizeRw"));
}

TEST(ContainerInspect, MissingContainerIsNamedWithTheNearestOne) {
  test::TestStore store;
  store.add_container("c1", "webserver");
  try {
    inspect_container(store.engine, "webserve", false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.hint(), "did you mean 'webserver'?");
  }
}

}  // namespace
}  // namespace lichen::engine
