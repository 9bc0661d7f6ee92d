// --security-opt, --userns and the namespace modes, --sysctl.
#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

constexpr std::string_view kSecurity = "--security-opt";

[[noreturn]] void fail(std::string_view option, std::string_view text, std::string_view cause, std::string_view hint) {
  throw Error(ErrorKind::usage, fmt::format("{} '{}': {}", option, text, cause)).with_hint(std::string(hint));
}

std::vector<std::string> path_list(std::string_view text, std::string_view value) {
  std::vector<std::string> paths;
  for (const auto& path : split(value, ':')) {
    if (!path.starts_with('/'))
      fail(kSecurity, text, fmt::format("'{}' is not an absolute path", path), "give paths separated by ':'");
    paths.push_back(clean_path(path));
  }
  return paths;
}

void set_label(SecurityOptions& options, std::string_view text, const std::string& value) {
  const auto pair = cut(value, ':');
  static constexpr std::string_view kParts[] = {"user", "role", "type", "level", "filetype"};
  if (value == "disable") {
    options.selinux_label = "disable";
  } else if (pair && !pair->second.empty() && std::ranges::find(kParts, pair->first) != std::end(kParts)) {
    if (options.selinux_label == "disable") return;
    options.selinux_label += (options.selinux_label.empty() ? "" : ",") + value;
  } else {
    fail(kSecurity, text, fmt::format("unknown label '{}'", value),
         "use label=disable or label=type:TYPE (user, role, level, filetype)");
  }
}

void apply_security_opt(SecurityOptions& options, std::string_view text) {
  if (has_control_characters(text)) fail(kSecurity, "...", "control characters in the value", "remove them");
  // docker took ':' before 1.11 and still does; a key never holds one.
  const std::size_t at = text.find_first_of("=:");
  const std::string_view key = text.substr(0, at);
  const std::string value(at == std::string_view::npos ? std::string_view() : text.substr(at + 1));
  if (key == "no-new-privileges") {
    const auto on = at == std::string_view::npos ? std::optional(true) : parse_bool(value);
    if (!on)
      fail(kSecurity, text, fmt::format("'{}' is not true or false", value),
           "write no-new-privileges or no-new-privileges=false");
    options.no_new_privileges = *on;
    return;
  }
  static constexpr std::string_view kKeys[] = {"seccomp", "apparmor",    "label",     "mask",
                                               "unmask",  "systempaths", "proc-opts", "credentialspec"};
  if (std::ranges::find(kKeys, key) == std::end(kKeys)) {
    std::vector<std::string> names(std::begin(kKeys), std::end(kKeys));
    names.emplace_back("no-new-privileges");
    const auto near = nearest(key, names);
    fail(kSecurity, text, fmt::format("unknown option '{}'", key),
         near ? fmt::format("did you mean '{}'?", *near) : "the options are " + join(names, " "));
  }
  if (value.empty()) fail(kSecurity, text, "no value", fmt::format("write {}=VALUE", key));
  if (key == "seccomp") {
    options.seccomp_profile = value == "builtin" ? "" : value;
  } else if (key == "apparmor") {
    options.apparmor_profile = value;
  } else if (key == "label") {
    set_label(options, text, value);
  } else if (key == "mask") {
    for (auto& path : path_list(text, value)) options.mask.push_back(std::move(path));
  } else if (key == "unmask" && to_upper(value) != "ALL") {
    for (auto& path : path_list(text, value)) options.unmask.push_back(std::move(path));
  } else if (key == "unmask" || (key == "systempaths" && value == "unconfined")) {
    options.unmask.emplace_back("ALL");
  } else if (key == "systempaths") {
    fail(kSecurity, text, fmt::format("unknown systempaths '{}'", value), "the only value is unconfined");
  } else {
    throw Error(ErrorKind::unsupported, fmt::format("{} '{}': '{}' is not supported", kSecurity, text, key))
        .with_hint("leave it out");
  }
}

std::uint32_t id_value(std::string_view text, std::string_view word, std::string_view value, std::uint64_t lowest) {
  const auto id = parse_uint(value);
  if (!id || *id < lowest || *id > 0x7fffffff)
    fail("--userns", text, fmt::format("'{}' is not a number of an id", word), "write it like uid=1000");
  return static_cast<std::uint32_t>(*id);
}

// CONTAINER:HOST[:SIZE], as podman writes it.
IdMapping id_mapping(std::string_view text, std::string_view word, std::string_view value) {
  const auto parts = split(value, ':');
  if (parts.size() < 2 || parts.size() > 3)
    fail("--userns", text, fmt::format("'{}' is not CONTAINER:HOST:SIZE", word), "write it like uidmapping=0:0:1");
  return {id_value(text, word, parts[0], 0), id_value(text, word, parts[1], 0),
          parts.size() == 3 ? id_value(text, word, parts[2], 1) : 1};
}

UsernsOption with_ids(UsernsOption option, std::string_view text, std::string_view words) {
  const bool keep_id = option.kind == UsernsOption::Kind::keep_id;
  for (const auto& word : split(words, ',')) {
    const auto pair = cut(word, '=');
    if (!pair)
      fail("--userns", text, fmt::format("'{}' is not NAME=VALUE", word), "write it like keep-id:uid=1000,gid=1000");
    if (pair->first == "uid" && keep_id)
      option.uid = id_value(text, word, pair->second, 0);
    else if (pair->first == "gid" && keep_id)
      option.gid = id_value(text, word, pair->second, 0);
    else if (pair->first == "size")
      option.size = id_value(text, word, pair->second, 1);
    else if (!keep_id && pair->first == "uidmapping")
      option.uid_mappings.push_back(id_mapping(text, word, pair->second));
    else if (!keep_id && pair->first == "gidmapping")
      option.gid_mappings.push_back(id_mapping(text, word, pair->second));
    else
      fail("--userns", text, fmt::format("unknown option '{}'", pair->first),
           keep_id ? "the options are uid, gid, size" : "the options are size, uidmapping, gidmapping");
  }
  return option;
}

