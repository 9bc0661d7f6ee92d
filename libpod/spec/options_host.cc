// Names, addresses and other words that end up in files of the container: hosts, resolv.conf, hostname, labels (C15).
#include <algorithm>

#include <arpa/inet.h>

#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

[[noreturn]] void fail(std::string_view option, std::string_view text, std::string_view cause, std::string_view hint) {
  const bool printable = !has_control_characters(text);
  throw Error(ErrorKind::usage, fmt::format("{} '{}': {}", option, printable ? text : "...", cause))
      .with_hint(std::string(hint));
}

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Labels of RFC 1123, section 2.1, with '_' which docker and the world use.
bool is_host_name(std::string_view name, std::size_t longest) {
  if (name.empty() || name.size() > longest) return false;
  for (const auto& label : split(name, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-' || c == '_'; })) return false;
  }
  return true;
}

std::string unbracket(std::string_view address) {
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return std::string(address);
}

}  // namespace

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

int ip_version(std::string_view text) {
  const std::string address(text);
  if (address.find('\0') != std::string::npos) return 0;
  in6_addr buffer;
  if (inet_pton(AF_INET, address.c_str(), &buffer) == 1) return 4;
  return inet_pton(AF_INET6, address.c_str(), &buffer) == 1 ? 6 : 0;
}

std::string parse_hostname(std::string_view text) {
  // 64 = __NEW_UTS_LEN, what sethostname(2) takes.
  if (!is_host_name(text, 64))
    fail("--hostname", text, "not a host name", "use up to 64 letters, digits, '-' and '.', no part longer than 63");
  return std::string(text);
}

std::string parse_domainname(std::string_view text) {
  if (text.size() > 64 || has_control_characters(text) || text.find_first_of(" /") != std::string_view::npos)
    fail("--domainname", text, "not a domain name", "use up to 64 letters, digits, '-' and '.'");
  return std::string(text);
}

std::vector<std::pair<std::string, std::string>> parse_add_host(std::string_view text) {
  constexpr std::string_view kOption = "--add-host";
  const std::size_t at = text.find_first_of(":=");
  if (at == std::string_view::npos || at == 0) fail(kOption, text, "not NAME:ADDRESS", "write it like db:192.0.2.1");
  const std::string address = unbracket(text.substr(at + 1));
  if (address != "host-gateway" && ip_version(address) == 0)
    fail(kOption, text, fmt::format("'{}' is not an IP address", has_control_characters(address) ? "..." : address),
         "write it like db:192.0.2.1, or host-gateway for the host");
  std::vector<std::pair<std::string, std::string>> hosts;
  for (const auto& name : split(text.substr(0, at), ';')) {
    if (!is_host_name(name, 253))
      fail(kOption, text, fmt::format("'{}' is not a host name", has_control_characters(name) ? "..." : name),
           "use letters, digits, '-' and '.'");
    hosts.emplace_back(name, address);
  }
  return hosts;
}

std::string parse_dns_server(std::string_view text) {
  if (ip_version(text) == 0) fail("--dns", text, "not an IP address", "write it like 192.0.2.53");
  return std::string(text);
}

std::string parse_dns_search(std::string_view text) {
  std::string_view name = text;
  if (name == ".") return std::string(name);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!is_host_name(name, 253))
    fail("--dns-search", text, "not a domain name", "write it like example.org, or . for none");
  return std::string(name);
}

std::string parse_dns_option(std::string_view text) {
  if (text.empty() || has_control_characters(text) || text.find(' ') != std::string_view::npos || text[0] == '#')
    fail("--dns-option", text, "not an option of resolv.conf", "write it like ndots:2");
  return std::string(text);
}

std::string parse_link(std::string_view text) {
  const auto pair = cut(text, ':');
  const auto last = [](std::string_view name) { return std::string(name.substr(name.rfind('/') + 1)); };
  const std::string name = last(pair ? pair->first : text), alias = pair ? last(pair->second) : name;
  if (!is_object_name(name) || !is_host_name(alias, 253))
    fail("--link", text, "not CONTAINER or CONTAINER:ALIAS", "write it like db:database");
  return name + ":" + alias;
}

std::pair<std::string, std::string> parse_label(std::string_view text, std::string_view option) {
  if (text.find('\0') != std::string_view::npos) fail(option, text, "NUL byte in the value", "remove it");
  const auto pair = cut(text, '=');
  const std::string key = pair ? pair->first : std::string(text);
  if (key.empty()) fail(option, text, "the key is empty", "write it as KEY=VALUE");
  return {key, pair ? pair->second : std::string()};
}

std::string parse_umask(std::string_view text) {
  const auto mask = parse_octal(text);
  if (!mask || *mask > 0777) fail("--umask", text, "not an octal mask", "write it like 0022");
  return fmt::format("{:04o}", *mask);
}

}  // namespace lichen::spec
