#include "libpod/spec/options.hh"

#include "libpod/base/strings.hh"
#include "libpod/spec/network_mode.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

using Strings = std::vector<std::string>;

TEST(SecurityOpts, Accepted) {
  const auto parsed =
      parse_security_opts(Strings{"no-new-privileges", "seccomp=/p.json", "apparmor:unconfined", "label=type:spc_t",
                                  "label=level:s0", "mask=/proc/a:/proc/b/", "unmask=/proc/kcore:/sys/*"});
  EXPECT_TRUE(parsed.no_new_privileges);
  EXPECT_EQ(parsed.seccomp_profile, "/p.json");
  EXPECT_EQ(parsed.apparmor_profile, "unconfined");
  EXPECT_EQ(parsed.selinux_label, "type:spc_t,level:s0");
  EXPECT_EQ(parsed.mask, (Strings{"/proc/a", "/proc/b"}));
  EXPECT_EQ(parsed.unmask, (Strings{"/proc/kcore", "/sys/*"}));
  EXPECT_FALSE(parse_security_opts(Strings{"no-new-privileges:true", "no-new-privileges=false"}).no_new_privileges);
  EXPECT_EQ(parse_security_opts(Strings{"seccomp=unconfined"}).seccomp_profile, "unconfined");
  EXPECT_EQ(parse_security_opts(Strings{"seccomp=builtin"}).seccomp_profile, "");
  EXPECT_EQ(parse_security_opts(Strings{"systempaths=unconfined"}).unmask, Strings{"ALL"});
  EXPECT_EQ(parse_security_opts(Strings{"unmask=all"}).unmask, Strings{"ALL"});
  EXPECT_EQ(parse_security_opts(Strings{"label=type:x", "label=disable", "label=user:u"}).selinux_label, "disable");
}

TEST(SecurityOpts, Errors) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "unknown option ''"},
      {"no-new-privilege", "did you mean 'no-new-privileges'?"},
      {"no-new-privileges=maybe", "not true or false"},
      {"seccomp", "no value"},
      {"seccomp=", "no value"},
      {"label=foo", "unknown label 'foo'"},
      {"label=type:", "unknown label"},
      {"mask=proc", "not an absolute path"},
      {"unmask=proc", "not an absolute path"},
      {"systempaths=all", "unknown systempaths"},
      {"apparmor=a\nb", "control characters"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_security_opts(Strings{t}); }, text);
  expect_error(ErrorKind::unsupported, "proc-opts", [] { parse_security_opts(Strings{"proc-opts=hidepid=2"}); });
}

TEST(Restart, Policies) {
  for (const char* text : {"no", "on-failure", "on-failure:5", "always", "unless-stopped"})
    EXPECT_EQ(format_restart_policy(parse_restart_policy(text)), text);
  EXPECT_EQ(format_restart_policy(parse_restart_policy("never")), "no");
  EXPECT_EQ(format_restart_policy(parse_restart_policy("")), "no");
  const std::pair<const char*, const char*> rows[] = {
      {"sometimes", "no such policy"},       {"on-failure:x", "'x' is not a number"}, {"on-failure:-1", "not a number"},
      {"on-failure:", "'' is not a number"}, {"always:3", "only on-failure"},         {"NO", "no such policy"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_restart_policy(t); }, text);
}

TEST(Log, Options) {
  const LogConfig log = parse_log_options("json-file", Strings{"max-size=10m", "max-file=3", "path=/var/log/x"});
  EXPECT_EQ(log.driver, "json-file");
  EXPECT_EQ(log.max_size_bytes, 10 << 20);
  EXPECT_EQ(log.max_files, 3);
  EXPECT_EQ(log.options.at("path"), "/var/log/x");
  EXPECT_EQ(parse_log_options("", {}).driver, "k8s-file");
  EXPECT_EQ(parse_log_options("none", {}).driver, "none");
  EXPECT_EQ(parse_log_options("k8s-file", Strings{"path=/tmp/x"}).options.at("path"), "/tmp/x");
  EXPECT_EQ(parse_log_options("", Strings{"max-size=-1"}).max_size_bytes, 0);
}

