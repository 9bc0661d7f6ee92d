#include "libpod/spec/capabilities.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

// linux/capability.h, in its order.
constexpr std::string_view kAll[] = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};
static_assert(std::size(kAll) == 41);

constexpr std::string_view kDefault[] = {
    "CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",           "CAP_FSETID",     "CAP_KILL",    "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_SETFCAP",
};

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

std::vector<std::string> normalized(std::span<const std::string> names, std::string_view option) {
  std::vector<std::string> result;
  for (const auto& name : names) result.push_back(normalize_capability(name, option));
  return result;
}

}  // namespace

std::span<const std::string_view> all_capabilities() { return kAll; }

std::span<const std::string_view> default_capabilities() { return kDefault; }

std::string normalize_capability(std::string_view text, std::string_view option) {
  std::string name = to_upper(text);
  if (name == "ALL" || name == "CAP_ALL") return "ALL";
  if (!name.starts_with("CAP_")) name = "CAP_" + name;
  if (contains(kAll, name)) return name;
  const std::vector<std::string> known(std::begin(kAll), std::end(kAll));
  const auto near = nearest(name, known);
  throw Error(ErrorKind::usage, fmt::format("{} '{}': no such capability", option, text))
      .with_hint(near ? fmt::format("did you mean {}?", *near) : "capabilities(7) lists the names");
}

std::vector<std::string> compute_capabilities(std::span<const std::string> add, std::span<const std::string> drop,
                                              bool privileged, std::span<const std::string> available,
                                              std::span<const std::string> defaults) {
  const auto adds = normalized(add, "--cap-add");
  const auto drops = normalized(drop, "--cap-drop");
  const auto is_default = [&](std::string_view name) {
    return defaults.empty() ? contains(kDefault, name) : contains(defaults, name);
  };
  const auto wanted = [&](std::string_view name) {
    if (privileged) return true;
    if (contains(adds, "ALL")) return !contains(drops, name);
    if (contains(drops, "ALL")) return contains(adds, name);
    return contains(adds, name) || (is_default(name) && !contains(drops, name));
  };
  std::vector<std::string> result;
  for (const std::string_view name : kAll) {
    if (!wanted(name)) continue;
    if (available.empty() || contains(available, name)) {
      result.emplace_back(name);
    } else if (contains(adds, name)) {
      throw Error(ErrorKind::unsupported, fmt::format("--cap-add '{}': this user namespace cannot give it", name))
          .with_hint(
              "lichen itself runs with fewer capabilities than the kernel has; run it outside of that container or "
              "service");
    }
  }
  return result;
}

}  // namespace lichen::spec
