#include "libpod/engine/container_status.hh"

#include <algorithm>
#include <map>

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/spec/ports.hh"

namespace lichen::engine {
namespace {

std::string since(const std::string& time, Timestamp at) {
  const auto then = parse_rfc3339(time);
  return then ? human_duration(at - *then) : "";
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_uint(text);
  return number && *number <= 65535 ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

std::string address(const std::string& ip) { return ip.find(':') == std::string::npos ? ip : "[" + ip + "]"; }

struct Run {
  std::string host_ip, protocol;
  std::uint16_t first = 0, last = 0;

  std::string str() const {
    const std::string range = first == last ? std::to_string(first) : format("{}-{}", first, last);
    return (host_ip.empty() ? range : format("{}:{}->{}", address(host_ip), range, range)) + "/" + protocol;
  }
};

std::string health_suffix(const std::string& health) {
  if (health.empty()) return "";
  return health == "starting" ? " (health: starting)" : " (" + health + ")";  // docker's two forms
}

}  // namespace

std::string status_text(const wire::ContainerState& state, Timestamp at) {
  using enum wire::ContainerStatus;
  switch (state.status) {
    case running:
      return "Up " + since(state.started_at, at) + health_suffix(state.health);
    case paused:
      return "Up " + since(state.started_at, at) + " (Paused)";
    case restarting:
      return format("Restarting ({}) {} ago", state.exit_code, since(state.finished_at, at));
    case removing:
      return "Removal In Progress";
    case created:
      return "Created";
    case exited:
      break;
  }
  return format("Exited ({}) {} ago", state.exit_code, since(state.finished_at, at));
}

std::string command_text(const spec::ContainerConfig& config) {
  std::string line;
  bool first = true;
  for (const auto* words : {&config.entrypoint, &config.command})
    for (const auto& word : *words) {
      const bool quote = !first && word.find(' ') != std::string::npos;
      line += (first ? "" : " ") + (quote ? "'" + word + "'" : word);
      first = false;
    }
  return line;
}

std::optional<PortInUse> parse_port_in_use(std::string_view text) {
  const auto slash = text.rfind('/');
  PortInUse port;
  if (slash != std::string_view::npos) port.protocol = text.substr(slash + 1);
  const std::string_view numbers = text.substr(0, slash);
  const auto second = numbers.rfind(':');
  const auto first =
      second == std::string_view::npos || second == 0 ? std::string_view::npos : numbers.rfind(':', second - 1);
  if (first == std::string_view::npos) return std::nullopt;
  std::string_view ip = numbers.substr(0, first);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  port.host_ip = ip.empty() ? "0.0.0.0" : std::string(ip);
  const auto host = parse_port(numbers.substr(first + 1, second - first - 1));
  const auto container = parse_port(numbers.substr(second + 1));
  if (!host || !container) return std::nullopt;
  port.host_port = *host;
  port.container_port = *container;
  return port;
}

std::vector<PortInUse> ports_in_use(const spec::ContainerConfig& config, const wire::ContainerState& state) {
  if (!wire::has_process(state.status)) return {};
  std::vector<PortInUse> ports;
  for (const auto& text : state.ports)
    if (auto port = parse_port_in_use(text)) ports.push_back(*std::move(port));
  for (const auto& text : config.network.expose) {
    const auto [number, protocol] = spec::split_exposed_port(text);
    const bool published =
        std::any_of(ports.begin(), ports.end(), [number = number, &protocol = protocol](const PortInUse& port) {
          return port.container_port == number && port.protocol == protocol;
        });
    if (!published) ports.push_back({"", 0, number, protocol});
  }
  return ports;
}

std::string ports_text(std::vector<PortInUse> ports) {
  std::sort(ports.begin(), ports.end(), [](const PortInUse& a, const PortInUse& b) {
    return std::tie(a.container_port, a.host_ip, a.host_port, a.protocol) <
           std::tie(b.container_port, b.host_ip, b.host_port, b.protocol);
  });
  std::map<std::pair<std::string, std::string>, Run> runs;
  std::vector<std::string> out, moved;
  for (const auto& port : ports) {
    if (!port.host_ip.empty() && port.host_port != port.container_port) {
      moved.push_back(
          format("{}:{}->{}/{}", address(port.host_ip), port.host_port, port.container_port, port.protocol));
      continue;
    }
    Run& run = runs[{port.host_ip, port.protocol}];
    if (!run.protocol.empty() && port.container_port == run.last + 1) {
      run.last = port.container_port;
      continue;
    }
    if (!run.protocol.empty()) out.push_back(run.str());
    run = {port.host_ip, port.protocol, port.container_port, port.container_port};
  }
  for (const auto& [key, run] : runs) out.push_back(run.str());
  out.insert(out.end(), moved.begin(), moved.end());
  return join(out, ", ");
}

std::vector<std::string> mount_names(const spec::ContainerConfig& config, bool truncate) {
  std::vector<std::string> names;
  for (const auto& mount : config.mounts)
    if (mount.type != spec::MountType::tmpfs) names.push_back(truncate ? ellipsis(mount.source, 15) : mount.source);
  return names;
}

std::vector<std::string> network_names(const spec::ContainerConfig& config) {
  const auto& network = config.network;
  if (!network.endpoints.empty()) {
    std::vector<std::string> names;
    for (const auto& endpoint : network.endpoints) names.push_back(endpoint.network);
    return names;
  }
  if (network.mode == "container") return {"container:" + network.target};
  if (network.mode == "ns") return {"ns:" + network.target};
  return {network.mode};
}

}  // namespace lichen::engine
