#include "libpod/network/dns_files.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"

namespace lichen::network {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <typename Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::internal, "");
}

TEST(HostsFile, HasDockersLines) {
  EXPECT_EQ(
      hosts_file({.container_ip = "10.0.2.100", .hostname = "web", .extra_hosts = {{"db", "10.1.1.1"}}}),
      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\n"
      "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n10.1.1.1\tdb\n10.0.2.100\tweb\n");
}

TEST(HostsFile, NamesTheDomainFirst) {
  EXPECT_THAT(hosts_file({.container_ip = "10.0.2.100", .hostname = "web", .domainname = "example.org"}),
              HasSubstr("10.0.2.100\tweb.example.org web\n"));
  EXPECT_THAT(hosts_file({.container_ip = "10.0.2.100", .hostname = "web.example.org"}),
              HasSubstr("10.0.2.100\tweb.example.org web\n"));
}

TEST(HostsFile, ResolvesItsNameWithoutNetwork) {
  EXPECT_THAT(hosts_file({.hostname = "web"}), HasSubstr("127.0.0.1\tweb\n"));
}

TEST(HostsFile, MapsHostGateway) {
  const auto text =
      hosts_file({.container_ip = "10.0.2.100", .extra_hosts = {{"me", "host-gateway"}}, .host_gateway = "10.0.2.2"});
  EXPECT_THAT(text, HasSubstr("10.0.2.2\tme\n"));
  EXPECT_THAT(text, HasSubstr("10.0.2.2\thost.docker.internal\n"));
  EXPECT_THAT(text, HasSubstr("10.0.2.2\thost.containers.internal\n"));
}

TEST(HostsFile, LetsTheUserNameTheHost) {
  const auto text = hosts_file({.extra_hosts = {{"host.docker.internal", "1.2.3.4"}}, .host_gateway = "10.0.2.2"});
  EXPECT_THAT(text, HasSubstr("1.2.3.4\thost.docker.internal\n"));
  EXPECT_THAT(text, Not(HasSubstr("10.0.2.2\thost.docker.internal")));
}

TEST(HostsFile, SaysWhyThereIsNoHostGateway) {
  const auto error = error_of([] {
    hosts_file({.extra_hosts = {{"me", "host-gateway"}}, .host_gateway_hint = "do that"});
  });
  EXPECT_EQ(error.kind(), ErrorKind::unsupported);
  EXPECT_THAT(error.what(), HasSubstr("me:host-gateway"));
  EXPECT_EQ(error.hint(), "do that");
}

TEST(HostsFile, KeepsTheHostsOwn) {
  EXPECT_EQ(hosts_file({.hostname = "web", .extra_hosts = {{"db", "::1"}}, .base = "127.0.0.1 localhost"}),
            "127.0.0.1 localhost\n::1\tdb\n");
}

TEST(HostsFile, RefusesWhatWouldAddLines) {
  for (const std::string bad : {"a b", "a\nb", "a\rb", "a\tb", "", "-a", "a#b"}) {
    EXPECT_EQ(error_of([&] { hosts_file({.extra_hosts = {{bad, "1.2.3.4"}}}); }).kind(), ErrorKind::invalid) << bad;
    EXPECT_THROW(hostname_file(bad), Error) << bad;
    if (bad.empty()) continue;  // no name: no line
    EXPECT_THROW(hosts_file({.hostname = bad}), Error) << bad;
  }
  EXPECT_THROW(hosts_file({.extra_hosts = {{"a", "1.2.3.4\n6.6.6.6 b"}}}), Error);
  EXPECT_THROW(hosts_file({.extra_hosts = {{std::string("a\0b", 3), "1.2.3.4"}}}), Error);
  EXPECT_THROW(hosts_file({.extra_hosts = {{"a", std::string("1.2.3.4\0x", 9)}}}), Error);
}

TEST(ResolvConf, PutsTheNetworksServerFirst) {
  EXPECT_EQ(
      resolv_conf({.host_conf = "# x\nsearch a b\nnameserver 9.9.9.9\noptions ndots:2\n", .own_servers = {"10.0.2.3"}}),
      "search a b\nnameserver 10.0.2.3\nnameserver 9.9.9.9\noptions ndots:2\n");
}

TEST(ResolvConf, ReplacesLoopbackServersBySystemdResolvedsOwn) {
  ResolvInput input{.host_conf = "nameserver 127.0.0.53\n",
                    .resolved_conf = "nameserver 192.168.1.1\nnameserver 127.0.0.1\n",
                    .own_servers = {"10.0.2.3"}};
  EXPECT_EQ(resolv_conf(input), "nameserver 10.0.2.3\nnameserver 192.168.1.1\n");
  input.shares_host_network = true;
  input.own_servers.clear();
  EXPECT_EQ(resolv_conf(input), "nameserver 127.0.0.53\n");
}

TEST(ResolvConf, IsOverriddenByFlags) {
  ResolvInput input{.host_conf = "search a\nnameserver 9.9.9.9\noptions rotate\n", .own_servers = {"10.0.2.3"}};
  input.dns = {"1.1.1.1"};
  input.dns_search = {"x.org", "y.org"};
  input.dns_options = {"ndots:1"};
  EXPECT_EQ(resolv_conf(input), "search x.org y.org\nnameserver 1.1.1.1\noptions ndots:1\n");
  input.dns_search = {"."};
  EXPECT_EQ(resolv_conf(input), "nameserver 1.1.1.1\noptions ndots:1\n");
  input.dns = {"none"};
  EXPECT_EQ(resolv_conf(input), std::nullopt);
}

TEST(ResolvConf, RefusesWhatWouldAddLines) {
  EXPECT_THROW(resolv_conf({.dns = {"1.1.1.1\nnameserver 6.6.6.6"}}), Error);
  EXPECT_THROW(resolv_conf({.dns = {"fe80::1%a\nb"}}), Error);
  EXPECT_THROW(resolv_conf({.dns_search = {"a\nb"}}), Error);
  EXPECT_THROW(resolv_conf({.dns_options = {"a b"}}), Error);
  EXPECT_EQ(resolv_conf({.dns = {"fe80::1%eth0"}}), "nameserver fe80::1%eth0\n");
  EXPECT_EQ(resolv_conf({.host_conf = "nameserver x\x1b[1m\nnameserver 9.9.9.9\rfoo\n"}), "");
}

TEST(HostnameFile, IsOneLine) {
  EXPECT_EQ(hostname_file("web"), "web\n");
  EXPECT_THROW(hostname_file(std::string(65, 'a')), Error);
}

}  // namespace
}  // namespace lichen::network
