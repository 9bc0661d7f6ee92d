#include "libpod/runtime/spawn_init.hh"

#include "libpod/base/error.hh"
#include "libpod/runtime/handshake.hh"
#include "libpod/sys/clone.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace lichen::runtime {
namespace {

const spec::OciNamespace* find_entry(const spec::OciLinux& linux, std::string_view type) {
  for (const auto& entry : linux.namespaces)
    if (entry.type == type) return &entry;
  return nullptr;
}

bool is_ours_already(int fd, std::string_view proc_name, int flag) {
  const sys::UniqueFd ours = sys::open_namespace("/proc/self/ns/" + std::string(proc_name), flag);
  return sys::same_namespace(fd, ours.get());
}

// In the intermediate process: join what can be joined now, make init as a child of our parent, tell its pid.
int run_intermediate(const NamespacePlan& namespaces, int cgroup_fd, InitPlan& plan, int report) {
  for (const auto& join : namespaces.join) {
    try {
      sys::join_namespace(join.fd.get(), join.flag, join.type);
    } catch (const Error& error) {
      // It may belong to the user namespace that is about to be made.
      if (error.saved_errno() != EPERM || (namespaces.create & CLONE_NEWUSER) == 0) throw;
      plan.late_joins.emplace_back(join.fd.get(), join.flag);
    }
  }
  sys::Pid init = sys::clone_process({namespaces.create | CLONE_PARENT, cgroup_fd}, [&] { return run_init(plan); });
  const pid_t pid = init.release();
  sys::write_all(report, {reinterpret_cast<const char*>(&pid), sizeof pid}, "the pid of init");
  return 0;
}

}  // namespace

NamespacePlan plan_namespaces(const spec::OciLinux& linux, bool own_cgroup) {
  NamespacePlan plan;
  for (const auto& kind : sys::namespace_kinds()) {
    const auto* entry = find_entry(linux, kind.oci_type);
    if (entry == nullptr) continue;
    if (entry->path.empty()) {
      const bool late = (kind.clone_flag == CLONE_NEWCGROUP && own_cgroup) ||
                        (kind.clone_flag == CLONE_NEWTIME && !linux.time_offsets.empty());
      if (late) {
        plan.create_in_init |= kind.clone_flag;
      } else {
        plan.create |= static_cast<std::uint64_t>(kind.clone_flag);
      }
      continue;
    }
    sys::UniqueFd fd = sys::open_namespace(entry->path, kind.clone_flag);
    if (!is_ours_already(fd.get(), kind.proc_name, kind.clone_flag))
      plan.join.push_back({std::move(fd), kind.clone_flag, entry->type});
  }
  return plan;
}

sys::Pid spawn_init(const NamespacePlan& namespaces, int cgroup_fd, InitPlan& plan) {
  if (namespaces.join.empty())
    return sys::clone_process({namespaces.create, cgroup_fd}, [&] { return run_init(plan); });
  sys::Pipe report = sys::make_pipe();
  sys::Pid intermediate = sys::clone_process({}, [&] {
    try {
      return run_intermediate(namespaces, cgroup_fd, plan, report.write.get());
    } catch (const Error& error) {
      Handshake(sys::UniqueFd(plan.handshake)).send_error(error);
      return 125;
    }
  });
  report.write.reset();
  pid_t pid = 0;
  const bool told = sys::read_full(report.read.get(), &pid, sizeof pid) == sizeof pid;
  intermediate.wait();
  // Without a pid the error is in the handshake; the caller reads it from there.
  return told ? sys::Pid(pid) : sys::Pid();
}

}  // namespace lichen::runtime