TEST(Log, Errors) {
  const std::pair<Strings, const char*> rows[] = {
      {{"k8s", "x=1"}, "no such driver"},
      {{"", "max-sise=1m"}, "did you mean 'max-size'?"},
      {{"", "max-size"}, "no value"},
      {{"", "max-size=x"}, "not a size"},
      {{"", "max-file=0"}, "not a number of files"},
      {{"", "max-file=2"}, "needs max-size"},
      {{"", "path=x"}, "not an absolute path"},
      {{"", "compress=x"}, "not true or false"},
      {{"none", "path=/x"}, "the driver none has no such option"},
      {{"journald", "max-size=1m"}, "the driver journald has no such option"},
      {{"", "tag=x"}, "the driver k8s-file has no such option"},
      {{"", "path=/a\nb"}, "control characters"},
  };
  for (const auto& [words, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, w = words] { parse_log_options(w[0], Strings{w[1]}); }, words[1]);
  for (const char* driver : {"passthrough-tty", "syslog", "local"})
    expect_error(
        ErrorKind::unsupported, "not supported yet", [&] { parse_log_options(driver, {}); }, driver);
  expect_error(ErrorKind::unsupported, "compressed", [] { parse_log_options("", Strings{"compress=true"}); });
  expect_error(ErrorKind::unsupported, "'labels-regex'", [] { parse_log_options("", Strings{"labels-regex=a"}); });
}

TEST(Signals, Parse) {
  const std::tuple<const char*, int, const char*> rows[] = {
      {"TERM", 15, "SIGTERM"},       {"sigterm", 15, "SIGTERM"}, {"15", 15, "SIGTERM"},
      {"SIGKILL", 9, "SIGKILL"},     {"IOT", 6, "SIGABRT"},      {"CLD", 17, "SIGCHLD"},
      {"POLL", 29, "SIGIO"},         {"RTMIN", 34, "SIGRTMIN"},  {"SIGRTMIN+3", 37, "SIGRTMIN+3"},
      {"rtmax-1", 63, "SIGRTMAX-1"}, {"RTMAX", 64, "SIGRTMAX"},  {"RTMIN+30", 64, "SIGRTMAX"},
      {"32", 32, "SIG32"},           {"1", 1, "SIGHUP"},         {"64", 64, "SIGRTMAX"},
  };
  for (const auto& [text, number, name] : rows) {
    const Signal signal = parse_signal(text);
    EXPECT_EQ(signal.number, number) << text;
    EXPECT_EQ(signal.name, name) << text;
  }
  for (int number = 1; number <= 64; ++number) EXPECT_EQ(parse_signal(signal_name(number)).number, number);
  for (const char* text : {"", "0", "65", "-1", "TERMS ", "RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMIN+", "SIG",
                           "SIGSIGTERM", "9999999999999"})
    expect_error(
        ErrorKind::usage, "no such signal", [&] { parse_signal(text); }, text);
  expect_error(ErrorKind::usage, "did you mean TERM?", [] { parse_signal("TERN"); });
}

TEST(DetachKeys, Parse) {
  EXPECT_EQ(parse_detach_keys("ctrl-p,ctrl-q"), "\x10\x11");
  EXPECT_EQ(parse_detach_keys("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_"), std::string("\0\x1b\x1c\x1d\x1e\x1f", 6));
  EXPECT_EQ(parse_detach_keys("a,B,1,DEL"), "aB1\x7f");
  EXPECT_EQ(parse_detach_keys(""), "");
  for (const char* text : {"ctrl-", "ctrl-A", "ctrl-1", "ab", "ctrl-p,", ",", "ctrl-pq", "\xc3\xa4", "CTRL-a"})
    expect_error(
        ErrorKind::usage, "unknown key", [&] { parse_detach_keys(text); }, text);
}

