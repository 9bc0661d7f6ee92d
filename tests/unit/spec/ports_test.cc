#include "libpod/spec/ports.hh"

#include "libpod/base/strings.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

std::string printed(const std::vector<PortMapping>& ports) {
  std::vector<std::string> words;
  for (const auto& port : ports) words.push_back(format_port_option(port));
  return join(words, " ");
}

TEST(Ports, Publish) {
  const std::pair<const char*, const char*> rows[] = {
      {"80", "80/tcp"},
      {"8080:80", "8080:80/tcp"},
      {"8080:80/udp", "8080:80/udp"},
      {"8080:80/SCTP", "8080:80/sctp"},
      {"0:80", "80/tcp"},
      {":80", "80/tcp"},
      {"127.0.0.1:8080:80", "127.0.0.1:8080:80/tcp"},
      {"127.0.0.1::80", "127.0.0.1::80/tcp"},
      {"127.0.0.1:0:80", "127.0.0.1::80/tcp"},
      {"[::1]:8080:80", "[::1]:8080:80/tcp"},
      {"[::]::80/udp", "[::]::80/udp"},
      {"::1:8080:80", "[::1]:8080:80/tcp"},
      {"8000-8002:80-82", "8000:80/tcp 8001:81/tcp 8002:82/tcp"},
      {"80-81", "80/tcp 81/tcp"},
      {"8000-8010:80", "8000-8010:80/tcp"},
      {"127.0.0.1:8000-8010:80/udp", "127.0.0.1:8000-8010:80/udp"},
      {"10.0.0.1::80-81/udp", "10.0.0.1::80/udp 10.0.0.1::81/udp"},
      {"65535:65535", "65535:65535/tcp"},
  };
  for (const auto& [text, expected] : rows) {
    SCOPED_TRACE(text);
    const auto ports = parse_port_option(text);
    EXPECT_EQ(printed(ports), expected);
    for (const auto& port : ports)
      EXPECT_EQ(printed(parse_port_option(format_port_option(port))), format_port_option(port)) << "no fixpoint";
  }
}

TEST(Ports, PublishErrors) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "no container port"},
      {":", "no container port"},
      {"8080:", "no container port"},
      {"a:80", "'a' is not a port"},
      {"80:a", "'a' is not a port"},
      {"0", "port 0 is not between 1"},
      {"80:0", "port 0 is not between 1"},
      {"65536:80", "not between 0 and 65535"},
      {"99999999999999999999:80", "is not a port"},
      {"-1:80", "is not a port"},
      {"+1:80", "is not a port"},
      {" 80:80", "is not a port"},
      {"80/icmp", "unknown protocol 'icmp'"},
      {"80/", "unknown protocol ''"},
      {"80/tcp/udp", "unknown protocol"},
      {"8002-8000:80-82", "runs backwards"},
      {"8000-8002:80-81", "3 host port(s) for 2 container port(s)"},
      {"8000:80-81", "1 host port(s) for 2 container port(s)"},
      {"0-1:80-81", "port 0 is not between 1"},
      {"300.0.0.1:80:80", "'300.0.0.1' is not an IP address"},
      {"localhost:80:80", "'localhost' is not an IP address"},
      {"[127.0.0.1]:80:80", "only an IPv6 address"},
      {"[]:80:80", "only an IPv6 address"},
      {"[::1:80:80", "no ports after the address"},
      {"[::1]", "no ports after the address"},
      {"[::1]:80", "only one port"},
      {"[::1]:1:2:3", "is not a port"},
      {"127.0.0.1:80", "is not a port"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_port_option(t); }, text);
}

TEST(Ports, Expose) {
  EXPECT_EQ(parse_expose_option("80"), std::vector<std::string>{"80/tcp"});
  EXPECT_EQ(parse_expose_option("53/udp"), std::vector<std::string>{"53/udp"});
  EXPECT_EQ(parse_expose_option("80-82/tcp"), (std::vector<std::string>{"80/tcp", "81/tcp", "82/tcp"}));
  expect_error(ErrorKind::usage, "only a container port", [] { parse_expose_option("8080:80"); });
  expect_error(ErrorKind::usage, "is not a port", [] { parse_expose_option(""); });
  expect_error(ErrorKind::usage, "unknown protocol", [] { parse_expose_option("80/x"); });
  EXPECT_EQ(split_exposed_port("53/udp"), std::make_pair(std::uint16_t{53}, std::string("udp")));
  expect_error(ErrorKind::invalid, "is not a port", [] { split_exposed_port("x/tcp"); });
}

}  // namespace
}  // namespace lichen::spec
