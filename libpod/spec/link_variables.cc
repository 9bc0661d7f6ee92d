#include "libpod/spec/link_variables.hh"

#include <algorithm>
#include <tuple>

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

std::string prefix_of(const std::string& alias) {
  std::string prefix = to_upper(alias);
  std::ranges::replace(prefix, '-', '_');
  return prefix;
}

struct Port {
  std::uint64_t number = 0;
  std::string protocol;
  friend bool operator==(const Port&, const Port&) = default;
};

// By number; of one number tcp comes first.
std::vector<Port> open_ports(const ContainerConfig& config) {
  std::vector<Port> ports;
  for (const auto& text : config.network.expose) {
    const auto parts = cut(text, '/');
    const auto number = parse_uint(parts ? parts->first : text);
    if (number) ports.push_back({*number, parts ? parts->second : "tcp"});
  }
  for (const auto& port : config.network.ports) ports.push_back({port.container_port, port.protocol});
  const auto key = [](const Port& port) { return std::tuple(port.number, port.protocol != "tcp", port.protocol); };
  std::ranges::sort(ports, {}, key);
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

// Index of the last of the ports without a gap that begin at `first`.
std::size_t end_of_run(const std::vector<Port>& ports, std::size_t first) {
  std::size_t last = first;
  while (last + 1 < ports.size() && ports[last + 1].number == ports[last].number + 1 &&
         ports[last + 1].protocol == ports[first].protocol)
    ++last;
  return last;
}

}  // namespace

std::vector<std::string> link_variables(const std::string& name, const std::string& alias, const std::string& address,
                                        const ContainerConfig& other) {
  const std::string prefix = prefix_of(alias);
  const auto ports = open_ports(other);
  const auto start_of = [&](const Port& port) {
    return format("{}_PORT_{}_{}", prefix, port.number, to_upper(port.protocol));
  };
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  const auto url_of = [&](const Port& port) { return format("{}://{}:{}", port.protocol, host, port.number); };

  std::vector<std::string> env;
  if (!ports.empty()) env.push_back(format("{}_PORT={}", prefix, url_of(ports[0])));
  for (std::size_t first = 0; first < ports.size();) {
    const std::size_t last = end_of_run(ports, first);
    if (last > first) {
      const std::string start = start_of(ports[first]);
      env.push_back(format("{}_START={}", start, url_of(ports[first])));
      env.push_back(format("{}_PORT_START={}", start, ports[first].number));
      env.push_back(format("{}_END={}", start, url_of(ports[last])));
      env.push_back(format("{}_PORT_END={}", start, ports[last].number));
    }
    first = last + 1;
  }
  for (const auto& port : ports) {
    const std::string start = start_of(port);
    env.push_back(format("{}={}", start, url_of(port)));
    env.push_back(format("{}_ADDR={}", start, address));
    env.push_back(format("{}_PORT={}", start, port.number));
    env.push_back(format("{}_PROTO={}", start, port.protocol));
  }
  env.push_back(format("{}_NAME=/{}/{}", prefix, name, alias));
  for (const auto& entry : other.env)
    if (!entry.starts_with("PATH=") && !entry.starts_with("HOME=") && entry.find('=') != std::string::npos)
      env.push_back(format("{}_ENV_{}", prefix, entry));
  return env;
}

}  // namespace lichen::spec
