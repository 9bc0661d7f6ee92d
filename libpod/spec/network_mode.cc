#include "libpod/spec/network_mode.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/ip_network.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

[[noreturn]] void fail(std::string_view text, std::string_view cause, std::string_view hint) {
  throw Error(ErrorKind::usage, fmt::format("--network '{}': {}", text, cause)).with_hint(std::string(hint));
}

bool is_boolean(std::string_view value) { return parse_bool(value).has_value(); }

// An IPv4 network in which slirp4netns can place itself: it needs the addresses .1 to .100 and more (slirp4netns(1),
// --cidr).
bool is_cidr(std::string_view value) {
  const auto pair = cut(value, '/');
  if (!pair || ip_version(pair->first) != 4) return false;
  const auto bits = parse_uint(pair->second);
  return bits && *bits >= 1 && *bits <= 25;
}

bool is_mtu(std::string_view value) {
  const auto mtu = parse_uint(value);
  return mtu && *mtu >= 68 && *mtu <= 65521;  // 68: RFC 791; slirp4netns' own limit above
}

bool is_interface(std::string_view value) {
  return !value.empty() && value.size() < 16 && value.find('/') == std::string_view::npos &&
         !has_control_characters(value) && value.find(' ') == std::string_view::npos && value[0] != '-';  // IFNAMSIZ
}

bool is_outbound(std::string_view value) { return ip_version(value) == 4 || is_interface(value); }
bool is_outbound6(std::string_view value) { return ip_version(value) == 6 || is_interface(value); }
bool is_port_handler(std::string_view value) { return value == "rootlesskit" || value == "slirp4netns"; }

struct SlirpOption {
  std::string_view name;
  bool (*is_valid)(std::string_view value);
  std::string_view form;
};

constexpr SlirpOption kSlirpOptions[] = {
    {"cidr", is_cidr, "an IPv4 network such as 10.0.2.0/24"},
    {"mtu", is_mtu, "a number between 68 and 65521"},
    {"allow_host_loopback", is_boolean, "true or false"},
    {"enable_ipv6", is_boolean, "true or false"},
    {"outbound_addr", is_outbound, "an IPv4 address or an interface"},
    {"outbound_addr6", is_outbound6, "an IPv6 address or an interface"},
    {"port_handler", is_port_handler, "rootlesskit or slirp4netns"},
};

void check_slirp_option(std::string_view text, std::string_view word) {
  const auto pair = cut(word, '=');
  const std::string_view name = pair ? std::string_view(pair->first) : word;
  const auto found = std::ranges::find(kSlirpOptions, name, &SlirpOption::name);
  if (found == std::end(kSlirpOptions)) {
    std::vector<std::string> names;
    for (const auto& row : kSlirpOptions) names.emplace_back(row.name);
    const auto near = nearest(name, names);
    fail(text, fmt::format("unknown option '{}'", name),
         near ? fmt::format("did you mean '{}'?", *near) : "the options of slirp4netns are " + join(names, " "));
  }
  if (!pair || !found->is_valid(pair->second))
    fail(text, fmt::format("'{}' is not {}", pair ? pair->second : "", found->form),
         fmt::format("write {}=VALUE", name));
}

NetworkConfig with_mode(std::string mode) {
  NetworkConfig network;
  network.mode = std::move(mode);
  return network;
}

// docker's long form: name=NETWORK,alias=NAME,ip=ADDRESS,...
constexpr std::string_view kLongForm = "name=";

NetworkConfig parse_long_form(std::string_view text) {
  auto words = split(text.substr(kLongForm.size()), ',');
  const std::string name = words[0];
  if (!is_object_name(name))
    fail(text, fmt::format("'{}' is no name of a network", name), "write name=NETWORK,alias=NAME,ip=ADDRESS");
  words.erase(words.begin());
  if ((name == "host" || name == "none") && words.empty()) return with_mode(name);
  NetworkConfig network = with_mode(name == "bridge" ? "bridge" : "network");
  if (name != "bridge") network.target = name;
  NetworkEndpoint endpoint;
  endpoint.network = name;
  for (const auto& word : words) set_endpoint_option(text, word, endpoint);
  network.endpoints.push_back(std::move(endpoint));
  return network;
}

}  // namespace