struct SysctlScope {
  std::string_view name;  // ends with '.' for a whole subtree
  bool ipc;               // else network
};

// What belongs to the ipc and network namespaces: ipc_namespaces(7), network_namespaces(7); docker's list.
constexpr SysctlScope kSysctls[] = {
    {"kernel.msgmax", true}, {"kernel.msgmnb", true}, {"kernel.msgmni", true}, {"kernel.sem", true},
    {"kernel.shmall", true}, {"kernel.shmmax", true}, {"kernel.shmmni", true}, {"kernel.shm_rmid_forced", true},
    {"fs.mqueue.", true},    {"net.", false},
};

const SysctlScope* find_sysctl(std::string_view name) {
  for (const auto& row : kSysctls)
    if (row.name.ends_with('.') ? name.starts_with(row.name) && name.size() > row.name.size() : name == row.name)
      return &row;
  return nullptr;
}

// Parts of letters, digits, '_' and '-' between dots: it becomes a path below /proc/sys.
bool is_sysctl_name(std::string_view name) {
  for (const auto& part : split(name, '.')) {
    if (part.empty()) return false;
    for (const char c : part)
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
        return false;
  }
  return true;
}

}  // namespace

SecurityOptions parse_security_opts(std::span<const std::string> options) {
  SecurityOptions result;
  for (const auto& option : options) apply_security_opt(result, option);
  return result;
}

UsernsOption parse_userns(std::string_view text) {
  using Kind = UsernsOption::Kind;
  if (has_control_characters(text)) fail("--userns", "...", "control characters in the value", "remove them");
  UsernsOption option;
  if (text.empty() || text == "private" || text == "default") return option;
  const auto pair = cut(text, ':');
  const std::string head = pair ? pair->first : std::string(text);
  if (head == "host" && !pair) {
    option.kind = Kind::host;
  } else if (head == "nomap" && !pair) {
    option.kind = Kind::nomap;
  } else if (head == "keep-id" || head == "auto") {
    option.kind = head == "auto" ? Kind::automatic : Kind::keep_id;
    if (pair) return with_ids(std::move(option), text, pair->second);
  } else if (head == "container" && pair && is_object_name(pair->second)) {
    option.kind = Kind::container;
    option.target = pair->second;
  } else if (head == "ns" && pair && pair->second.starts_with('/')) {
    option.kind = Kind::path;
    option.target = clean_path(pair->second);
  } else {
    fail("--userns", text, "no such mode",
         "use host, keep-id[:uid=,gid=], nomap, auto[:size=], container:NAME or ns:PATH");
  }
  return option;
}

std::string parse_namespace_mode(std::string_view text, std::string_view option) {
  if (has_control_characters(text)) fail(option, "...", "control characters in the value", "remove them");
  // A private ipc namespace is more than an own one: nobody else may join it.
  if (option == "--ipc" && (text == "none" || text == "shareable" || text == "private")) return std::string(text);
  if (text.empty() || text == "private") return {};
  if (text == "host") return std::string(text);
  const auto pair = cut(text, ':');
  if (pair && pair->first == "container" && is_object_name(pair->second)) return std::string(text);
  if (pair && pair->first == "ns" && pair->second.starts_with('/')) return "ns:" + clean_path(pair->second);
  fail(option, text, "no such mode",
       option == "--ipc" ? "use private, shareable, none, host, container:NAME or ns:PATH"
                         : "use private, host, container:NAME or ns:PATH");
}

std::pair<std::string, std::string> parse_sysctl_option(std::string_view text) {
  constexpr std::string_view kOption = "--sysctl";
  if (has_control_characters(text)) fail(kOption, "...", "control characters in the value", "remove them");
  const auto pair = cut(text, '=');
  if (!pair || pair->first.empty()) fail(kOption, text, "no value", "write it as NAME=VALUE");
  std::string name(trim(pair->first)), value(trim(pair->second));
  if (!is_sysctl_name(name))
    fail(kOption, text, fmt::format("'{}' is not a name of a sysctl", name), "write the name with dots");
  if (find_sysctl(name) == nullptr)
    fail(kOption, text, fmt::format("'{}' does not belong to a namespace: it would change the host", name),
         "only net.*, fs.mqueue.*, kernel.msg*, kernel.sem and kernel.shm* can be set for a container");
  return {std::move(name), std::move(value)};
}

void check_sysctl_namespace(std::string_view name, bool shares_network, bool shares_ipc) {
  const SysctlScope* scope = find_sysctl(name);
  if (scope == nullptr)
    fail("--sysctl", name, "does not belong to a namespace",
         "only sysctls of the network and ipc namespace can be set");
  if (scope->ipc && shares_ipc)
    fail("--sysctl", name, "the container shares its ipc namespace, the setting would reach others",
         "remove --ipc or the sysctl");
  if (!scope->ipc && shares_network)
    fail("--sysctl", name, "the container shares its network namespace, the setting would reach others",
         "remove --network or the sysctl");
}

}  // namespace lichen::spec
