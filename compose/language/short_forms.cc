// The short forms that have a grammar of their own: ports, volumes, devices, hosts.
#include <algorithm>

#include "compose/language/canonical.hh"
#include "compose/language/paths.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/ip_network.hh"

namespace lichen::compose {
namespace {

struct Range {
  unsigned first = 0, last = 0;
  unsigned size() const { return last - first + 1; }
};

std::optional<Range> parse_range(std::string_view text, unsigned least) {
  const auto parts = split_n(text, '-', 2);
  const auto first = parse_uint(parts[0]);
  const auto last = parts.size() > 1 ? parse_uint(parts[1]) : first;
  if (!first || !last || *first < least || *last > 65535 || *first > *last) return std::nullopt;
  return Range{static_cast<unsigned>(*first), static_cast<unsigned>(*last)};
}

/// The parts of a port's short form.
struct PortText {
  std::string ip, host, container, protocol = "tcp";
};

PortText split_port(const std::string& text) {
  PortText port;
  std::string rest = text;
  if (const auto slash = rest.find('/'); slash != std::string::npos) {
    port.protocol = to_lower(rest.substr(slash + 1));
    rest.resize(slash);
  }
  // What stands before the last two colons is the address, which may be IPv6 with or without brackets.
  const auto last = rest.rfind(':');
  port.container = last == std::string::npos ? rest : rest.substr(last + 1);
  if (last == std::string::npos) return port;
  rest.resize(last);
  const auto before = rest.rfind(':');
  port.host = before == std::string::npos ? rest : rest.substr(before + 1);
  if (before == std::string::npos) return port;
  port.ip = rest.substr(0, before);
  if (port.ip.starts_with('[') && port.ip.ends_with(']')) port.ip = port.ip.substr(1, port.ip.size() - 2);
  return port;
}

Node integer(unsigned value, const Node& at) {
  Node node = make_string(std::to_string(value), at);
  node.kind = Node::Kind::integer;
  return node;
}

/// Split at colons, but not inside ${...} and not behind a drive.
std::vector<std::string> split_volume(const std::string& text) {
  // docker compose takes any letter for a drive; here C:/a:/b has one, and v:/a is a volume at /a.
  const bool has_drive = is_windows_path(text) && (text[2] != '/' || text.find(":/", 3) != std::string::npos);
  const std::size_t start = has_drive ? 2 : 0;
  std::vector<std::string> parts = {text.substr(0, start)};
  unsigned depth = 0;
  for (std::size_t i = start; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') ++depth;
    if (text[i] == '}' && depth > 0) --depth;
    if (text[i] == ':' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  return parts;
}

bool is_path(std::string_view source) {
  return !source.empty() && (source[0] == '.' || source[0] == '/' || source[0] == '~' || is_windows_path(source));
}

void apply_option(Node& volume, const std::string& option, const Node& item, const std::string& path,
                  const CanonicalContext& context) {
  const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), option) != words.end();
  };
  const auto part = [&](std::string_view name) -> Node& {
    Node* found = volume.find(name);
    return found != nullptr ? *found : volume.set(name, make_mapping(item));
  };
  if (is_one_of({"ro", "rw"})) {
    if (option == "ro") volume.set("read_only", make_boolean(true, item));
  } else if (option == "nocopy") {
    part("volume").set("nocopy", make_boolean(true, item));
  } else if (is_one_of({"z", "Z"})) {
    part("bind").set("selinux", option);
  } else if (is_one_of({"private", "rprivate", "shared", "rshared", "slave", "rslave"})) {
    part("bind").set("propagation", option);
  } else if (is_one_of({"cached", "delegated", "consistent"})) {
    // Hints for file sharing of Docker Desktop; docker compose drops them from the short form.
  } else {
    context.warn(item.spot, format("{}: the option '{}' is not known and has no effect", path, option));
  }
}

}  // namespace

