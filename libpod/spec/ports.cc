#include "libpod/spec/ports.hh"

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

struct Range {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  unsigned count() const { return static_cast<unsigned>(last - first) + 1; }
};

[[noreturn]] void fail(std::string_view option, std::string_view text, std::string_view cause, std::string_view hint) {
  throw Error(ErrorKind::usage, fmt::format("{} '{}': {}", option, text, cause)).with_hint(std::string(hint));
}

constexpr std::string_view kForm = "write it as [IP:][HOST:]CONTAINER[/tcp|udp|sctp], for example 127.0.0.1:8080:80";

std::uint16_t port_number(std::string_view option, std::string_view text, std::string_view digits,
                          std::uint16_t lowest) {
  const auto number = parse_uint(digits);
  if (!number) fail(option, text, fmt::format("'{}' is not a port", digits), kForm);
  if (*number < lowest || *number > 65535)
    fail(option, text, fmt::format("port {} is not between {} and 65535", digits, lowest), "choose another port");
  return static_cast<std::uint16_t>(*number);
}

Range port_range(std::string_view option, std::string_view text, std::string_view words, std::uint16_t lowest) {
  const auto pair = cut(words, '-');
  if (!pair) {
    const std::uint16_t port = port_number(option, text, words, lowest);
    return {port, port};
  }
  const Range range{port_number(option, text, pair->first, 1), port_number(option, text, pair->second, 1)};
  if (range.last < range.first)
    fail(option, text, fmt::format("the range '{}' runs backwards", words), "put the smaller port first");
  return range;
}

// "80/udp" -> "80" and "udp"
std::pair<std::string, std::string> split_protocol(std::string_view option, std::string_view text,
                                                   std::string_view words) {
  const auto pair = cut(words, '/');
  if (!pair) return {std::string(words), "tcp"};
  std::string protocol = to_lower(pair->second);
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp")
    fail(option, text, fmt::format("unknown protocol '{}'", pair->second), "use tcp, udp or sctp");
  return {pair->first, std::move(protocol)};
}

struct Parts {
  std::string ip, host, container;
};

std::string checked_ip(std::string_view text, std::string_view ip) {
  if (ip.empty()) return {};
  if (ip_version(ip) == 0) fail("--publish", text, fmt::format("'{}' is not an IP address", ip), kForm);
  return std::string(ip);
}

// The address may hold colons: in brackets, or bare when both ports follow.
Parts split_parts(std::string_view text, std::string_view words) {
  if (words.starts_with('[')) {
    const auto close = words.find("]:");
    if (close == std::string_view::npos) fail("--publish", text, "no ports after the address", kForm);
    const std::string ip = checked_ip(text, words.substr(1, close - 1));
    if (ip_version(ip) != 6) fail("--publish", text, "only an IPv6 address stands in brackets", kForm);
    const auto ports = cut(words.substr(close + 2), ':');
    if (!ports)
      fail("--publish", text, "only one port after the address",
           "to let lichen choose the host's port write [IP]::CONTAINER");
    return {ip, ports->first, ports->second};
  }
  const auto parts = split(words, ':');
  if (parts.size() == 1) return {"", "", parts[0]};
  if (parts.size() == 2) return {"", parts[0], parts[1]};
  const std::string ip = join(std::span(parts).first(parts.size() - 2), ":");
  if (ip.empty()) fail("--publish", text, "the address is empty", kForm);
  return {checked_ip(text, ip), parts[parts.size() - 2], parts.back()};
}

}  // namespace

std::vector<PortMapping> parse_port_option(std::string_view text) {
  constexpr std::string_view kOption = "--publish";
  const auto [words, protocol] = split_protocol(kOption, text, text);
  const Parts parts = split_parts(text, words);
  if (parts.container.empty()) fail(kOption, text, "no container port", kForm);
  const Range container = port_range(kOption, text, parts.container, 1);
  Range host;
  if (!parts.host.empty()) {
    host = port_range(kOption, text, parts.host, 0);
    // One container port and several of the host: docker takes the first that is free.
    if (host.count() != container.count() && container.count() != 1)
      fail(kOption, text, fmt::format("{} host port(s) for {} container port(s)", host.count(), container.count()),
           "give ranges of the same length");
  }
  std::vector<PortMapping> mappings;
  for (unsigned i = 0; i < container.count(); ++i) {
    PortMapping mapping;
    mapping.host_ip = parts.ip;
    mapping.host_port = host.first == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(host.first + i);
    mapping.container_port = static_cast<std::uint16_t>(container.first + i);
    mapping.protocol = protocol;
    if (host.count() > container.count()) mapping.host_port_last = host.last;
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::vector<std::string> parse_expose_option(std::string_view text) {
  constexpr std::string_view kOption = "--expose";
  const auto [words, protocol] = split_protocol(kOption, text, text);
  if (words.find(':') != std::string::npos)
    fail(kOption, text, "only a container port is exposed", "use --publish for host ports");
  const Range range = port_range(kOption, text, words, 1);
  std::vector<std::string> ports;
  for (unsigned i = 0; i < range.count(); ++i) ports.push_back(fmt::format("{}/{}", range.first + i, protocol));
  return ports;
}

std::pair<std::uint16_t, std::string> split_exposed_port(std::string_view text) {
  try {
    const auto [words, protocol] = split_protocol("port", text, text);
    return {port_number("port", text, words, 1), protocol};
  } catch (Error& error) {
    error.with_kind(ErrorKind::invalid);
    throw;
  }
}

std::string host_port_text(const PortMapping& port) {
  if (port.host_port == 0) return "";
  return port.host_port_last == 0 ? std::to_string(port.host_port)
                                  : fmt::format("{}-{}", port.host_port, port.host_port_last);
}

std::string format_port_option(const PortMapping& port) {
  std::string text;
  if (!port.host_ip.empty()) text = ip_version(port.host_ip) == 6 ? "[" + port.host_ip + "]:" : port.host_ip + ":";
  if (port.host_port != 0)
    text += fmt::format("{}:", host_port_text(port));
  else if (!port.host_ip.empty())
    text += ':';
  return fmt::format("{}{}/{}", text, port.container_port, port.protocol);
}

}  // namespace lichen::spec
