#include "libpod/spec/cdi.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/spec/generate.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

using testing::ElementsAre;

CdiSpec read(std::string_view text, int folder = 0, std::string_view what = "spec.json") {
  auto spec = cdi_spec_from_json(parse_json(text, what), what);
  spec.folder = folder;
  return spec;
}

constexpr std::string_view kGpu = R"({"cdiVersion": "0.8.0", "kind": "nvidia.com/gpu", "annotations": {"a": "b"},
  "containerEdits": {
    "env": ["NVIDIA_VISIBLE_DEVICES=void"],
    "deviceNodes": [{"path": "/dev/nvidiactl", "permissions": "rw"}],
    "mounts": [{"hostPath": "/usr/bin/smi", "containerPath": "/usr/bin/smi", "options": ["ro", "nosuid", "nodev", "bind"]}],
    "hooks": [{"hookName": "createContainer", "path": "/usr/bin/hook", "args": ["hook", "ldcache"], "env": ["A=b"], "timeout": 5}],
    "additionalGids": [0, 44]},
  "devices": [
    {"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/nvidia0", "hostPath": "/dev/host0", "type": "c", "major": 195, "minor": 0, "fileMode": 438, "uid": 0, "gid": 0}]}},
    {"name": "10", "containerEdits": {"env": ["TEN=1"]}},
    {"name": "GPU-1", "containerEdits": {}},
    {"name": "9", "containerEdits": {"deviceNodes": [{"path": "/dev/nvidiactl", "hostPath": "/dev/other"}]}}]})";

TEST(Cdi, Names) {
  for (const char* text :
       {"nvidia.com/gpu=all", "a/b=c", "vendor.com/class.one=0:1", "foo.bar.baz/foo-bar123.B_az=x-y_z"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(looks_like_cdi_name(text));
    EXPECT_EQ(parse_cdi_name(text).str(), text);
  }
  EXPECT_EQ(parse_cdi_name("nvidia.com/gpu=0"), (CdiName{"nvidia.com/gpu", "0"}));
  for (const char* text : {"/dev/a=b", "./a/b=c", "dev", "a=b/c", ""}) EXPECT_FALSE(looks_like_cdi_name(text)) << text;
  for (const char* text : {"1a.com/x=y", "a/b/c=d", "a/b=", "a/=d", "a/b=-x", "a/b=x-", "a./b=c", "a..b/c=d", "a/b=c d",
                           "a/b=c\n", "a/b=c=d"})
    expect_error(
        ErrorKind::usage, "vendor.com/class=name", [&] { parse_cdi_name(text); }, text);
}

TEST(Cdi, GpusOption) {
  const auto text = [](const DeviceRequest& r) {
    std::string out = r.driver + " " + std::to_string(r.count);
    for (const auto& id : r.ids) out += " " + id;
    out += ";";
    for (const auto& name : r.capabilities) out += " " + name;
    return out;
  };
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"all", " -1; gpu"},
      {"2", " 2; gpu"},
      {"count=all", " -1; gpu"},
      {"device=GPU-5a", " 0 GPU-5a; gpu"},
      {"\"device=0,2:1\"", " 0 0 2:1; gpu"},
      {"driver=nvidia", "nvidia 1; gpu"},
      {"all,driver=amd", "amd -1; gpu"},
      {"driver=nvidia,count=3,\"capabilities=compute,utility\"", "nvidia 3; compute utility gpu"},
      {"device=a.com/b=c,driver=cdi", "cdi 0 a.com/b=c; gpu"},
  };
  for (const auto& [typed, expected] : rows) EXPECT_EQ(text(parse_gpus_option(typed)), expected) << typed;
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "no value"},
      {"0", "is no number"},
      {"-2", "is no number"},
      {"some", "is no number"},
      {"2,count=3", "there twice"},
      {"1,2", "there twice"},
      {"count=1,device=0", "exclude"},
      {"capabilities=fly", "capability 'fly'"},
      {"driver=intel", "driver 'intel'"},
      {"options=a=b", "no key 'options'"},
      {"device=", "no value"},
      {"device=a b", "no name of a GPU"},
      {"driver=cdi,all", "needs device="},
      {"driver=cdi,device=0", "no name of a device"},
      {"\"device=0", "quote"},
  };
  for (const auto& [value, piece] : wrong) {
    const std::string typed = value;  // a structured binding may not be captured (C++20, [expr.prim.lambda.capture])
    expect_error(
        ErrorKind::usage, piece, [&] { parse_gpus_option(typed); }, typed);
  }
}

