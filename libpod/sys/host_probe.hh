// What this host can do, found out by doing it: `lichen doctor` and `info` print it, tests skip by it.
//
// Each probe tries the real thing in a child (so that nothing of it stays) or reads the one file that decides. No probe
// infers from a distribution's name or a kernel's number what can be tried. The detail is what was seen, the fix one
// command or sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace lichen::sys {

enum class ProbeState {
  ok,
  warning,  // works with less
  missing,  // optional and absent
  error,    // containers cannot run, or not as asked
};
std::string_view to_string(ProbeState state);

struct Probe {
  std::string name;  // "user namespaces"
  ProbeState state = ProbeState::ok;
  std::string detail;  // what was observed
  std::string fix;     // empty when ok
};

struct ProbeInput {
  uid_t uid = 0;            // the user's own id, outside U0
  std::string user;         // name in the password database; may be empty
  std::string store_root;   // exists, or its nearest existing parent is used
  std::string runtime_dir;  // XDG_RUNTIME_DIR; empty when not set
  std::string search_path =
      "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";  // for programs that are looked at, not run
};

/// All probes in the order in which doctor prints them. @mustnot be called inside U0: user namespaces are tried from
/// outside
std::vector<Probe> probe_host(const ProbeInput& input);

// One by one, for info and for tests.
Probe probe_user_namespaces();
Probe probe_subordinate_ids(uid_t uid, const std::string& user);
Probe probe_id_map_helpers(const std::string& search_path);
Probe probe_overlay(const std::string& store_root);
Probe probe_fuse_overlayfs();
Probe probe_tun();
/// Runs `name --version`. @param required  missing is an error, not only a warning
Probe probe_program(const std::string& name, const std::string& package, const std::string& purpose,
                    bool required = false);
Probe probe_runtime_dir(const std::string& runtime_dir, uid_t uid);
Probe probe_linger(const std::string& user);
Probe probe_cgroup();
Probe probe_kernel();
Probe probe_syscalls();
Probe probe_landlock();
Probe probe_disk_space(const std::string& store_root);
Probe probe_limits();
Probe probe_keys(uid_t uid);

}  // namespace lichen::sys
