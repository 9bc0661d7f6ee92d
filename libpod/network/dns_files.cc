#include "libpod/network/dns_files.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace lichen::network {
namespace {

constexpr std::string_view kLocalhost =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::\tip6-localnet\n"
    "ff00::\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n";

bool is_plain(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char byte) { return static_cast<unsigned char>(byte) > 0x20 && byte != 0x7f; });
}

// For messages: what is quoted must not bring escape sequences to a terminal.
std::string shown(std::string_view text) {
  std::string out = "'";
  for (const char byte : text) out += static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f ? '?' : byte;
  return out + "'";
}

void check_name(std::string_view name) {
  if (!is_host_name(name))
    throw_error(ErrorKind::invalid, "host name {}: only letters, digits, '-', '.' and '_' are allowed", shown(name));
}

// A server in resolv.conf may carry a zone: fe80::1%eth0 (resolv.conf(5)).
int server_family(std::string_view text) {
  const auto percent = text.find('%');
  if (percent == std::string_view::npos) return address_family(text);
  const bool zone = is_plain(text.substr(percent + 1)) && text.size() - percent <= 16;
  return zone && address_family(text.substr(0, percent)) == 6 ? 6 : 0;
}

bool is_loopback_server(std::string_view text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24) == 127 || v4.s_addr == 0;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &v6) == 1 &&
         (IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6));
}

struct ResolvFile {
  std::vector<std::string> servers, search, options;
};

// The host's file is its administrator's, but damaged words must not get further: they are left out.
ResolvFile parse_resolv(std::string_view text) {
  ResolvFile file;
  for (const auto& raw : split(text, '\n')) {
    std::string line = replace_all(std::string(trim(raw)), "\t", " ");
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    auto words = split(line, ' ');
    std::erase_if(words, [](const std::string& word) { return !is_plain(word); });
    if (words.size() < 2) continue;
    const std::vector<std::string> values(words.begin() + 1, words.end());
    if (words[0] == "nameserver" && server_family(values[0]) != 0) file.servers.push_back(values[0]);
    // "If more than one instance of these keywords is present, the last instance wins." (resolv.conf(5))
    if (words[0] == "search" || words[0] == "domain") file.search = values;
    if (words[0] == "options") std::ranges::copy(values, std::back_inserter(file.options));
  }
  return file;
}

std::vector<std::string> host_servers(const ResolvInput& input, const ResolvFile& host) {
  if (input.shares_host_network) return host.servers;
  std::vector<std::string> usable = host.servers;
  std::erase_if(usable, is_loopback_server);
  if (usable.empty() && input.resolved_conf) {
    usable = parse_resolv(*input.resolved_conf).servers;
    std::erase_if(usable, is_loopback_server);
  }
  std::vector<std::string> servers = input.own_servers;
  for (auto& server : usable)
    if (std::ranges::find(servers, server) == servers.end()) servers.push_back(std::move(server));
  return servers;
}

void check_words(const std::vector<std::string>& words, std::string_view what) {
  for (const auto& word : words)
    if (!is_plain(word))
      throw_error(ErrorKind::invalid, "{} {}: empty, or with spaces or control characters", what, shown(word));
}

}  // namespace

int address_family(std::string_view text) {
  in6_addr address{};
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return 0;
  if (::inet_pton(AF_INET, copy.c_str(), &address) == 1) return 4;
  if (::inet_pton(AF_INET6, copy.c_str(), &address) == 1) return 6;
  return 0;
}

bool is_host_name(std::string_view text) {
  const auto allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_';
  };
  return !text.empty() && text.size() <= 253 && text[0] != '-' && text[0] != '.' && std::ranges::all_of(text, allowed);
}

std::string hosts_file(const HostsInput& input) {
  std::string out = input.base ? *input.base : std::string(kLocalhost);
  if (!out.empty() && out.back() != '\n') out += '\n';
  const auto add = [&out](std::string_view address, std::string_view names) {
    out += format("{}\t{}\n", address, names);
  };
  for (const auto& [name, address] : input.extra_hosts) {
    check_name(name);
    if (address == "host-gateway") {
      if (input.host_gateway.empty())
        throw Error(ErrorKind::unsupported,
                    format("--add-host '{}:host-gateway': this network has no address for the host", name))
            .with_hint(input.host_gateway_hint);
      add(input.host_gateway, name);
    } else if (address_family(address) != 0) {
      add(address, name);
    } else {
      throw_error(ErrorKind::invalid, "--add-host '{}': {} is not an IP address", name, shown(address));
    }
  }
  if (!input.host_gateway.empty())
    for (const std::string_view name : {"host.docker.internal", "host.containers.internal"})
      if (std::ranges::find(input.extra_hosts, name, &std::pair<std::string, std::string>::first) ==
          input.extra_hosts.end())
        add(input.host_gateway, name);
  if (input.hostname.empty() || input.base) return out;
  check_name(input.hostname);
  std::string names = input.hostname;
  if (!input.domainname.empty()) {
    check_name(input.domainname);
    names = format("{}.{} {}", input.hostname, input.domainname, input.hostname);
  } else if (const auto dot = input.hostname.find('.'); dot != std::string::npos) {
    names += " " + input.hostname.substr(0, dot);  // docker: --hostname web.example.org also answers to web
  }
  for (const auto& address : {input.container_ip, input.container_ip6})
    if (!address.empty()) add(address, names);
  // Without a network the name still has to resolve (sudo, mail programs): to loopback, as podman does.
  if (input.container_ip.empty() && input.container_ip6.empty()) add("127.0.0.1", names);
  return out;
}

std::optional<std::string> resolv_conf(const ResolvInput& input) {
  if (input.dns.size() == 1 && input.dns[0] == "none") return std::nullopt;
  const ResolvFile host = parse_resolv(input.host_conf);
  for (const auto& server : input.dns)
    if (server_family(server) == 0) throw_error(ErrorKind::invalid, "--dns {}: not an IP address", shown(server));
  check_words(input.dns_search, "--dns-search");
  check_words(input.dns_options, "--dns-option");
  const auto servers = input.dns.empty() ? host_servers(input, host) : input.dns;
  std::vector<std::string> search = input.dns_search.empty() ? host.search : input.dns_search;
  if (std::ranges::find(search, ".") != search.end()) search.clear();
  const auto& options = input.dns_options.empty() ? host.options : input.dns_options;
  std::string out;
  if (!search.empty()) out += "search " + join(search, " ") + "\n";
  for (const auto& server : servers) out += "nameserver " + server + "\n";
  if (!options.empty()) out += "options " + join(options, " ") + "\n";
  return out;
}

ResolvInput read_host_resolv() {
  ResolvInput input;
  constexpr std::size_t kLimit = 64 << 10;
  input.host_conf = sys::read_file_if_exists("/etc/resolv.conf", kLimit).value_or("");
  input.resolved_conf = sys::read_file_if_exists("/run/systemd/resolve/resolv.conf", kLimit);
  return input;
}

std::string hostname_file(std::string_view hostname) {
  check_name(hostname);
  if (hostname.size() > 64)
    throw_error(ErrorKind::invalid, "host name {}: longer than 64 characters", shown(hostname));  // __NEW_UTS_LEN
  return std::string(hostname) + "\n";
}

}  // namespace lichen::network
