#include "compose/possible_limits.hh"

#include <algorithm>
#include <limits>

#include "libpod/base/log.hh"
#include "libpod/spec/resources.hh"
#include "libpod/sys/rlimit.hh"
#include "libpod/sys/userns.hh"

namespace lichen::compose {
namespace {

/// setrlimit(2) asks for CAP_SYS_RESOURCE in the first user namespace, the one that has all ids.
bool is_real_root() {
  const auto maps = sys::current_maps();
  return sys::is_namespace_root() && maps.uids.size() == 1 &&
         maps.uids[0].count == std::numeric_limits<std::uint32_t>::max();
}

}  // namespace

spec::UlimitConfig possible_ulimit(const std::string& service, spec::UlimitConfig wanted) {
  const spec::OciRlimit asked = spec::to_oci_rlimit(wanted);
  const auto number = sys::rlimit_number(asked.type);
  const std::uint64_t most = number ? sys::hard_limit(*number) : asked.hard;
  if (asked.hard <= most || is_real_root()) return wanted;
  log_warn("services.{}.ulimits.{}: without root it can be no more than {} here, so it is that", service, wanted.name,
           most);
  wanted.soft = static_cast<std::int64_t>(std::min(asked.soft, most));
  wanted.hard = static_cast<std::int64_t>(most);
  return wanted;
}

}  // namespace lichen::compose
