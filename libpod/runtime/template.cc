// `spec`: a config.json to begin with. For an ordinary user: a user namespace with the caller's id alone, the host's
// network, /sys bound.
#include "libpod/runtime/commands.hh"

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/runtime/handshake.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/fs.hh"

#include <unistd.h>

namespace lichen::runtime {
namespace {

spec::OciProcess template_process() {
  spec::OciProcess process;
  process.args = {"sh"};
  process.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"};
  process.no_new_privileges = true;
  const std::vector<std::string> caps{"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
  process.capabilities = spec::OciCapabilities{caps, caps, {}, caps, {}};
  process.terminal = ::isatty(STDIN_FILENO) != 0;
  return process;
}

std::vector<spec::OciMount> template_mounts(bool rootless) {
  std::vector<spec::OciMount> mounts{
      {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}, {}, {}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}, {}, {}},
      {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}, {}, {}},
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}, {}, {}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}, {}, {}},
  };
  if (rootless) {
    mounts.push_back({"/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "rro"}, {}, {}});
  } else {
    mounts.push_back({"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}, {}, {}});
    mounts.push_back({"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}, {}, {}});
  }
  return mounts;
}

spec::OciLinux template_linux(bool rootless) {
  spec::OciLinux linux;
  for (const char* type : {"pid", "ipc", "uts", "mount", "cgroup"}) linux.namespaces.push_back({type, {}});
  linux.namespaces.push_back({rootless ? "user" : "network", {}});
  if (rootless) {
    linux.uid_mappings = {{0, ::geteuid(), 1}};
    linux.gid_mappings = {{0, ::getegid(), 1}};
  }
  linux.masked_paths = {"/proc/acpi",        "/proc/asound",  "/proc/interrupts",
                        "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
                        "/proc/sched_debug", "/proc/scsi",    "/proc/timer_list",
                        "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap"};
  linux.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  return linux;
}

}  // namespace

int spec_command(const Options& options) {
  const bool rootless = parse_bool(options.rootless).value_or(::geteuid() != 0);
  spec::OciSpec spec;
  spec.root = spec::OciRoot{"rootfs", true};
  spec.hostname = "container";
  spec.process = template_process();
  spec.mounts = template_mounts(rootless);
  spec.linux_ = template_linux(rootless);
  const std::string path = options.bundle + "/config.json";
  if (sys::exists(path))
    throw Error(ErrorKind::conflict, "write '" + path + "': it exists").with_hint("move it away first");
  sys::write_file_atomic(path, dump_json_pretty(to_json(spec)), 0644);
  return 0;
}

}  // namespace lichen::runtime
