// The user database without the C library's: programs that are linked statically cannot load what nsswitch.conf(5)
// names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace lichen::sys {

struct UserEntry {
  std::string name, home;
};

/// Of `uid` in /etc/passwd, else what getent(1) says, which asks LDAP and the like. nullopt: nobody knows it
std::optional<UserEntry> find_user(uid_t uid);

/// The first line of passwd(5) with this uid. Pure.
std::optional<UserEntry> find_user_in(std::string_view text, uid_t uid);

}  // namespace lichen::sys
