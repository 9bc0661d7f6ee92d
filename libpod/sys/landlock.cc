#include "libpod/sys/landlock.hh"

#include <cstdint>

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

// Debian 12's headers end with version 3 of the interface.
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;
constexpr std::uint64_t kIoctlDevice = std::uint64_t{1} << 15;

constexpr std::uint64_t kAll = (std::uint64_t{1} << 14) - 1;  // version 2: up to LANDLOCK_ACCESS_FS_REFER
constexpr std::uint64_t kInside = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
                                  LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                  LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;

}  // namespace

bool confine_thread_to(const std::string& directory) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 2) return false;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kAll | (version >= 3 ? kTruncate : 0) | (version >= 5 ? kIoctlDevice : 0);
  const UniqueFd rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!rules) return false;
  if (!directory.empty()) {
    const auto beneath = open_path(directory, O_PATH | O_DIRECTORY);
    landlock_path_beneath_attr rule{};
    rule.allowed_access = kInside | (version >= 3 ? kTruncate : 0);
    rule.parent_fd = beneath.get();
    if (::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
      throw_errno("confine a thread to '{}'", directory);
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_errno("set no_new_privs");
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) throw_errno("confine a thread");
  return true;
}

}  // namespace lichen::sys
