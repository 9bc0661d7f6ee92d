// Goldens: tests/golden/spec/<case>/ holds config.json (members of a ContainerConfig record), optionally facts.json
// (members of HostFacts), and spec.json, the expected spec. LICHEN_TEST_ACCEPT=1 writes spec.json anew. The seccomp
// section is long and has tests of its own: goldens hold "present" in its place.
#include "libpod/spec/generate.hh"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "libpod/spec/mounts.hh"
#include "tests/unit/source_dir.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

ContainerConfig read_config(const std::string& text) {
  Json json = {{"version", 1}, {"id", "0123456789ab" + std::string(52, 'c')}};
  const Json members = parse_json(text, "config");
  for (const auto& [key, value] : members.items()) json[key] = value;
  ContainerConfig config = container_config_from_json(json, "config.json");
  if (config.command.empty()) config.command = {"sh"};
  if (members.value("no_command", false)) config.command.clear();
  return config;
}

HostFacts default_facts() {
  HostFacts facts;
  facts.rootfs = "/monitor/rootfs";
  facts.hosts_path = "/state/hosts";
  facts.resolv_conf_path = "/state/resolv.conf";
  facts.hostname_path = "/state/hostname";
  facts.user.additional_gids = {0};
  facts.user.home = "/root";
  return facts;
}

std::vector<OciIdMapping> read_mappings(const JsonView& view) {
  std::vector<OciIdMapping> mappings;
  for (const auto& item : view.as_array())
    mappings.push_back({static_cast<std::uint32_t>(item.get_int("container")),
                        static_cast<std::uint32_t>(item.get_int("host")),
                        static_cast<std::uint32_t>(item.get_int("size"))});
  return mappings;
}

HostFacts read_facts(const std::string& text) {
  HostFacts facts = default_facts();
  const Json json = parse_json(text, "facts");
  const JsonView view(json, "facts.json:");
  const auto set = [&](const char* key, std::string& value) { value = view.get_string(key, value); };
  set("init_path", facts.init_path);
  set("shm_path", facts.shm_path);
  set("localtime_path", facts.localtime_path);
  set("host_hostname", facts.host_hostname);
  set("cgroups_path", facts.cgroups_path);
  set("home", facts.user.home);
  facts.volume_paths = view.at("volume_paths").as_string_map();
  facts.namespace_paths = view.at("namespace_paths").as_string_map();
  facts.user.uid = static_cast<std::uint32_t>(view.get_int("uid"));
  facts.user.gid = static_cast<std::uint32_t>(view.get_int("gid"));
  facts.uid_mappings = read_mappings(view.at("uid_mappings"));
  facts.gid_mappings = read_mappings(view.at("gid_mappings"));
  facts.own_network = view.get_bool("own_network", true);
  facts.shared_network = view.get_bool("shared_network", false);
  facts.mapped_ids = static_cast<std::uint32_t>(view.get_int("mapped_ids", 65536));
  facts.host_devices = view.get_strings("host_devices");
  const auto controllers = view.get_strings("controllers");
  facts.controllers = {controllers.begin(), controllers.end()};
  facts.mqueue = view.get_bool("mqueue", true);
  facts.cgroup2 = view.get_bool("cgroup2", true);
  facts.thermal_throttle_cpus = static_cast<unsigned>(view.get_int("thermal_throttle_cpus"));
  facts.recursive_read_only = view.get_bool("recursive_read_only", true);
  facts.apparmor = view.get_bool("apparmor", false);
  return facts;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, Spec) {
  const fs::path folder = fs::path(test::source_dir()) / "tests/golden/spec" / GetParam();
  const fs::path facts_file = folder / "facts.json";
  const HostFacts facts = fs::exists(facts_file) ? read_facts(read_text(facts_file)) : default_facts();
  const OciSpec spec = generate(read_config(read_text(folder / "config.json")), facts);
  Json json = to_json(spec);
  EXPECT_EQ(dump_json(to_json(oci_spec_from_json(json, "spec"))), dump_json(json)) << "what we write we must read";
  if (json["linux"].contains("seccomp")) json["linux"]["seccomp"] = "present";
  const std::string text = dump_json_pretty(json);
  if (const char* accept = std::getenv("LICHEN_TEST_ACCEPT"); accept != nullptr && std::string(accept) == "1") {
    std::ofstream(folder / "spec.json") << text;
    return;
  }
  EXPECT_EQ(text, read_text(folder / "spec.json")) << "accept with LICHEN_TEST_ACCEPT=1 when the change is meant";
}

Strings cases() {
  Strings names;
  for (const auto& entry : fs::directory_iterator(fs::path(test::source_dir()) / "tests/golden/spec"))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, testing::ValuesIn(cases()), [](const auto& row) { return row.param; });

const OciMount* find_mount(const OciSpec& spec, std::string_view destination) {
  const auto found = std::ranges::find(spec.mounts, destination, &OciMount::destination);
  return found == spec.mounts.end() ? nullptr : &*found;
}

