#include "libpod/engine/container_list.hh"

#include <gtest/gtest.h>

#include "tests/unit/engine/test_store.hh"

namespace lichen::engine {
namespace {

using wire::ContainerStatus;

class ContainerList : public ::testing::Test {
 protected:
  ContainerList() {
    store.add_image("aa", {"11"}, {test::library("base")});
    store.add_image("ab", {"11", "12"}, {test::library("child")});
    store.add_container("c1", "oldest", [](spec::ContainerConfig& config) {
      config.created = "2026-01-01T00:00:00.000000001Z";
      config.labels = {{"tier", "back"}};
      config.mounts = {{.type = spec::MountType::volume, .source = "data", .destination = "/var/data"}};
      config.image_id = test::id_of("ab");
      config.image_name = "child";
      config.network.mode = "host";
    });
    wire::ContainerState failed;
    failed.status = ContainerStatus::exited;
    failed.exit_code = 3;
    failed.started_at = "2026-01-01T00:00:01Z";
    failed.finished_at = "2026-01-01T00:00:02Z";
    store.add_container(
        "c2", "failed",
        [](spec::ContainerConfig& config) {
          config.created = "2026-01-01T00:00:00.000000002Z";
          config.labels = {{"tier", "front"}, {"x", ""}};
          config.network.mode = "none";
          config.network.ports = {{.host_ip = "", .host_port = 8080, .container_port = 80, .protocol = "tcp"}};
        },
        failed);
    store.add_container("c3", "newest", [](spec::ContainerConfig& config) {
      config.created = "2026-01-01T00:00:00.000000003Z";
      config.network.mode = "host";
    });
  }