TEST(Cdi, ReadsADescription) {
  const CdiSpec spec = read(kGpu);
  EXPECT_EQ(spec.kind, "nvidia.com/gpu");
  ASSERT_EQ(spec.devices.size(), 4U);
  const CdiNode& node = spec.devices[0].edits.nodes.at(0);
  EXPECT_EQ(node.host_path, "/dev/host0");
  EXPECT_EQ(node.container_path, "/dev/nvidia0");
  EXPECT_EQ(node.type, 'c');
  EXPECT_EQ(node.major, 195);
  EXPECT_EQ(spec.edits.nodes.at(0).host_path, "/dev/nvidiactl");
  EXPECT_EQ(spec.edits.nodes.at(0).permissions, "rw");
  EXPECT_THAT(spec.edits.additional_gids, ElementsAre(44)) << "0 is ignored";
  ASSERT_EQ(spec.edits.hooks.create_container.size(), 1U);
  EXPECT_EQ(spec.edits.hooks.create_container[0].path, "/usr/bin/hook");
  EXPECT_EQ(spec.edits.hooks.create_container[0].timeout_s, 5);
  EXPECT_THAT(spec.edits.mounts.at(0).options, ElementsAre("ro", "nosuid", "nodev", "bind"));
  const CdiSpec bare = read(R"({"cdiVersion":"0.3.0","kind":"a/b","devices":[{"name":"x","containerEdits":
    {"mounts":[{"hostPath":"/a//b/","containerPath":"/c"},{"hostPath":"","containerPath":"/t","type":"tmpfs"}]}}]})");
  EXPECT_EQ(bare.devices[0].edits.mounts.at(0).host_path, "/a/b");
  EXPECT_THAT(bare.devices[0].edits.mounts.at(0).options, ElementsAre("rbind")) << "without a word it is a bind";
  EXPECT_EQ(bare.devices[0].edits.mounts.at(1).type, "tmpfs");
}