void set_endpoint_option(std::string_view text, const std::string& word, NetworkEndpoint& endpoint) {
  const auto pair = cut(word, '=');
  const std::string name = pair ? pair->first : word, value = pair ? pair->second : "";
  if (name == "ip" && ip_version(value) == 4) {
    endpoint.ip = value;
  } else if (name == "ip6" && ip_version(value) == 6) {
    endpoint.ip6 = value;
  } else if (const auto mac = parse_mac(value); (name == "mac" || name == "mac-address") && mac) {
    endpoint.mac = *mac;
  } else if (name == "interface_name" && is_interface(value) && value != "lo") {
    endpoint.interface = value;
  } else if (name == "alias" && is_object_name(value)) {
    endpoint.aliases.push_back(value);
  } else if (const auto priority = parse_int(value); name == "gw-priority" && priority) {
    endpoint.gateway_priority = *priority;
  } else {
    fail(text, fmt::format("'{}' is not an option of a network", word),
         "the options are ip=IPv4, ip6=IPv6, mac=ADDRESS, interface_name=NAME, alias=NAME and gw-priority=NUMBER");
  }
}

NetworkConfig parse_network_option(std::string_view text) {
  if (has_control_characters(text)) fail("...", "control characters in the value", "remove them");
  if (text.empty())
    fail(text, "no network named", "use none, host, slirp4netns, container:NAME or the name of a network");
  if (text == "default" || text == "private") text = "bridge";
  if (text.starts_with(kLongForm)) return parse_long_form(text);
  if (text == "none" || text == "host") return with_mode(std::string(text));
  const auto pair = cut(text, ':');
  const std::string head = pair ? pair->first : std::string(text);
  const std::string tail = pair ? pair->second : std::string();
  NetworkConfig network = with_mode(head);
  if (head == "slirp4netns" || head == "pasta") {
    if (!pair) return network;
    if (tail.empty()) fail(text, "no options after ':'", fmt::format("write {} alone or {}:OPTION=VALUE", head, head));
    network.options = split(tail, ',');
    for (const auto& word : network.options) {
      if (head == "slirp4netns")
        check_slirp_option(text, word);
      else if (word.empty())
        fail(text, "an empty option", "remove the comma");
    }
    return network;
  }
  if (head == "container" && pair) {
    if (!is_object_name(tail))
      fail(text, fmt::format("'{}' is no name of a container", tail), "write container:NAME or container:ID");
    network.target = tail;
    return network;
  }
  if (head == "ns" && pair) {
    if (!tail.starts_with('/'))
      fail(text, fmt::format("'{}' is not an absolute path", tail), "write ns:/proc/PID/ns/net");
    network.target = clean_path(tail);
    return network;
  }
  if (head == "none" || head == "host") fail(text, fmt::format("'{}' has no options", head), "remove what follows ':'");
  if (!is_object_name(head))
    fail(text, "not a name of a network (letters, digits, '_', '.', '-')",
         "use none, host, slirp4netns, container:NAME or the name of a network");
  network = with_mode(head == "bridge" ? "bridge" : "network");
  if (head != "bridge") network.target = head;
  NetworkEndpoint endpoint;
  endpoint.network = head;
  if (pair)
    for (const auto& word : split(tail, ',')) set_endpoint_option(text, word, endpoint);
  network.endpoints.push_back(std::move(endpoint));
  return network;
}

void add_network(NetworkConfig& network, NetworkConfig more) {
  if (more.endpoints.empty() || network.endpoints.empty())
    throw Error(ErrorKind::usage, fmt::format("--network '{}' and '{}': they cannot be used together",
                                              format_network_option(network), format_network_option(more)))
        .with_hint("several networks must all be such as `lichen network create` makes");
  for (const auto& endpoint : network.endpoints)
    if (endpoint.network == more.endpoints[0].network)
      fail(endpoint.network, "the network is named twice", "name it once");
  network.endpoints.push_back(std::move(more.endpoints[0]));
}

std::string format_network_option(const NetworkConfig& network) {
  if (network.mode == "network") return network.target;
  if (!network.target.empty()) return network.mode + ":" + network.target;
  if (!network.options.empty()) return network.mode + ":" + join(network.options, ",");
  return network.mode;
}

}  // namespace lichen::spec
