// -u and USER: the text, and its resolution against the image's /etc/passwd and /etc/group.
//
// Only contents come in here: who reads the files beneath the rootfs decides how many bytes (C14). Docker's rules: a
// number is always an id, even when the passwd file has a user of that name (CVE-2016-3697); ids above 2^31-1 are
// refused (CVE-2024-40635); lines of the file that are malformed are skipped, never read as 0; the primary group is
// among the supplementary ones (CVE-2022-36109).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::spec {

inline constexpr std::uint32_t kMaxId = 0x7fffffff;

struct UserSpec {
  std::string user;   // name or decimal id; empty: root
  std::string group;  // name or decimal id; empty: the user's
};

struct ResolvedUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids;  // gid first, no duplicates
  std::string name;                            // of the passwd entry; empty when there is none
  std::string home = "/";                      // likewise "/"
  std::string shell;
};

/// "", "USER", "USER:GROUP", ":GROUP".
/// @throws Error{usage} more than one ':', control characters, blanks at an end, longer than 256 bytes, an id out of
/// range
UserSpec parse_user_spec(std::string_view text);

/// @param passwd, group  contents of the files; empty when there is none
/// @param group_add      --group-add: names or ids
/// @throws Error{not_found} a name that is in no entry; Error{usage} an id out of range
ResolvedUser resolve_user(const UserSpec& spec, std::string_view passwd, std::string_view group,
                          std::span<const std::string> group_add = {});

}  // namespace lichen::spec
