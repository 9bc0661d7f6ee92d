#include "libpod/sys/rlimit.hh"

#include "libpod/base/error.hh"

#include <sys/resource.h>

namespace lichen::sys {
namespace {

struct Limit {
  std::string_view name;
  int number;
};

constexpr Limit kLimits[] = {
    {"RLIMIT_AS", RLIMIT_AS},           {"RLIMIT_CORE", RLIMIT_CORE},         {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},       {"RLIMIT_FSIZE", RLIMIT_FSIZE},       {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK}, {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE}, {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},   {"RLIMIT_NPROC", RLIMIT_NPROC},       {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},   {"RLIMIT_RTTIME", RLIMIT_RTTIME},     {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

}  // namespace

std::optional<int> rlimit_number(std::string_view name) {
  for (const auto& limit : kLimits)
    if (limit.name == name) return limit.number;
  return std::nullopt;
}

std::uint64_t hard_limit(int number) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(number), &now) != 0) throw_errno("read the limit {}", number);
  return now.rlim_max;
}

}  // namespace lichen::sys
