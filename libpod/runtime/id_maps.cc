#include "libpod/runtime/id_maps.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/procfs.hh"

#include <unistd.h>

namespace lichen::runtime {
namespace {

std::string map_text(const std::vector<spec::OciIdMapping>& maps) {
  std::string text;
  for (const auto& map : maps) text += format("{} {} {}\n", map.container_id, map.host_id, map.size);
  return text;
}

bool is_own_id(const std::vector<spec::OciIdMapping>& maps, std::uint32_t id) {
  return maps.size() == 1 && maps[0].size == 1 && maps[0].host_id == id;
}

void run_helper(const std::string& program, pid_t child, const std::vector<spec::OciIdMapping>& maps) {
  std::vector<std::string> argv{program, std::to_string(child)};
  for (const auto& map : maps)
    argv.insert(argv.end(), {std::to_string(map.container_id), std::to_string(map.host_id), std::to_string(map.size)});
  const auto result = sys::run_program(argv);
  if (result.status.code != 0)
    throw Error(ErrorKind::permission, format("write the id map with {}: {}", program, trim(result.err)))
        .with_hint("the ranges must be in /etc/subuid and /etc/subgid");
}

// true when the kernel took it.
bool write_directly(const sys::ProcFs& proc, pid_t child, const char* file,
                    const std::vector<spec::OciIdMapping>& maps) {
  try {
    proc.write(format("{}/{}", child, file), map_text(maps));
    return true;
  } catch (const Error& error) {
    if (error.saved_errno() == EPERM || error.saved_errno() == EACCES) return false;
    throw;
  }
}

}  // namespace

void write_id_maps(pid_t child, const std::vector<spec::OciIdMapping>& uids,
                   const std::vector<spec::OciIdMapping>& gids) {
  const sys::ProcFs proc = sys::ProcFs::open_host();
  if (!write_directly(proc, child, "uid_map", uids)) run_helper("newuidmap", child, uids);
  // Without privilege over the group the kernel wants setgroups denied first, so that no group can be dropped to gain
  // access.
  if (::geteuid() != 0 && is_own_id(gids, ::getegid())) proc.write(format("{}/setgroups", child), "deny");
  if (!write_directly(proc, child, "gid_map", gids)) run_helper("newgidmap", child, gids);
}

}  // namespace lichen::runtime
