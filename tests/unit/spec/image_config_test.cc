#include "libpod/spec/image_config.hh"

#include "libpod/spec/env.hh"
#include "libpod/spec/image_defaults.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

using Strings = std::vector<std::string>;

constexpr const char* kImage = R"({
  "created": "2024-01-02T03:04:05Z", "author": "me", "architecture": "amd64", "variant": "v2", "os": "linux", "unknown": [1],
  "config": {"User": "www", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Env": ["PATH=/bin", "A=1"],
    "Entrypoint": ["/entry"], "Cmd": ["serve", "now"], "Volumes": {"/data": {}, "/cache": {}}, "WorkingDir": "/srv",
    "Labels": {"a": "1"}, "StopSignal": "SIGQUIT", "Shell": ["/bin/bash", "-c"], "OnBuild": ["RUN x"],
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000, "Retries": 3}},
  "rootfs": {"type": "layers", "diff_ids": ["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]},
  "history": [{"created_by": "RUN x", "empty_layer": true}]})";

TEST(ImageConfig, ParsesAndPrints) {
  const ImageConfig image = parse_image_config(kImage, "image");
  EXPECT_EQ(image.user, "www");
  EXPECT_EQ(image.exposed_ports, (Strings{"53/udp", "80/tcp"}));
  EXPECT_EQ(image.volumes, (Strings{"/cache", "/data"}));
  EXPECT_EQ(image.cmd, (Strings{"serve", "now"}));
  EXPECT_EQ(image.healthcheck->interval_ns, 1000);
  EXPECT_EQ(image.history.at(0).empty_layer, true);
  ASSERT_EQ(image.diff_ids.size(), 1u);
  const std::string printed = dump_json(to_json(image));
  EXPECT_EQ(dump_json(to_json(parse_image_config(printed, "again"))), printed);
  EXPECT_NE(printed.find(R"("ExposedPorts":{"53/udp":{},"80/tcp":{}})"), std::string::npos) << printed;
  EXPECT_EQ(parse_image_config("{}", "image").env, Strings{});
  EXPECT_EQ(parse_image_config(R"({"config":null,"rootfs":null,"history":null})", "image").cmd, Strings{});
}

TEST(ImageConfig, DropsEnvironmentThatCouldReachTheHost) {
  const auto image =
      parse_image_config(R"({"config":{"Env":["NAME","NAME*","*","=x","","N=\u0000","OK=1","OK2=a=b"]}})", "image");
  EXPECT_EQ(image.env, (Strings{"OK=1", "OK2=a=b"}));
}

TEST(ImageConfig, Errors) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "not valid JSON"},
      {"[]", "image: must be an object"},
      {R"({"architecture": 1})", "image: architecture must be a string"},
      {R"({"config": []})", "image: config must be an object"},
      {R"({"config": {"Cmd": "x"}})", "image: config.Cmd must be a list"},
      {R"({"config": {"Cmd": [1]}})", "image: config.Cmd[0] must be a string"},
      {R"({"config": {"Cmd": ["a\u0000b"]}})", "config.Cmd[0] must not hold a NUL byte"},
      {R"({"config": {"User": "a\u0000b"}})", "config.User must not hold a NUL byte"},
      {R"({"config": {"Env": [1]}})", "image: config.Env[0] must be a string"},
      {R"({"config": {"Labels": {"a": 1}}})", "image: config.Labels.a must be a string"},
      {R"({"config": {"Volumes": ["/a"]}})", "image: config.Volumes must be an object"},
      {R"({"config": {"Healthcheck": {"Interval": -1}}})", "must not be negative"},
      {R"({"config": {"Healthcheck": {"Retries": 1.5}}})", "must be a whole number"},
      {R"({"rootfs": {"diff_ids": ["sha256:../../x"]}})", "image: rootfs.diff_ids[0] must be a digest"},
      {R"({"rootfs": {"type": "x"}})", "must be \"layers\""},
      {R"({"history": {}})", "image: history must be a list"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::invalid, expected, [&, t = text] { parse_image_config(t, "image"); }, text);
  expect_error(ErrorKind::invalid, "more than", [] { parse_image_config(std::string(5 << 20, ' '), "image"); });
  expect_error(ErrorKind::invalid, "nested deeper",
               [] { parse_image_config(std::string(100, '[') + std::string(100, ']'), "image"); });
}