TEST(Cdi, RefusesWhatItDoesNotKnow) {
  const auto with_edits = [](const std::string& edits) {
    return R"({"cdiVersion":"0.8.0","kind":"a/b","devices":[{"name":"x","containerEdits":{)" + edits + "}}]}";
  };
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"[]", "must be an object"},
      {"{}", "cdiVersion"},
      {R"({"cdiVersion":"0.2.0","kind":"a/b","devices":[]})", "0.2.0 is not known"},
      {R"({"cdiVersion":"2.0.0","kind":"a/b","devices":[]})", "2.0.0 is not known"},
      {R"({"cdiVersion":"x","kind":"a/b","devices":[]})", "no version"},
      {R"({"cdiVersion":"0.8.0","kind":"b","devices":[]})", "vendor.com/class"},
      {R"({"cdiVersion":"0.8.0","kind":"a/b=c","devices":[]})", "vendor.com/class"},
      {R"({"cdiVersion":"0.8.0","kind":"a/b","devices":[]})", "no device"},
      {R"({"cdiVersion":"0.8.0","kind":"a/b","more":1,"devices":[]})", "'more' is not known"},
      {R"({"cdiVersion":"0.8.0","kind":"a/b","devices":[{"name":"x"},{"name":"x"}]})", "there twice"},
      {R"({"cdiVersion":"0.8.0","kind":"a/b","devices":[{"name":"/x"}]})", "no name of a device"},
      {R"({"cdiVersion":"0.8.0","kind":"a/b","devices":[{"name":"x","containerEdits":[]}]})", "containerEdits"},
      {with_edits(R"("what":1)"), "'what' is not known"},
      {with_edits(R"("env":["=a"])"), "NAME=value"},
      {with_edits(R"("env":["A=b\nC=d"])"), "control characters"},
      {with_edits(R"("env":"A=b")"), "list"},
      {with_edits(R"("deviceNodes":[{"path":"null"}])"), "absolute path"},
      {with_edits(R"("deviceNodes":[{"path":"/"}])"), "root"},
      {with_edits(R"("deviceNodes":[{"path":"/dev/x","type":"z"}])"), "b, c, u or p"},
      {with_edits(R"("deviceNodes":[{"path":"/dev/x","permissions":"rx"}])"), "only r, w and m"},
      {with_edits(R"("deviceNodes":[{"path":"/dev/x","major":-1}])"), "0 to"},
      {with_edits(R"("mounts":[{"hostPath":"a","containerPath":"/b"}])"), "absolute path"},
      {with_edits(R"("mounts":[{"hostPath":"/a","containerPath":"/a/.."}])"), "root"},
      {with_edits(R"("mounts":[{"hostPath":"/a","containerPath":"/b","type":"nfs"}])"), "bind and tmpfs"},
      {with_edits(R"("hooks":[{"hookName":"later","path":"/a"}])"), "no hook 'later'"},
      {with_edits(R"("hooks":[{"hookName":"poststop","path":"a"}])"), "absolute path"},
      {with_edits(R"("hooks":[{"hookName":"poststop","path":"/a","timeout":0}])"), "greater than 0"},
      {with_edits(R"("additionalGids":[4294967295])"), "0 to"},
      {with_edits(R"("additionalGids":[-1])"), "additionalGids"},
      {with_edits(R"("env":["A=)" + std::string(5000, 'x') + R"("])"), "longer than"},
  };
  for (const auto& [text, piece] : rows)
    expect_error(
        ErrorKind::invalid, piece, [&, &t = text] { read(t); }, text.substr(0, 200));
  std::string many = R"("env":[)";
  for (int i = 0; i < 1100; ++i) many += i == 0 ? "\"A=1\"" : ",\"A=1\"";
  expect_error(ErrorKind::invalid, "more than 1024", [&] { read(with_edits(many + "]")); });
}

std::string names(const std::vector<DeviceRequest>& requests, const std::vector<CdiSpec>& specs) {
  std::string out;
  for (const auto& name : requested_devices(requests, specs)) out += name.str() + " ";
  return out;
}

TEST(Cdi, WhichDevicesARequestMeans) {
  const std::vector<CdiSpec> gpus = {read(kGpu)};
  const std::vector<CdiSpec> all = {
      read(R"({"cdiVersion":"0.8.0","kind":"nvidia.com/gpu","devices":[{"name":"0"},{"name":"all"}]})")};
  EXPECT_EQ(names({parse_gpus_option("all")}, all), "nvidia.com/gpu=all ");
  EXPECT_EQ(names({parse_gpus_option("all")}, gpus), "nvidia.com/gpu=0 nvidia.com/gpu=9 nvidia.com/gpu=10 ");
  EXPECT_EQ(names({parse_gpus_option("2")}, gpus), "nvidia.com/gpu=0 nvidia.com/gpu=9 ");
  EXPECT_EQ(
      names({parse_gpus_option("device=GPU-1"), {.driver = "cdi", .ids = {"nvidia.com/gpu=GPU-1", "a/b=c"}}}, gpus),
      "nvidia.com/gpu=GPU-1 a/b=c ")
      << "each once";
  expect_error(ErrorKind::not_found, "only 3 GPUs", [&] { names({parse_gpus_option("4")}, gpus); });
  expect_error(ErrorKind::not_found, "only one GPU ", [&] { names({parse_gpus_option("2")}, all); });
  EXPECT_EQ(names({parse_gpus_option("all,driver=amd"), parse_gpus_option("1")}, {}),
            "amd.com/gpu=all nvidia.com/gpu=0 ");
}

