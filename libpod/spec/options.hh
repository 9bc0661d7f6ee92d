// The values of options that need more than a number: security, logs, restart, signals, keys, user namespaces, sysctls,
// names and addresses. Each parser takes the text as typed and gives a checked struct; each error has the option, the
// text and the way out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// All --security-opt of one container.
struct SecurityOptions {
  bool no_new_privileges = false;
  std::string seccomp_profile;      // "" default, "unconfined", or a path as typed
  std::string apparmor_profile;     // "", "unconfined" or a name
  std::string selinux_label;        // "", "disable", or "user:..,type:.." joined with commas
  std::vector<std::string> mask;    // clean absolute paths
  std::vector<std::string> unmask;  // likewise (may have shell patterns), or "ALL"
};
/// Docker's "key:value" is taken like "key=value".
/// @throws Error{usage}        an unknown key or value
/// @throws Error{unsupported}  proc-opts and other known keys that lichen does not have
SecurityOptions parse_security_opts(std::span<const std::string> options);

struct RestartOption {
  RestartPolicy policy = RestartPolicy::no;
  std::int64_t max_retries = 0;  // 0: no limit; only with on-failure
};
/// no, never, on-failure[:N], always, unless-stopped. @throws Error{usage}
RestartOption parse_restart_policy(std::string_view text);
/// "on-failure:3".
std::string format_restart_policy(const RestartOption& option);

/// --log-driver and all --log-opt.
/// @param driver  empty = the default
/// @throws Error{usage}        an unknown driver, key or value
/// @throws Error{unsupported}  a driver or key that lichen does not have
LogConfig parse_log_options(std::string_view driver, std::span<const std::string> options);

struct Signal {
  int number = 0;    // 1..64, the numbers of x86 and arm
  std::string name;  // "SIGTERM", "SIGRTMIN+3"
};
/// "15", "TERM", "sigterm", "RTMIN+3", "SIGRTMAX-1". @throws Error{usage} no such signal
Signal parse_signal(std::string_view text);
/// The canonical name of a signal's number; "SIG32" for one without name.
std::string signal_name(int number);

/// docker's grammar: a comma-separated list of one character or ctrl-X, X of a-z @ [ \ ] ^ _.
/// @return the bytes; empty for "" (detaching is off)
/// @throws Error{usage}
std::string parse_detach_keys(std::string_view text);

struct UsernsOption {
  enum class Kind { shared, host, keep_id, nomap, automatic, container, path };
  Kind kind = Kind::shared;
  std::optional<std::uint32_t> uid, gid;  // keep-id
  std::optional<std::uint32_t> size;      // keep-id, auto
  IdMap uid_mappings, gid_mappings;       // auto: those that must be there
  std::string target;                     // container: its name; path: a namespace file
};
/// "", "private", "host", "keep-id[:uid=,gid=,size=]", "nomap", "auto[:size=,uidmapping=C:H:N,gidmapping=C:H:N]",
/// "container:NAME", "ns:PATH". @throws Error{usage}
UsernsOption parse_userns(std::string_view text);

/// --pid, --ipc, --uts, --cgroupns: "" and "private", "host", "container:NAME", "ns:PATH"; ipc also "none" and
/// "shareable".
/// @return the text in the form that ContainerConfig holds ("" for private, but "private" for ipc) @throws Error{usage}
/// not a mode of that namespace
std::string parse_namespace_mode(std::string_view text, std::string_view option);

/// --sysctl NAME=VALUE. Only names that belong to a namespace of the container, dots only, no control characters (C48).
/// @throws Error{usage}
std::pair<std::string, std::string> parse_sysctl_option(std::string_view text);
/// A sysctl of a namespace that the container shares with the host or with another one cannot be set. @throws
/// Error{usage}
void check_sysctl_namespace(std::string_view name, bool shares_network, bool shares_ipc);

/// @throws Error{usage} not a host name by RFC 1123, or longer than the kernel's 64 bytes (uts(2))
std::string parse_hostname(std::string_view text);
/// @throws Error{usage} blanks, control characters, longer than 64 bytes
std::string parse_domainname(std::string_view text);
/// --add-host NAME:ADDRESS, also NAME=ADDRESS and [v6]; "host-gateway" is an address; podman's "a;b:ADDRESS" gives
/// several. @throws Error{usage}
std::vector<std::pair<std::string, std::string>> parse_add_host(std::string_view text);
/// --dns. @throws Error{usage} not an IP address
std::string parse_dns_server(std::string_view text);
/// --dns-search; "." means none. @throws Error{usage}
std::string parse_dns_search(std::string_view text);
/// --dns-option. @throws Error{usage} blanks or control characters
std::string parse_dns_option(std::string_view text);
/// --link CONTAINER[:ALIAS] as "CONTAINER:ALIAS"; docker's own "/web/db" forms lose what is before the last '/'.
/// @throws Error{usage}
std::string parse_link(std::string_view text);
/// --label, --annotation KEY[=VALUE]. @throws Error{usage} an empty key or a NUL byte
std::pair<std::string, std::string> parse_label(std::string_view text, std::string_view option);
/// --umask: octal, at most 0777; printed as four digits. @throws Error{usage}
std::string parse_umask(std::string_view text);

/// --health-cmd: a line for the shell, or podman's JSON list with CMD or CMD-SHELL in front.
/// @return {"CMD", ...}, {"CMD-SHELL", line} or {"NONE"} @throws Error{usage}
std::vector<std::string> parse_health_command(std::string_view text, std::string_view option = "--health-cmd");
/// --health-interval and the like. @return nanoseconds; kHealthIntervalOff for the intervals "disable" (podman: only
/// `healthcheck run` checks) @throws Error{usage}
std::int64_t parse_health_duration(std::string_view text, std::string_view option);
inline constexpr std::int64_t kHealthIntervalOff = -1;
/// --health-on-failure. @throws Error{usage}
std::string parse_health_on_failure(std::string_view text);

/// Without brackets or zone. @return 4, 6, or 0 when it is no address
int ip_version(std::string_view text);
/// Whether a byte below 0x20 or 0x7f is in it: none may reach hosts, resolv.conf, passwd or a header (C15).
bool has_control_characters(std::string_view text);

}  // namespace lichen::spec