ContainerConfig applied(ContainerConfig config, const UserGave& gave = {}) {
  apply_image_defaults(config, parse_image_config(kImage, "image"), gave);
  return config;
}

TEST(ImageDefaults, Command) {
  ContainerConfig config = applied({});
  EXPECT_EQ(config.entrypoint, Strings{"/entry"});
  EXPECT_EQ(config.command, (Strings{"serve", "now"}));
  ContainerConfig with_command;
  with_command.command = {"ls"};
  config = applied(with_command);
  EXPECT_EQ(config.entrypoint, Strings{"/entry"});
  EXPECT_EQ(config.command, Strings{"ls"});
  ContainerConfig with_entrypoint;
  with_entrypoint.entrypoint = {"/mine"};
  config = applied(with_entrypoint, {.entrypoint = true});
  EXPECT_EQ(config.entrypoint, Strings{"/mine"});
  EXPECT_EQ(config.command, Strings{});
  config = applied(with_command, {.entrypoint = true});  // --entrypoint "" with a command
  EXPECT_EQ(config.entrypoint, Strings{});
  EXPECT_EQ(config.command, Strings{"ls"});
}

TEST(ImageDefaults, Environment) {
  ContainerConfig config;
  config.env = {"A=mine", "B=2"};
  EXPECT_EQ(applied(config).env, (Strings{"PATH=/bin", "A=mine", "B=2"}));
  ContainerConfig bare;
  apply_image_defaults(bare, ImageConfig{}, {});
  EXPECT_EQ(bare.env, Strings{"PATH=" + std::string(kDefaultPath)});
}

TEST(ImageDefaults, Rest) {
  ContainerConfig config;
  config.labels = {{"a", "mine"}, {"b", "2"}};
  config.network.expose = {"80/tcp", "1/tcp"};
  config.mounts.push_back({.destination = "/data"});
  config = applied(config);
  EXPECT_EQ(config.user, "www");
  EXPECT_EQ(config.working_dir, "/srv");
  EXPECT_EQ(config.stop_signal, "SIGQUIT");
  EXPECT_EQ(config.labels, (std::map<std::string, std::string>{{"a", "mine"}, {"b", "2"}}));
  EXPECT_EQ(config.network.expose, (Strings{"80/tcp", "1/tcp", "53/udp"}));
  ASSERT_EQ(config.mounts.size(), 2u);
  EXPECT_EQ(config.mounts[1].destination, "/cache");
  EXPECT_TRUE(config.mounts[1].from_image && config.mounts[1].anonymous);
  ContainerConfig mine;
  mine.stop_signal = "SIGINT";
  mine = applied(mine, {.user = true, .working_dir = true, .stop_signal = true, .no_healthcheck = true});
  EXPECT_EQ(mine.user, "");
  EXPECT_EQ(mine.working_dir, "");
  EXPECT_EQ(mine.stop_signal, "SIGINT");
  EXPECT_EQ(mine.healthcheck->test, Strings{"NONE"});
}

TEST(ImageDefaults, Healthcheck) {
  EXPECT_EQ(applied({}).healthcheck->retries, 3);
  ContainerConfig mine;
  mine.healthcheck = HealthConfig{};
  mine.healthcheck->interval_ns = 5;
  mine = applied(mine, {.healthcheck = true});
  EXPECT_EQ(mine.healthcheck->interval_ns, 5);
  EXPECT_EQ(mine.healthcheck->retries, 3);
  EXPECT_EQ(mine.healthcheck->test, (Strings{"CMD", "true"}));
}

TEST(ImageDefaults, MalformedImage) {
  const auto apply = [](ImageConfig image) {
    ContainerConfig config;
    apply_image_defaults(config, image, {});
  };
  expect_error(ErrorKind::invalid, "no such signal", [&] { apply({.stop_signal = "SIGFOO"}); });
  expect_error(ErrorKind::invalid, "not an absolute path", [&] { apply({.volumes = {"data"}}); });
  expect_error(ErrorKind::invalid, "not an absolute path", [&] { apply({.volumes = {"/a\nb"}}); });
  expect_error(ErrorKind::invalid, "root cannot be a volume", [&] { apply({.volumes = {"/a/.."}}); });
  expect_error(ErrorKind::invalid, "is not a port", [&] { apply({.exposed_ports = {"x"}}); });
}

}  // namespace
}  // namespace lichen::spec
