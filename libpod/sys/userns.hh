// User namespaces of unprivileged users: subordinate ids, making a namespace, joining one.
//
// A process cannot write a map with ids beyond its own; newuidmap(1) and newgidmap(1), the only privileged helpers of
// lichen, do it after a look into /etc/subuid and /etc/subgid. They must run outside the new namespace, so a helper
// child is forked before unshare(2) and told when to go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// One line of a uid_map or gid_map.
struct IdRange {
  std::uint32_t inside = 0;   // first id in the namespace
  std::uint32_t outside = 0;  // first id in the parent
  std::uint32_t count = 0;
};

/// The maps of a namespace; sorted by inside id, not overlapping.
struct IdMaps {
  std::vector<IdRange> uids, gids;
  bool single_id() const { return uids.size() == 1 && uids[0].count == 1; }
};

struct SubordinateIds {
  std::vector<IdRange> uids, gids;  // `inside` is 0 everywhere: only what the user may map
  std::string problem;              // why there are none: "no line for 'anna' in /etc/subuid"
};
/// Read the two files, or where nsswitch.conf names another service ask libsubid by its program getsubids(1).
SubordinateIds subordinate_ids(uid_t uid);

/// 0 -> uid, 1.. -> the subordinate ranges one after the other; only 0 -> uid when either kind has none.
IdMaps default_maps(uid_t uid, gid_t gid, const SubordinateIds& ids);

/// Name of the user from the password database; "" when it has none.
std::string user_name(uid_t uid);
/// $HOME when absolute, else from the password database.
std::string home_directory(uid_t uid);

/// Put this (single-threaded) process into a new user namespace with these maps; it is root there with all
/// capabilities.
///
/// @throws Error{unsupported} user namespaces are forbidden here (hint: what to change)
/// @throws Error{permission}  newuidmap or newgidmap refused (its words are in the message)
/// @throws Error{not_found}   newuidmap or newgidmap is missing (hint: package uidmap)
/// @source user_namespaces(7), newuidmap(1)
void enter_new_user_namespace(const IdMaps& maps);

/// setns(2) into the user namespace of `fd`; the caller becomes root there.
void join_user_namespace(int fd);

/// Effective uid 0 with CAP_SYS_ADMIN in our user namespace: no further one is needed.
bool is_namespace_root();

/// The maps of the namespace that we are in, from /proc/self/{u,g}id_map.
IdMaps current_maps();

}  // namespace lichen::sys