std::vector<Node> long_ports(const Node& item, const std::string& path, const CanonicalContext& context) {
  if (!context.interpolated && item.text.find('$') != std::string::npos) return {item};
  const auto fail = [&](const std::string& reason) {
    context.sources.fail(item.spot, path, format("'{}': {}", item.text, reason),
                         "a port is [[IP:]HOST:]CONTAINER[/PROTOCOL]; HOST and CONTAINER may be ranges");
  };
  const PortText text = split_port(item.text);
  if (text.container.empty()) fail("the container's port is missing");
  const auto container = parse_range(text.container, 1);
  if (!container) fail(format("'{}' is no port or range", text.container));
  std::optional<Range> host;
  if (!text.host.empty()) {
    host = parse_range(text.host, 0);
    if (!host) fail(format("'{}' is no port or range", text.host));
    if (host->size() != container->size() && container->size() != 1) fail("the two ranges differ in length");
  }
  if (!text.ip.empty() && !spec::IpAddress::parse(text.ip)) fail(format("'{}' is no IP address", text.ip));
  if (text.protocol != "tcp" && text.protocol != "udp" && text.protocol != "sctp")
    fail(format("the protocol '{}' is none of tcp, udp, sctp", text.protocol));
  std::vector<Node> ports;
  for (unsigned i = 0; i < container->size(); ++i) {
    Node port = make_mapping(item);
    port.set("mode", "ingress");
    if (!text.ip.empty()) port.set("host_ip", text.ip);
    port.set("target", integer(container->first + i, item));
    if (host && host->size() > 1 && container->size() == 1) {
      port.set("published", format("{}-{}", host->first, host->last));
    } else if (host) {
      port.set("published", std::to_string(host->first + i));
    }
    port.set("protocol", text.protocol);
    ports.push_back(std::move(port));
  }
  return ports;
}

Node long_volume(const Node& item, const std::string& path, const CanonicalContext& context) {
  const auto parts = split_volume(item.text);
  if (item.text.empty() || parts.size() > 3 ||
      std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); })) {
    if (!context.interpolated && item.text.find('$') != std::string::npos) return item;
    context.sources.fail(item.spot, path, format("'{}' is no volume", item.text),
                         "a volume is [SOURCE:]TARGET[:OPTION,...]");
  }
  Node volume = make_mapping(item);
  const std::string source = parts.size() > 1 ? parts[0] : "";
  const bool is_bind = is_path(source);
  volume.set("type", is_bind ? "bind" : "volume");
  if (!source.empty()) volume.set("source", source);
  volume.set("target", parts.size() > 1 ? parts[1] : parts[0]);
  Node& part = volume.set(is_bind ? "bind" : "volume", make_mapping(item));
  if (is_bind) part.set("create_host_path", make_boolean(true, item));
  if (parts.size() == 3)
    for (const auto& option : split(parts[2], ',')) apply_option(volume, option, item, path, context);
  return volume;
}

Node long_device(const Node& item, const std::string& path, const CanonicalContext& context) {
  const auto parts = split(item.text, ':');
  if (item.text.empty() || parts.size() > 3) {
    if (!context.interpolated && item.text.find('$') != std::string::npos) return item;
    context.sources.fail(item.spot, path, format("'{}' is no device", item.text),
                         "a device is SOURCE[:TARGET[:PERMISSIONS]]");
  }
  Node device = make_mapping(item);
  device.set("source", parts[0]);
  device.set("target", parts.size() > 1 ? parts[1] : parts[0]);
  device.set("permissions", parts.size() > 2 ? parts[2] : "rwm");
  return device;
}

std::pair<std::string, std::string> split_host(const Node& item, const std::string& path,
                                               const CanonicalContext& context) {
  auto pair = cut(item.text, '=');
  if (!pair) pair = cut(item.text, ':');
  // What ${...} left empty is refused where the container is made, as docker compose does.
  if (!pair || pair->first.empty()) {
    if (!context.interpolated && item.text.find('$') != std::string::npos) return {item.text, ""};
    context.sources.fail(item.spot, path, format("'{}' is not HOST=ADDRESS", item.text));
  }
  std::string address = pair->second;
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return {pair->first, address};
}

}  // namespace lichen::compose
