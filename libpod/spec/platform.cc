#include "libpod/spec/platform.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

struct Alias {
  std::string_view name, architecture, variant;
};
constexpr Alias kAliases[] = {
    {"x86_64", "amd64", ""},  {"x86-64", "amd64", ""},    {"i386", "386", ""},    {"i686", "386", ""},
    {"aarch64", "arm64", ""}, {"armhf", "arm", "v7"},     {"armel", "arm", "v6"}, {"armv7l", "arm", "v7"},
    {"armv6l", "arm", "v6"},  {"ppc64el", "ppc64le", ""},
};
constexpr std::string_view kArchitectures[] = {"386",    "amd64",    "arm",   "arm64",   "loong64", "mips",  "mipsle",
                                               "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"};
constexpr std::string_view kSystems[] = {"linux",  "windows", "darwin", "freebsd",
                                         "netbsd", "openbsd", "wasi",   "wasip1"};

template <typename Table>
bool contains(const Table& table, std::string_view word) {
  for (const auto& row : table)
    if (row == word) return true;
  return false;
}

Platform normalized(Platform platform) {
  platform.os = to_lower(platform.os);
  platform.architecture = to_lower(platform.architecture);
  platform.variant = to_lower(platform.variant);
  for (const auto& alias : kAliases) {
    if (alias.name != platform.architecture) continue;
    platform.architecture = alias.architecture;
    if (platform.variant.empty()) platform.variant = alias.variant;
  }
  // "arm/7" is "arm/v7".
  if (!platform.variant.empty() && platform.variant[0] >= '0' && platform.variant[0] <= '9')
    platform.variant.insert(0, "v");
  if (platform.architecture == "arm64" && platform.variant.empty()) platform.variant = "v8";
  if (platform.architecture == "arm" && platform.variant.empty()) platform.variant = "v7";
  if (platform.architecture == "amd64" && platform.variant == "v1") platform.variant.clear();
  return platform;
}

int variant_number(const std::string& variant) {
  if (variant.empty()) return 1;
  return variant.size() == 2 && variant[0] == 'v' && variant[1] >= '0' && variant[1] <= '9' ? variant[1] - '0' : -1;
}

}  // namespace

std::string Platform::str() const { return os + "/" + architecture + (variant.empty() ? "" : "/" + variant); }

Platform host_platform() {
#if defined(__x86_64__)
  return {"linux", "amd64", ""};
#elif defined(__aarch64__)
  return {"linux", "arm64", ""};
#elif defined(__arm__)
  return {"linux", "arm", "v7"};
#elif defined(__i386__)
  return {"linux", "386", ""};
#elif defined(__riscv)
  return {"linux", "riscv64", ""};
#elif defined(__powerpc64__)
  return {"linux", "ppc64le", ""};
#elif defined(__s390x__)
  return {"linux", "s390x", ""};
#else
#error "which architecture do images call this one?"
#endif
}

Platform parse_platform(std::string_view text) {
  const auto parts = split(text, '/');
  const auto wrong = [&](std::string_view why) {
    throw Error(ErrorKind::invalid, format("platform '{}': {}", printable(text), why))
        .with_hint("os/arch[/variant], such as linux/arm64");
  };
  if (text.empty() || parts.size() > 3) wrong("not os[/arch[/variant]]");
  for (const auto& part : parts)
    if (part.empty() || part.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
                            std::string::npos)
      wrong("a part is empty or has strange characters");
  Platform platform = host_platform();
  if (parts.size() == 1) {
    Platform one = normalized({"linux", parts[0], ""});
    if (contains(kSystems, to_lower(parts[0])))
      platform.os = to_lower(parts[0]);
    else if (contains(kArchitectures, one.architecture))
      platform = one;
    else
      wrong("neither an operating system nor an architecture");
    return platform;
  }
  platform = normalized({parts[0], parts[1], parts.size() == 3 ? parts[2] : ""});
  if (!contains(kSystems, platform.os)) wrong("unknown operating system");
  return platform;
}

int platform_match(const Platform& wanted_raw, const Platform& offered_raw) {
  const Platform wanted = normalized(wanted_raw), offered = normalized(offered_raw);
  if (wanted.os != offered.os) return 0;
  if (wanted.architecture != offered.architecture) {
    // A 64-bit ARM runs 32-bit images where nothing better is offered (containerd's platformVector).
    if (wanted.architecture == "arm64" && offered.architecture == "arm")
      return 1 + std::max(0, variant_number(offered.variant));
    return 0;
  }
  if (wanted.variant == offered.variant) return 100;
  const int want = variant_number(wanted.variant), have = variant_number(offered.variant);
  if (want < 0 || have < 0 || have > want) return 0;
  return 20 + have;
}

}  // namespace lichen::spec