TEST(Userns, Parse) {
  using Kind = UsernsOption::Kind;
  EXPECT_EQ(parse_userns("").kind, Kind::shared);
  EXPECT_EQ(parse_userns("private").kind, Kind::shared);
  EXPECT_EQ(parse_userns("host").kind, Kind::host);
  EXPECT_EQ(parse_userns("nomap").kind, Kind::nomap);
  const auto keep = parse_userns("keep-id:uid=1000,gid=50");
  EXPECT_EQ(keep.kind, Kind::keep_id);
  EXPECT_EQ(keep.uid, 1000u);
  EXPECT_EQ(keep.gid, 50u);
  EXPECT_EQ(parse_userns("keep-id").uid, std::nullopt);
  EXPECT_EQ(parse_userns("auto:size=65536").size, 65536u);
  EXPECT_EQ(parse_userns("container:web").target, "web");
  EXPECT_EQ(parse_userns("ns:/proc/1/ns/user").target, "/proc/1/ns/user");
  const std::pair<const char*, const char*> rows[] = {
      {"keepid", "no such mode"},
      {"host:x", "no such mode"},
      {"container:", "no such mode"},
      {"ns:x", "no such mode"},
      {"keep-id:", "is not NAME=VALUE"},
      {"keep-id:uid", "is not NAME=VALUE"},
      {"keep-id:uid=-1", "not a number"},
      {"keep-id:uid=4294967296", "not a number"},
      {"keep-id:foo=1", "unknown option"},
      {"auto:uid=1", "unknown option"},
      {"auto:size=0", "not a number"},
      {"auto:uidmapping=0", "is not CONTAINER:HOST:SIZE"},
      {"auto:uidmapping=0:x:1", "not a number"},
      {"keep-id:uidmapping=0:0:1", "unknown option"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_userns(t); }, text);
  const auto fixed = parse_userns("auto:size=10,uidmapping=0:0:1,uidmapping=5:7,gidmapping=0:3:2");
  EXPECT_EQ(fixed.uid_mappings, (IdMap{{0, 0, 1}, {5, 7, 1}}));
  EXPECT_EQ(fixed.gid_mappings, (IdMap{{0, 3, 2}}));
}

TEST(NamespaceMode, Parse) {
  EXPECT_EQ(parse_namespace_mode("private", "--pid"), "");
  EXPECT_EQ(parse_namespace_mode("host", "--pid"), "host");
  EXPECT_EQ(parse_namespace_mode("shareable", "--ipc"), "shareable");
  EXPECT_EQ(parse_namespace_mode("container:web", "--pid"), "container:web");
  EXPECT_EQ(parse_namespace_mode("ns:/proc/1/ns/pid", "--pid"), "ns:/proc/1/ns/pid");
  for (const char* text : {"shareable", "none", "hosts", "container:", "container:../x", "ns:rel"})
    expect_error(
        ErrorKind::usage, "no such mode", [&] { parse_namespace_mode(text, "--uts"); }, text);
}

TEST(Sysctl, Parse) {
  EXPECT_EQ(parse_sysctl_option("net.ipv4.ip_forward=1"),
            std::make_pair(std::string("net.ipv4.ip_forward"), std::string("1")));
  EXPECT_EQ(parse_sysctl_option("net.ipv4.ping_group_range=0 1").second, "0 1");
  EXPECT_EQ(parse_sysctl_option("kernel.shmmax=5").first, "kernel.shmmax");
  const std::pair<const char*, const char*> rows[] = {
      {"", "no value"},
      {"net.x", "no value"},
      {"=1", "no value"},
      {"kernel.core_pattern=|/bin/sh", "would change the host"},
      {"kernel.shmmax2=1", "would change the host"},
      {"vm.swappiness=1", "would change the host"},
      {"net.=1", "not a name of a sysctl"},
      {"net=1", "would change the host"},
      {"net.ipv4/../../kernel/core_pattern=x", "not a name of a sysctl"},
      {"net/ipv4/ip_forward=1", "not a name of a sysctl"},
      {"net..kernel=1", "not a name of a sysctl"},
      {"net.ipv4.x+kernel.core_pattern=1", "not a name of a sysctl"},
      {"net.x=1\nkernel.core_pattern=2", "control characters"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_sysctl_option(t); }, text);
}

TEST(Sysctl, SharedNamespaces) {
  EXPECT_NO_THROW(check_sysctl_namespace("net.core.somaxconn", false, true));
  EXPECT_NO_THROW(check_sysctl_namespace("kernel.sem", true, false));
  expect_error(ErrorKind::usage, "shares its network",
               [] { check_sysctl_namespace("net.core.somaxconn", true, false); });
  expect_error(ErrorKind::usage, "shares its ipc", [] { check_sysctl_namespace("fs.mqueue.msg_max", false, true); });
  expect_error(ErrorKind::usage, "does not belong", [] { check_sysctl_namespace("vm.x", false, false); });
}