bool has(const Strings& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

// The promise of the design's section 7, whatever harmless thing is asked for.
TEST(Generate, NothingIsWeakerThanTheDefault) {
  for (const char* text :
       {"{}", R"({"tty":true})", R"({"read_only":true})", R"({"network":{"mode":"host"}})",
        R"({"mounts":[{"type":"bind","source":"/s","destination":"/d"}]})", R"({"ipc_mode":"host"})"}) {
    SCOPED_TRACE(text);
    const OciSpec spec = generate(read_config(text), default_facts());
    EXPECT_EQ(spec.process->capabilities->bounding.size(), 11u);
    EXPECT_TRUE(spec.process->capabilities->inheritable.empty() && spec.process->capabilities->ambient.empty());
    EXPECT_TRUE(spec.linux_->seccomp.has_value());
    EXPECT_EQ(spec.linux_->masked_paths.size(), 13u);
    EXPECT_EQ(spec.linux_->readonly_paths.size(), 5u);
    EXPECT_TRUE(has(find_mount(spec, "/sys")->options, "ro"));
    for (const auto& mount : spec.mounts) EXPECT_TRUE(has(mount.options, "nosuid")) << mount.destination;
  }
}

TEST(Generate, MountsComeParentsFirst) {
  ContainerConfig config = read_config("{}");
  for (const char* text : {"/s:/a/b/c", "/s:/a", "/s:/a/b", "/s:/etc"})
    config.mounts.push_back(parse_volume_option(text));
  const OciSpec spec = generate(config, default_facts());
  const auto place = [&](const char* path) { return find_mount(spec, path) - spec.mounts.data(); };
  EXPECT_LT(place("/a"), place("/a/b"));
  EXPECT_LT(place("/a/b"), place("/a/b/c"));
  EXPECT_LT(place("/etc"), place("/etc/hosts"));
}

TEST(Generate, UserMountsReplaceDefaults) {
  ContainerConfig config = read_config("{}");
  config.mounts = {parse_tmpfs_option("/dev/shm:size=1m"), parse_volume_option("/mine:/etc/hosts:ro")};
  OciSpec spec = generate(config, default_facts());
  EXPECT_EQ(std::ranges::count(spec.mounts, "/dev/shm", &OciMount::destination), 1);
  EXPECT_TRUE(has(find_mount(spec, "/dev/shm")->options, "size=1048576"));
  EXPECT_EQ(std::ranges::count(spec.mounts, "/etc/hosts", &OciMount::destination), 1);
  EXPECT_EQ(find_mount(spec, "/etc/hosts")->source, "/mine");
  config.mounts = {parse_volume_option("/dev:/dev")};
  spec = generate(config, default_facts());
  EXPECT_EQ(find_mount(spec, "/dev/shm"), nullptr);
  EXPECT_EQ(find_mount(spec, "/dev/pts"), nullptr);
}

Strings options_of(const char* mount, bool recursive_read_only = true) {
  ContainerConfig config = read_config("{}");
  config.mounts = {parse_mount_option(mount)};
  HostFacts facts = default_facts();
  facts.recursive_read_only = recursive_read_only;
  facts.volume_paths["v"] = "/volumes/v";
  return find_mount(generate(config, facts), "/d")->options;
}

TEST(Generate, MountOptions) {
  const std::tuple<const char*, bool, Strings> rows[] = {
      {"type=bind,src=/s,dst=/d", true, {"rbind", "rprivate", "nosuid", "nodev"}},
      {"type=bind,src=/s,dst=/d,suid,dev,noexec", true, {"rbind", "rprivate", "suid", "dev", "noexec"}},
      {"type=bind,src=/s,dst=/d,ro", true, {"rbind", "rprivate", "nosuid", "nodev", "rro"}},
      {"type=bind,src=/s,dst=/d,ro", false, {"rbind", "rprivate", "nosuid", "nodev", "ro"}},
      {"type=bind,src=/s,dst=/d,ro,bind-recursive=writable", true, {"rbind", "rprivate", "nosuid", "nodev", "ro"}},
      {"type=bind,src=/s,dst=/d,ro,bind-recursive=disabled", true, {"bind", "rprivate", "nosuid", "nodev", "ro"}},
      {"type=bind,src=/s,dst=/d,ro,bind-recursive=readonly", true, {"rbind", "rprivate", "nosuid", "nodev", "rro"}},
      {"type=bind,src=/s,dst=/d,bind-propagation=rslave", true, {"rbind", "rslave", "nosuid", "nodev"}},
      {"type=volume,src=v,dst=/d", true, {"rbind", "rprivate", "nosuid", "nodev"}},
      {"type=tmpfs,dst=/d", true, {"nosuid", "nodev", "noexec"}},
      {"type=tmpfs,dst=/d,exec,tmpfs-size=1k,tmpfs-mode=700,ro",
       true,
       {"nosuid", "nodev", "exec", "ro", "size=1024", "mode=700"}},
  };
  for (const auto& [text, recursive, expected] : rows) EXPECT_EQ(options_of(text, recursive), expected) << text;
  expect_error(ErrorKind::unsupported, "needs Linux 5.12",
               [] { options_of("type=bind,src=/s,dst=/d,ro,bind-recursive=readonly", false); });
}

TEST(Generate, Errors) {
  const auto run = [](const char* text) { generate(read_config(text), default_facts()); };
  const std::tuple<ErrorKind, const char*, const char*> rows[] = {
      {ErrorKind::usage, R"({"no_command":true})", "no command specified"},
      {ErrorKind::usage, R"({"entrypoint":[""]})", "no command specified"},
      {ErrorKind::unsupported, R"({"init":true})", "no init program"},
      {ErrorKind::unsupported, R"({"selinux_label":"type:x"})", "this host has no SELinux"},
      {ErrorKind::unsupported, R"({"apparmor_profile":"x"})", "this host has no AppArmor"},
      {ErrorKind::usage, R"({"uts_mode":"host","hostname":"x"})", "shares its uts namespace"},
      {ErrorKind::usage, R"({"cap_add":["foo"]})", "no such capability"},
      {ErrorKind::usage, R"({"ipc_mode":"host","sysctls":{"kernel.sem":"1"}})", "shares its ipc namespace"},
      {ErrorKind::usage, R"({"sysctls":{"vm.x":"1"}})", "does not belong to a namespace"},
      {ErrorKind::internal, R"({"pid_mode":"container:x"})", "no path for mode"},
      {ErrorKind::internal, R"({"mounts":[{"type":"volume","source":"v","destination":"/d"}]})", "volume 'v'"},
      {ErrorKind::invalid, R"({"ulimits":[{"name":"x"}]})", "no such limit"},
  };
  for (const auto& [kind, text, expected] : rows)
    expect_error(
        kind, expected, [&, t = text] { run(t); }, text);
  HostFacts facts = default_facts();
  facts.shared_network = true;
  expect_error(ErrorKind::usage, "shares its network",
               [&] { generate(read_config(R"({"sysctls":{"net.x":"1"}})"), facts); });
  EXPECT_NO_THROW(run(R"({"selinux_label":"disable","apparmor_profile":"unconfined"})"));
}

TEST(Generate, Seccomp) {
  const auto has_seccomp = [](const char* text) {
    return generate(read_config(text), default_facts()).linux_->seccomp.has_value();
  };
  EXPECT_TRUE(has_seccomp("{}"));
  EXPECT_FALSE(has_seccomp(R"({"seccomp_profile":"unconfined"})"));
  EXPECT_FALSE(has_seccomp(R"({"privileged":true})"));
  expect_error(ErrorKind::invalid, "/p.json",
               [&] { has_seccomp(R"({"seccomp_profile":"/p.json"})"); });  // empty file: fails closed
}

TEST(Generate, Environment) {
  ContainerConfig config = read_config(R"({"tty":true,"env":["PATH=/bin","A=1"]})");
  EXPECT_EQ(process_env(config, default_facts(), true),
            (Strings{"PATH=/bin", "HOSTNAME=0123456789ab", "TERM=xterm", "A=1", "HOME=/root"}));
  config.env = {"HOME=/x", "TERM=vt100", "HOSTNAME=y"};
  EXPECT_EQ(process_env(config, default_facts(), true).back(), "HOME=/x");
  EXPECT_TRUE(has(process_env(config, default_facts(), true), "TERM=vt100"));
  EXPECT_FALSE(has(process_env(read_config("{}"), default_facts(), false), "TERM=xterm"));
}

TEST(Generate, Hostname) {
  HostFacts facts = default_facts();
  facts.host_hostname = "box";
  EXPECT_EQ(container_hostname(read_config("{}"), facts), "0123456789ab");
  EXPECT_EQ(container_hostname(read_config(R"({"hostname":"web"})"), facts), "web");
  EXPECT_EQ(container_hostname(read_config(R"({"network":{"mode":"host"}})"), facts), "box");
}

TEST(Generate, ExecProcess) {
  const ContainerConfig config =
      read_config(R"({"env":["A=1"],"working_dir":"/srv","cap_drop":["ALL"],"no_new_privileges":true})");
  HostFacts facts = default_facts();
  facts.user.uid = 33;
  const OciProcess process = generate_exec_process(config, facts, {"ls"}, {"A=2"}, "", true, false);
  EXPECT_EQ(process.args, Strings{"ls"});
  EXPECT_TRUE(has(process.env, "A=2") && has(process.env, "TERM=xterm"));
  EXPECT_EQ(process.cwd, "/srv");
  EXPECT_EQ(process.user.uid, 33u);
  EXPECT_TRUE(process.terminal && process.no_new_privileges);
  EXPECT_TRUE(process.capabilities->effective.empty());
  EXPECT_EQ(generate_exec_process(config, facts, {"ls"}, {}, "/x/..", false, true).capabilities->effective.size(), 41u);
  EXPECT_EQ(generate_exec_process(config, facts, {"ls"}, {}, "/x/..", false, true).cwd, "/");
}

TEST(Generate, KeepGroups) {
  const OciSpec spec = generate(read_config(R"({"groups":["keep-groups"]})"), default_facts());
  EXPECT_TRUE(spec.process->user.additional_gids.empty());
  EXPECT_EQ(spec.annotations.at("run.oci.keep_original_groups"), "1");
}

}  // namespace
}  // namespace lichen::spec
