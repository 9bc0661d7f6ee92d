#include "libpod/network/slirp4netns.hh"

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/unique_fd.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lichen::network {
namespace {

bool boolean_option(const std::string& name, const std::string& value) {
  const auto parsed = parse_bool(value);
  if (!parsed) throw_error(ErrorKind::usage, "network option '{}={}': not true or false", name, value);
  return *parsed;
}

void apply_option(SlirpOptions& options, const std::string& name, const std::string& value) {
  if (name == "cidr") {
    slirp_addresses(value);  // checks it
    options.cidr = value;
  } else if (name == "mtu") {
    const auto mtu = parse_uint(value);
    if (!mtu || *mtu < 68 || *mtu > 65521)
      throw_error(ErrorKind::usage, "network option 'mtu={}': not a number from 68 to 65521", value);
    options.mtu = static_cast<unsigned>(*mtu);
  } else if (name == "allow_host_loopback") {
    options.allow_host_loopback = boolean_option(name, value);
  } else if (name == "enable_ipv6") {
    options.enable_ipv6 = boolean_option(name, value);
  } else if (name == "outbound_addr") {
    options.outbound_addr = value;
  } else if (name == "outbound_addr6") {
    options.outbound_addr6 = value;
  } else if (name == "port_handler" && value == "rootlesskit") {
    throw Error(ErrorKind::unsupported,
                "network option 'port_handler=rootlesskit': lichen forwards ports with slirp4netns only")
        .with_hint("leave the option out");
  } else if (name != "port_handler" || value != "slirp4netns") {
    throw_error(ErrorKind::usage, "network option '{}={}': unknown", name, value);
  }
}

}  // namespace

SlirpOptions parse_slirp_options(const std::vector<std::string>& words) {
  SlirpOptions options;
  for (const auto& word : words) {
    const auto pair = cut(word, '=');
    if (!pair) throw_error(ErrorKind::usage, "network option '{}': not of the form name=value", word);
    apply_option(options, pair->first, pair->second);
  }
  if (!options.outbound_addr6.empty() && !options.enable_ipv6)
    throw Error(ErrorKind::usage, "network option 'outbound_addr6': needs IPv6").with_hint("add enable_ipv6=true");
  return options;
}

SlirpAddresses slirp_addresses(const std::string& cidr) {
  const auto pair = cut(cidr, '/');
  in_addr network{};
  const auto prefix = pair ? parse_uint(pair->second) : std::nullopt;
  if (!prefix || *prefix < 1 || *prefix > 25 || ::inet_pton(AF_INET, pair->first.c_str(), &network) != 1)
    throw_error(ErrorKind::usage, "network option 'cidr={}': not an IPv4 network with a prefix of 1 to 25 bits", cidr);
  const std::uint32_t base = ntohl(network.s_addr);
  if ((base & (0xffffffffu >> *prefix)) != 0)
    throw_error(ErrorKind::usage, "network option 'cidr={}': not the first address of a network", cidr);
  const auto text = [base](std::uint32_t offset) {
    const in_addr address{htonl(base + offset)};
    char buffer[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &address, buffer, sizeof buffer);
    return std::string(buffer);
  };
  return {text(100), text(2), text(3), static_cast<unsigned>(*prefix)};
}

std::vector<std::string> slirp_argv(const SlirpOptions& options, const std::string& netns_path, int ready_fd,
                                    int exit_fd) {
  std::vector<std::string> argv = {
      "slirp4netns",      "--configure",     format("--mtu={}", options.mtu), "--cidr=" + options.cidr,
      "--enable-sandbox", "--enable-seccomp"};
  if (!options.allow_host_loopback) argv.emplace_back("--disable-host-loopback");
  if (options.enable_ipv6) argv.emplace_back("--enable-ipv6");
  if (!options.outbound_addr.empty()) argv.push_back("--outbound-addr=" + options.outbound_addr);
  if (!options.outbound_addr6.empty()) argv.push_back("--outbound-addr6=" + options.outbound_addr6);
  if (!options.api_socket.empty()) argv.push_back("--api-socket=" + options.api_socket);
  argv.push_back(format("--ready-fd={}", ready_fd));
  argv.push_back(format("--exit-fd={}", exit_fd));
  argv.emplace_back("--netns-type=path");
  argv.push_back(netns_path);
  argv.push_back(options.device);
  return argv;
}

namespace {

[[noreturn]] void become_slirp(SlirpOptions options, const HelperChannel& channel) {
  sys::UniqueFd directory;
  if (!options.api_socket.empty()) {
    // sun_path has 108 bytes, a run directory with boot id and container id has more.
    directory = sys::open_path(parent_path(options.api_socket), O_PATH | O_DIRECTORY);
    options.api_socket = format("/proc/self/fd/{}/{}", directory.get(), base_name(options.api_socket));
  }
  const auto argv =
      slirp_argv(options, format("/proc/self/fd/{}", channel.netns_fd), channel.ready_fd, channel.life_fd);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  keep_over_exec({channel.netns_fd, channel.ready_fd, channel.life_fd});
  if (directory && ::fcntl(directory.get(), F_SETFD, 0) != 0) throw_errno("keep a file descriptor over exec");
  // A descriptor for each connection and published port; the soft limit is often 1024 while the hard one is far above.
  if (rlimit limit{}; ::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  sys::execute_by_path(words[0], words.data(), environ);
  throw_errno("execute 'slirp4netns'");
}

}  // namespace

HelperLaunch prepare_slirp4netns(SlirpOptions options) {
  return HelperLaunch("slirp4netns", "slirp4netns",
                      [options = std::move(options)](const HelperChannel& channel) { become_slirp(options, channel); });
}

}  // namespace lichen::network