TEST(HostNames, Parse) {
  for (const char* name : {"web", "web-1.example.org", "A", "a_b", "0"}) EXPECT_EQ(parse_hostname(name), name);
  for (const std::string& name : Strings{"", "-a", "a-", "a b", "a\nb", "a..b", ".a", "a.", "a/b", "ä",
                                         std::string(65, 'a'), std::string(64, 'a')})
    expect_error(
        ErrorKind::usage, "not a host name", [&] { parse_hostname(name); }, name);
  EXPECT_EQ(parse_domainname("example.org"), "example.org");
  for (const std::string& name : Strings{"a b", "a\n", "a/b", std::string(65, 'a')})
    expect_error(
        ErrorKind::usage, "not a domain name", [&] { parse_domainname(name); }, name);
}

TEST(HostNames, AddHost) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_add_host("db:10.0.0.1"), (Pairs{{"db", "10.0.0.1"}}));
  EXPECT_EQ(parse_add_host("db=10.0.0.1"), (Pairs{{"db", "10.0.0.1"}}));
  EXPECT_EQ(parse_add_host("db:::1"), (Pairs{{"db", "::1"}}));
  EXPECT_EQ(parse_add_host("db=[::1]"), (Pairs{{"db", "::1"}}));
  EXPECT_EQ(parse_add_host("host.docker.internal:host-gateway"), (Pairs{{"host.docker.internal", "host-gateway"}}));
  EXPECT_EQ(parse_add_host("a;b:10.0.0.1"), (Pairs{{"a", "10.0.0.1"}, {"b", "10.0.0.1"}}));
  for (const char* text : {"", "db", ":10.0.0.1", "db:", "db:x", "d b:10.0.0.1", "db:10.0.0.1\n10.0.0.2 evil",
                           "a\nb:10.0.0.1", "a;:1.2.3.4", "db:10.0.0.256", "db:fe80::1%eth0"})
    expect_error(
        ErrorKind::usage, "--add-host", [&] { parse_add_host(text); }, text);
}

TEST(HostNames, Dns) {
  EXPECT_EQ(parse_dns_server("9.9.9.9"), "9.9.9.9");
  EXPECT_EQ(parse_dns_server("2620:fe::fe"), "2620:fe::fe");
  for (const char* text : {"", "x", "1.2.3", "1.2.3.4\n", "1.2.3.4 "})
    expect_error(
        ErrorKind::usage, "not an IP address", [&] { parse_dns_server(text); }, text);
  EXPECT_EQ(parse_dns_search("example.org."), "example.org");
  EXPECT_EQ(parse_dns_search("."), ".");
  expect_error(ErrorKind::usage, "--dns-search", [] { parse_dns_search("a b"); });
  EXPECT_EQ(parse_dns_option("ndots:2"), "ndots:2");
  for (const char* text : {"", "a b", "a\nnameserver 1.2.3.4", "#"})
    expect_error(
        ErrorKind::usage, "--dns-option", [&] { parse_dns_option(text); }, text);
}

TEST(Labels, Parse) {
  EXPECT_EQ(parse_label("a=b=c", "--label"), std::make_pair(std::string("a"), std::string("b=c")));
  EXPECT_EQ(parse_label("a", "--label"), std::make_pair(std::string("a"), std::string()));
  expect_error(ErrorKind::usage, "--annotation '=x': the key is empty", [] { parse_label("=x", "--annotation"); });
}

TEST(Umask, Parse) {
  EXPECT_EQ(parse_umask("22"), "0022");
  EXPECT_EQ(parse_umask("0777"), "0777");
  for (const char* text : {"", "1000", "8", "-1", "x"})
    expect_error(
        ErrorKind::usage, "not an octal mask", [&] { parse_umask(text); }, text);
}

TEST(IpVersion, Table) {
  EXPECT_EQ(ip_version("127.0.0.1"), 4);
  EXPECT_EQ(ip_version("::"), 6);
  for (const char* text : {"", "1", "1.2.3.4.5", "01.2.3.4x", "[::1]", "::1%lo", " 1.2.3.4"})
    EXPECT_EQ(ip_version(text), 0) << text;
  EXPECT_EQ(ip_version(std::string_view("1.2.3.4\0", 8)), 0);
}

