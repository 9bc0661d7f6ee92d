#include "libpod/runtime/credentials.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/handshake.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/sys/rlimit.hh"

#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

void set_limit(const spec::OciRlimit& wanted) {
  const auto number = sys::rlimit_number(wanted.type);
  if (!number) throw_error(ErrorKind::invalid, "process.rlimits: '{}' is not a limit", wanted.type);
  const rlimit value{wanted.soft, wanted.hard};
  if (::setrlimit(static_cast<__rlimit_resource_t>(*number), &value) == 0) return;
  const int saved = errno;
  throw Error(ErrorKind::permission,
              format("set limit {} to {}:{}: {}", wanted.type, wanted.soft, wanted.hard, errno_text(saved)), saved)
      .with_hint(
          format("without root a limit cannot be raised over the hard limit, here {}", sys::hard_limit(*number)));
}

std::uint64_t mask_of(const std::vector<std::string>& names, int last) {
  std::uint64_t mask = 0;
  const auto all = spec::all_capabilities();
  for (const auto& name : names) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](std::string_view known) { return iequals(known, name); });
    if (found == all.end()) throw_error(ErrorKind::invalid, "process.capabilities: '{}' is not a capability", name);
    const auto number = found - all.begin();
    if (number > last)
      throw_error(ErrorKind::unsupported, "process.capabilities: this kernel does not have '{}'", name);
    mask |= std::uint64_t{1} << number;
  }
  return mask;
}

void set_ids(const spec::OciUser& user) {
  std::vector<gid_t> groups(user.additional_gids.begin(), user.additional_gids.end());
  if (!user.keep_groups && ::setgroups(groups.size(), groups.data()) != 0) {
    // Where setgroups is denied (a namespace mapped without privilege) nobody can change the list, and asking for none
    // is met as well as it can be.
    if (errno != EPERM || !groups.empty()) throw_errno("set the supplementary groups");
  }
  if (::setresgid(user.gid, user.gid, user.gid) != 0) throw_errno("become group {}", user.gid);
  if (::setresuid(user.uid, user.uid, user.uid) != 0) throw_errno("become user {}", user.uid);
}

}  // namespace

sys::CapabilitySets capability_sets(const spec::OciProcess& process) {
  sys::CapabilitySets sets;
  if (!process.capabilities) return sets;
  const int last = sys::last_capability();
  sets.bounding = mask_of(process.capabilities->bounding, last);
  sets.effective = mask_of(process.capabilities->effective, last);
  sets.permitted = mask_of(process.capabilities->permitted, last);
  sets.inheritable = mask_of(process.capabilities->inheritable, last);
  sets.ambient = mask_of(process.capabilities->ambient, last);
  return sets;
}

void apply_limits(const spec::OciProcess& process, const sys::ProcFs& proc) {
  if (!process.scheduler.is_null())
    throw_error(ErrorKind::unsupported, "process.scheduler: lichen-oci does not set it");
  if (!process.io_priority.is_null())
    throw_error(ErrorKind::unsupported, "process.ioPriority: lichen-oci does not set it");
  if (!process.exec_cpu_affinity.is_null())
    throw_error(ErrorKind::unsupported, "process.execCPUAffinity: lichen-oci does not set it");
  if (process.oom_score_adj) {
    try {
      proc.write("self/oom_score_adj", std::to_string(*process.oom_score_adj));
    } catch (Error& error) {
      error.with_hint("lowering it needs CAP_SYS_RESOURCE on the host");
      throw;
    }
  }
  for (const auto& limit : process.rlimits) set_limit(limit);
}

void apply_labels(const spec::OciProcess& process, const sys::ProcFs& proc) {
  const auto apply = [&](const std::string& file, const std::string& text, std::string_view what) {
    try {
      proc.write(file, text);
    } catch (const Error& error) {
      throw Error(ErrorKind::unsupported, format("apply the {}: {}", what, error.what()), error.saved_errno())
          .with_hint("leave it out when this machine does not have that security module");
    }
  };
  if (!process.apparmor_profile.empty() && process.apparmor_profile != "unconfined") {
    const bool own_file = ::faccessat(proc.fd(), "self/attr/apparmor/exec", F_OK, 0) == 0;
    apply(own_file ? "self/attr/apparmor/exec" : "self/attr/exec", "exec " + process.apparmor_profile,
          "AppArmor profile '" + process.apparmor_profile + "'");
  }
  if (!process.selinux_label.empty())
    apply("self/attr/exec", process.selinux_label, "SELinux label '" + process.selinux_label + "'");
}

void join_new_keyring(const std::string& id, bool filtered) {
  const std::string name = "_ses." + id;
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name.c_str()) >= 0) return;
  // ENOSYS: no keyrings in this kernel, or a filter around us that hides them.
  if (errno == ENOSYS || (errno == EPERM && filtered)) return;
  if (errno == EDQUOT && filtered) return;
  const int saved = errno;
  throw Error(ErrorKind::system, "make a session keyring: " + errno_text(saved), saved)
      .with_hint("see /proc/sys/kernel/keys/maxkeys, or use --no-new-keyring");
}

void become_user(const spec::OciProcess& process, const SeccompFilter& filter, bool die_with_parent) {
  const sys::CapabilitySets sets = capability_sets(process);
  if (process.user.umask) ::umask(*process.user.umask);
  sys::limit_bounding_set(sets.bounding);
  sys::keep_capabilities(true);
  set_ids(process.user);
  // A change of ids made us dumpable to nobody, and took the pdeath signal (prctl(2)).
  sys::set_dumpable(false);
  if (die_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The effective set was cleared with uid 0: all that is permitted back, for the filter needs CAP_SYS_ADMIN.
  const sys::CapabilitySets now = sys::current_capabilities();
  sys::set_capabilities(now.permitted, now.permitted, sets.inheritable & now.permitted);
  if (process.no_new_privileges) sys::set_no_new_privs();
  const bool filter_first = !process.no_new_privileges;
  if (filter_first) install_seccomp(filter);
  if ((sets.permitted & ~now.permitted) != 0 || (sets.inheritable & ~now.permitted) != 0)
    throw Error(ErrorKind::permission, "set capabilities: the spec asks for more than this user namespace gives", EPERM)
        .with_hint("take the missing ones out of process.capabilities");
  sys::set_capabilities(sets.effective, sets.permitted, sets.inheritable);
  sys::set_ambient(sets.ambient);
  if (!filter_first) install_seccomp(filter);
}

void give_standard_streams(const spec::OciUser& user) {
  for (int fd = 0; fd <= 2; ++fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)) || info.st_uid == user.uid)
      continue;
    // Best effort: a pipe from outside the user namespace has an owner that we may not change.
    [[maybe_unused]] const int ignored = ::fchown(fd, user.uid, user.gid);
  }
}

}  // namespace lichen::runtime