TEST(Cdi, EditsOfSeveralDevices) {
  const std::vector<CdiSpec> specs = {read(kGpu)};
  const auto edits = collect_edits({{"nvidia.com/gpu", "0"}, {"nvidia.com/gpu", "10"}, {"nvidia.com/gpu", "9"}}, specs);
  EXPECT_THAT(edits.env, ElementsAre("NVIDIA_VISIBLE_DEVICES=void", "TEN=1")) << "what is for all comes once";
  ASSERT_EQ(edits.nodes.size(), 2U);
  EXPECT_EQ(edits.nodes[0].container_path, "/dev/nvidia0");
  EXPECT_EQ(edits.nodes[1].host_path, "/dev/other") << "the last one at a path";
  EXPECT_EQ(edits.hooks.create_container.size(), 1U);
  expect_error(ErrorKind::not_found, "nvidia.com/gpu has 0, 10, GPU-1, 9", [&] {
    collect_edits({{"nvidia.com/gpu", "1"}}, specs);
  });
  expect_error(ErrorKind::not_found, "nothing describes it", [&] { collect_edits({{"a/b", "1"}}, specs); });
}

TEST(Cdi, ALaterFolderWinsAndTwoFilesOfOneConflict) {
  const char* text =
      R"({"cdiVersion":"0.8.0","kind":"a/b","devices":[{"name":"x","containerEdits":{"env":["FROM=%"]}}]})";
  const auto from = [&](const std::string& name, int folder) {
    std::string copy = text;
    copy.replace(copy.find('%'), 1, name);
    return read(copy, folder, name);
  };
  for (const auto& specs : {std::vector{from("etc", 0), from("run", 1)}, std::vector{from("run", 1), from("etc", 0)}})
    EXPECT_THAT(collect_edits({{"a/b", "x"}}, specs).env, ElementsAre("FROM=run"));
  expect_error(ErrorKind::conflict, "both one and two", [&] {
    collect_edits({{"a/b", "x"}}, {from("one", 1), from("two", 1)});
  });
  const auto root = read(
      R"({"cdiVersion":"0.8.0","kind":"a/b","devices":[{"name":"x","containerEdits":{"intelRdt":{"closID":"c"}}}]})");
  expect_error(ErrorKind::unsupported, "intelRdt", [&] {
    try {
      collect_edits({{"a/b", "x"}}, {root});
    } catch (Error& error) {
      throw error.with_hint("-");
    }
  });
}

TEST(Cdi, GeneratedSpec) {
  ContainerConfig config;
  config.id = std::string(64, 'a');
  config.command = {"true"};
  config.env = {"TEN=0", "MINE=1"};
  config.mounts.push_back({.source = "/mine", .destination = "/usr/bin/smi"});
  HostFacts facts;
  facts.rootfs = "/r";
  facts.user.home = "/";
  facts.device_edits = collect_edits({{"nvidia.com/gpu", "0"}, {"nvidia.com/gpu", "10"}}, {read(kGpu)});
  facts.device_edits.mounts.push_back({"/dev/dri", "/dev/dri", "bind", {"rbind", "rslave"}});
  facts.device_edits.mounts.push_back({"/lib/x", "/lib/x", "bind", {"rbind"}});
  const OciSpec spec = generate(config, facts);
  EXPECT_THAT(spec.process->env, testing::IsSupersetOf({"TEN=1", "MINE=1", "NVIDIA_VISIBLE_DEVICES=void"}));
  EXPECT_THAT(spec.process->user.additional_gids, testing::Contains(44));
  EXPECT_EQ(spec.hooks.create_container.size(), 1U);
  const auto mount = [&](const std::string& at) {
    std::string out;
    for (const auto& m : spec.mounts)
      if (m.destination == at) {
        out += m.source;
        for (const auto& option : m.options) out += " " + option;
      }
    return out;
  };
  EXPECT_EQ(mount("/dev/nvidia0"), "/dev/host0 bind rprivate nosuid noexec");
  EXPECT_EQ(mount("/usr/bin/smi"), "/usr/bin/smi ro nosuid nodev bind rprivate") << "in the place of the user's";
  EXPECT_EQ(mount("/dev/dri"), "/dev/dri nosuid rbind rslave") << "device files in it work";
  EXPECT_EQ(mount("/lib/x"), "/lib/x nosuid nodev rbind rprivate");
}

}  // namespace
}  // namespace lichen::spec