TEST(Network, Parse) {
  for (const char* text :
       {"none", "host", "bridge", "slirp4netns", "pasta", "container:web", "ns:/proc/1/ns/net", "mynet",
        "slirp4netns:mtu=1500,cidr=10.1.0.0/24,allow_host_loopback=true,enable_ipv6=false",
        "slirp4netns:outbound_addr=eth0,outbound_addr6=::1,port_handler=slirp4netns", "pasta:-T,none"})
    EXPECT_EQ(format_network_option(parse_network_option(text)), text);
  EXPECT_EQ(parse_network_option("mynet").mode, "network");
  EXPECT_EQ(parse_network_option("mynet").target, "mynet");
  EXPECT_EQ(parse_network_option("default").mode, "bridge");
  EXPECT_EQ(parse_network_option("ns:/a/../b").target, "/b");
}

TEST(Network, Errors) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "no network named"},
      {"slirp4netns:", "no options"},
      {"slirp4netns:mtuu=1", "did you mean 'mtu'?"},
      {"slirp4netns:mtu=10", "not a number between 68"},
      {"slirp4netns:mtu", "not a number between 68"},
      {"slirp4netns:cidr=10.0.2.0", "not an IPv4 network"},
      {"slirp4netns:cidr=10.0.2.0/30", "not an IPv4 network"},
      {"slirp4netns:cidr=::/24", "not an IPv4 network"},
      {"slirp4netns:allow_host_loopback=maybe", "not true or false"},
      {"slirp4netns:outbound_addr=-x", "not an IPv4 address or an interface"},
      {"slirp4netns:port_handler=x", "rootlesskit or slirp4netns"},
      {"slirp4netns:mtu=1500,", "unknown option ''"},
      {"pasta:a,,b", "an empty option"},
      {"container:", "no name of a container"},
      {"container:../x", "no name of a container"},
      {"ns:x", "not an absolute path"},
      {"host:x", "has no options"},
      {"my net", "not a name of a network"},
      {"../x", "not a name of a network"},
      {"a\nb", "control characters"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_network_option(t); }, text);
  const auto place =
      parse_network_option("mynet:ip=1.2.3.4,ip6=fd00::1,mac=02-42-00-00-00-0A,alias=a,alias=b,interface_name=net7");
  EXPECT_EQ(place.mode, "network");
  ASSERT_EQ(place.endpoints.size(), 1U);
  EXPECT_EQ(place.endpoints[0].ip + place.endpoints[0].ip6 + place.endpoints[0].mac, "1.2.3.4fd00::102:42:00:00:00:0a");
  EXPECT_EQ(place.endpoints[0].interface, "net7");
  EXPECT_EQ(place.endpoints[0].aliases, (std::vector<std::string>{"a", "b"}));
  for (const char* text :
       {"n:", "n:ip", "n:ip=fd00::1", "n:ip6=1.2.3.4", "n:mac=1", "n:alias=a b", "n:interface_name=lo", "n:x=1"})
    expect_error(ErrorKind::usage, "is not an option of a network", [&] { parse_network_option(text); });
  const auto longer =
      parse_network_option("name=mynet,alias=a,ip=1.2.3.4,mac-address=02:42:00:00:00:0a,gw-priority=-7");
  EXPECT_EQ(longer.mode + " " + longer.target, "network mynet");
  EXPECT_EQ(longer.endpoints[0].ip + longer.endpoints[0].mac + longer.endpoints[0].aliases[0],
            "1.2.3.402:42:00:00:00:0aa");
  EXPECT_EQ(longer.endpoints[0].gateway_priority, -7);
  EXPECT_EQ(parse_network_option("name=bridge").mode, "bridge");
  expect_error(ErrorKind::usage, "is no name of a network", [] { parse_network_option("name=,ip=1.2.3.4"); });
  auto several = parse_network_option("one");
  add_network(several, parse_network_option("two"));
  EXPECT_EQ(several.endpoints.size(), 2U);
  expect_error(ErrorKind::usage, "named twice", [&] { add_network(several, parse_network_option("two")); });
  expect_error(ErrorKind::usage, "together", [&] { add_network(several, parse_network_option("host")); });
}

}  // namespace
}  // namespace lichen::spec