  std::string names(std::vector<std::string> filters, std::int64_t last = -1, bool all = true,
                    const std::string& sort = "") {
    ContainerListRequest request;
    request.all = all;
    request.last = last;
    request.filters = std::move(filters);
    request.sort = sort;
    std::string out;
    for (const auto& container : list_containers(store.engine, request, store.remember_damaged()))
      out += (out.empty() ? "" : " ") + container.config.name;
    return out;
  }
  test::TestStore store;
};

TEST_F(ContainerList, NewestFirstAndOnlyActiveOnesByDefault) {
  EXPECT_EQ(names({}), "newest failed oldest");
  EXPECT_EQ(names({}, -1, false), "");
  EXPECT_EQ(names({}, 1, false), "newest");
  EXPECT_EQ(names({}, 2, false), "newest failed");
  EXPECT_EQ(names({}, -1, true, "names"), "failed newest oldest");
}

TEST_F(ContainerList, EachFilterChooses) {
  EXPECT_EQ(names({"status=exited"}, -1, false), "failed");
  EXPECT_EQ(names({"status=exited", "status=created"}, -1, false), "newest failed oldest");
  EXPECT_EQ(names({"exited=3"}, -1, false), "failed");
  EXPECT_EQ(names({"exited=0"}, -1, false), "");
  EXPECT_EQ(names({"label=tier"}), "failed oldest");
  EXPECT_EQ(names({"label=tier=back"}), "oldest");
  EXPECT_EQ(names({"label=tier", "label=x"}), "failed");
  EXPECT_EQ(names({"label!=tier=back"}), "newest failed");
  EXPECT_EQ(names({"name=est"}), "newest oldest");
  EXPECT_EQ(names({"name=^old"}), "oldest");
  EXPECT_EQ(names({"id=c2"}), "failed");
  EXPECT_EQ(names({"before=failed"}), "oldest");
  EXPECT_EQ(names({"since=failed"}), "newest");
  EXPECT_EQ(names({"volume=data"}), "oldest");
  EXPECT_EQ(names({"volume=/var/data"}), "oldest");
  EXPECT_EQ(names({"network=none"}), "failed");
  EXPECT_EQ(names({"publish=80/tcp"}), "failed");
  EXPECT_EQ(names({"publish=70-90"}), "failed");
  EXPECT_EQ(names({"publish=80/udp"}), "");
  EXPECT_EQ(names({"ancestor=child"}), "oldest");
  EXPECT_EQ(names({"ancestor=base"}), "oldest") << "child is made of base";
  EXPECT_EQ(names({"health=none"}), "newest failed oldest");
  EXPECT_EQ(names({"is-task=false"}), "newest failed oldest");
}

TEST_F(ContainerList, UnknownFiltersAndValuesAreNamed) {
  try {
    names({"nmae=x"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("known filters are ancestor"), std::string::npos);
    EXPECT_EQ(error.hint(), "did you mean 'name'?");
  }
  EXPECT_THROW(names({"status=flying"}), Error);
  EXPECT_THROW(names({"exited=x"}), Error);
  EXPECT_THROW(names({"before=nobody"}), Error);
  EXPECT_THROW(names({"name"}), Error);
  EXPECT_THROW(names({"name=("}), Error);
}

TEST_F(ContainerList, DamagedRecordIsReportedAndTheOthersAreShown) {
  const std::string id = store.add_container("c4", "broken");
  sys::write_file(store.engine.paths.container(id) + "/config.json", "{\"version\": 1, \"id\":");
  EXPECT_EQ(names({}), "newest failed oldest");
  EXPECT_EQ(store.damaged, std::vector<std::string>{id});
}

TEST_F(ContainerList, RowsHaveDockersMembers) {
  ContainerListRequest request;
  request.all = true;
  const auto containers = list_containers(store.engine, request, store.remember_damaged());
  const auto rows = container_rows(store.engine, containers, request);
  ASSERT_EQ(rows.size(), 3u);
  for (const char* name : {"Command", "CreatedAt", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Names",
                           "Networks", "Ports", "RunningFor", "Size", "State", "Status"})
    EXPECT_TRUE(rows[2].contains(name)) << name;
  EXPECT_EQ(rows[2]["Command"].get<std::string>(), "\"sleep 1000\"");
  EXPECT_EQ(rows[2]["ID"].get<std::string>(), test::id_of("c1").substr(0, 12));
  EXPECT_EQ(rows[2]["Labels"].get<std::string>(), "tier=back");
  EXPECT_EQ(rows[2]["LocalVolumes"].get<std::string>(), "1");
  EXPECT_EQ(rows[2]["Image"].get<std::string>(), "child");
}

TEST_F(ContainerList, ImageWhoseNameWentElsewhereIsShownById) {
  store.engine.images.set_ref(test::library("child"), test::id_of("aa"));
  ContainerListRequest request;
  request.filters = {"name=oldest"};
  request.all = true;
  const auto rows =
      container_rows(store.engine, list_containers(store.engine, request, store.remember_damaged()), request);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["Image"].get<std::string>(), test::id_of("ab").substr(0, 12));
}

TEST_F(ContainerList, BriefRowsSayTheSameInFewerMembers) {
  ContainerListRequest request;
  request.all = true;
  const auto full =
      container_rows(store.engine, list_containers(store.engine, request, store.remember_damaged()), request);
  request.brief = true;
  const auto brief =
      container_rows(store.engine, list_containers(store.engine, request, store.remember_damaged()), request);
  ASSERT_EQ(brief.size(), full.size());
  for (std::size_t i = 0; i < full.size(); ++i)
    for (const char* name : {"ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names", "Size"})
      EXPECT_EQ(brief[i][name], full[i][name]) << name;
  EXPECT_FALSE(brief[0].contains("Labels"));
}

TEST_F(ContainerList, BriefReadingNoticesDamageToo) {
  const std::string id = store.add_container("c4", "broken");
  sys::write_file(store.engine.paths.container(id) + "/config.json", "{\"version\": 1, \"id\": [\"x\"]}");
  ContainerListRequest request;
  request.all = request.brief = true;
  EXPECT_EQ(list_containers(store.engine, request, store.remember_damaged()).size(), 3u);
  EXPECT_EQ(store.damaged, std::vector<std::string>{id});
}

TEST_F(ContainerList, LostContainerBecomesExited) {
  wire::ContainerState running;
  running.status = ContainerStatus::running;
  running.started_at = to_rfc3339(now());
  const std::string id = store.add_container(
      "c5", "lost", [](spec::ContainerConfig&) {}, running);
  EXPECT_EQ(names({"name=lost"}, -1, false), "");
  EXPECT_EQ(names({"status=exited", "name=lost"}), "lost");
  EXPECT_EQ(store.engine.containers.load_state(id).exit_code, 137);
}

}  // namespace
}  // namespace lichen::engine
