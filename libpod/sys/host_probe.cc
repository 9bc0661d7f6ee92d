#include "libpod/sys/host_probe.hh"

#include <algorithm>
#include <functional>

#include "libpod/base/enum_names.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/overlay.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/userns.hh"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

constexpr EnumName<ProbeState> kStates[] = {{ProbeState::ok, "ok"},
                                            {ProbeState::warning, "warning"},
                                            {ProbeState::missing, "missing"},
                                            {ProbeState::error, "error"}};

// Run `body` in a child, for what must leave no trace here. @return what it returned, or the text of its Error
std::string in_child(const std::function<std::string()>& body) {
  Pipe pipe = make_pipe();
  Pid child = fork_child([&] {
    std::string result;
    try {
      result = body();
    } catch (const Error& error) {
      result = error.what();
    }
    write_all(pipe.write.get(), result.substr(0, 4000), "result of a probe");
    return 0;
  });
  pipe.write.reset();
  std::string result = read_all(pipe.read.get(), "result of a probe");
  const ExitStatus status = child.wait();
  return status.code == 0 ? result : format("the probe ended with status {}", status.code);
}

std::string sysctl(const std::string& name) {
  return std::string(trim(read_file_if_exists("/proc/sys/" + replace_all(name, ".", "/")).value_or("")));
}

// sys::write_file sets a mode, which files of proc refuse.
void write_proc(const std::string& path, std::string_view content) {
  const UniqueFd file = open_path(path, O_WRONLY);
  write_all(file.get(), content, path);
}

// A user and mount namespace with only our own id, as every unprivileged user may make it where it is allowed.
void enter_private_namespaces() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) throw_errno("make a user namespace");
  write_proc("/proc/self/setgroups", "deny");
  write_proc("/proc/self/uid_map", format("0 {} 1", uid));
  write_proc("/proc/self/gid_map", format("0 {} 1", gid));
}

// unshare(2) of a user namespace, then something that AppArmor's restriction forbids in it: with
// kernel.apparmor_restrict_unprivileged_userns the unshare itself works, but the namespace has no capabilities.
std::string try_user_namespace() {
  if (::unshare(CLONE_NEWUSER) != 0) return format("unshare: {}", errno_text(errno));
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID) != 0)
    return format("namespaces inside it: {}", errno_text(errno));
  return {};
}

std::string user_namespace_fix() {
  if (sysctl("user.max_user_namespaces") == "0")
    return "as root: echo user.max_user_namespaces=31000 >/etc/sysctl.d/50-userns.conf && sysctl --system";
  if (sysctl("kernel.unprivileged_userns_clone") == "0")
    return "as root: echo kernel.unprivileged_userns_clone=1 >/etc/sysctl.d/50-userns.conf && sysctl --system";
  if (sysctl("kernel.apparmor_restrict_unprivileged_userns") == "1")
    return "as root, write to /etc/apparmor.d/lichen: 'abi <abi/4.0>, include <tunables/global> profile lichen " +
           program_directory() +
           "/lichen flags=(unconfined) { userns, }' and run: apparmor_parser -r /etc/apparmor.d/lichen";
  const auto status = read_file_if_exists("/proc/self/status").value_or("");
  if (status.find("Seccomp:\t2") != std::string::npos)
    return "a seccomp filter of whatever started this shell (a container, a sandbox) may forbid it: run outside, or "
           "loosen that filter";
  return "ask the administrator whether a security module forbids user namespaces";
}

std::string existing_parent(std::string path) {
  while (!is_directory(path) && path != "/") path = parent_path(path);
  return path;
}

// Mount an overlay in namespaces of our own, write through it, delete through it and look for the whiteout.
std::string try_overlay(const std::string& directory) {
  enter_private_namespaces();
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw_errno("make '/' private");
  for (const auto* name : {"lower", "upper", "work", "merged"}) make_directory(directory + "/" + name);
  write_file(directory + "/lower/old", "old");
  mount_overlay({.lower = {directory + "/lower"}, .upper = directory + "/upper", .work = directory + "/work"},
                directory + "/merged");
  write_file(directory + "/merged/new", "new");
  if (!exists(directory + "/upper/new")) return "a new file did not reach the upper directory";
  if (!remove_file(directory + "/merged/old") || exists(directory + "/merged/old"))
    return "a file could not be deleted";
  return {};
}

std::string find_in_path(const std::string& name, const std::string& search_path) {
  for (const auto& directory : split(search_path, ':'))
    if (::access((directory + "/" + name).c_str(), X_OK) == 0) return directory + "/" + name;
  return {};
}

// "" when newuidmap or newgidmap can do its work: setuid root, or a capability in its file.
std::string helper_problem(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return errno_text(errno);
  if ((info.st_mode & S_ISUID) != 0 && info.st_uid == 0) return {};
  char buffer[64];
  if (::getxattr(path.c_str(), "security.capability", buffer, sizeof buffer) > 0) return {};
  return "neither setuid root nor with file capabilities";
}

// The first line that names the program, else the first one. fuse-overlayfs begins with fusermount3's version.
std::string version_line(const std::string& text, const std::string& name) {
  const auto lines = split(trim(text), '\n');
  const auto found =
      std::ranges::find_if(lines, [&](const std::string& line) { return line.find(name) != std::string::npos; });
  std::string line(trim(found != lines.end() ? *found : lines[0]));
  std::erase_if(line, [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
  return line;
}

std::uint64_t total(const std::vector<IdRange>& ranges) {
  std::uint64_t sum = 0;
  for (const auto& range : ranges) sum += range.count;
  return sum;
}

}  // namespace

std::string_view to_string(ProbeState state) { return enum_name(kStates, state); }

Probe probe_user_namespaces() {
  const std::string problem = in_child(try_user_namespace);
  if (problem.empty())
    return {"user namespaces", ProbeState::ok,
            format("one was made; at most {} per user", sysctl("user.max_user_namespaces")), ""};
  return {"user namespaces", ProbeState::error, problem, user_namespace_fix()};
}

Probe probe_subordinate_ids(uid_t uid, const std::string& user) {
  constexpr std::uint64_t kWanted = 65536;
  const std::string shown = user.empty() ? std::to_string(uid) : user;
  const auto ids = subordinate_ids(uid);
  const std::uint64_t uids = total(ids.uids), gids = total(ids.gids);
  const std::string detail = format("{} user ids and {} group ids for '{}'{}", uids, gids, shown,
                                    ids.problem.empty() ? "" : ": " + ids.problem);
  if (uids >= kWanted && gids >= kWanted) return {"subordinate ids", ProbeState::ok, detail, ""};
  if (uid == 0) return {"subordinate ids", ProbeState::ok, "not needed by root", ""};
  return {"subordinate ids", ProbeState::warning, detail + " (images that need more than one id run with one id)",
          format("as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {} (take a range that no "
                 "line of /etc/subuid has)",
                 shown)};
}

Probe probe_id_map_helpers(const std::string& search_path) {
  std::vector<std::string> found;
  for (const auto* name : {"newuidmap", "newgidmap"}) {
    const std::string path = find_in_path(name, search_path);
    if (path.empty())
      return {"newuidmap", ProbeState::warning, format("{} is not installed", name), "install the package uidmap"};
    if (const auto problem = helper_problem(path); !problem.empty())
      return {"newuidmap", ProbeState::warning, format("{}: {}", path, problem), format("as root: chmod u+s {}", path)};
    found.push_back(path);
  }
  return {"newuidmap", ProbeState::ok, join(found, ", "), ""};
}

Probe probe_overlay(const std::string& store_root) {
  const std::string base = existing_parent(store_root);
  std::string pattern = join_path(base, ".lichen-probe-XXXXXX");
  if (::mkdtemp(pattern.data()) == nullptr)
    return {"overlay", ProbeState::error, format("make a directory in '{}': {}", base, errno_text(errno)),
            "give the store another place: --root or LICHEN_ROOT"};
  const std::string problem = in_child([&] { return try_overlay(pattern); });
  remove_tree(pattern);
  if (problem.empty()) return {"overlay", ProbeState::ok, format("mounted, written and deleted in '{}'", base), ""};
  return {"overlay", ProbeState::warning, problem,
          "needs Linux 5.11 and a local file system; fuse-overlayfs stands in when it is installed"};
}

Probe probe_fuse_overlayfs() {
  Probe program = probe_program("fuse-overlayfs", "fuse-overlayfs", "storage where the kernel's overlay does not work");
  if (program.state != ProbeState::ok) return program;
  const UniqueFd device(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (device) return program;
  return {"fuse-overlayfs", ProbeState::warning, format("{}, but /dev/fuse: {}", program.detail, errno_text(errno)),
          "as root: modprobe fuse && chmod 0666 /dev/fuse"};
}

Probe probe_tun() {
  const std::string problem = in_child([]() -> std::string {
    // As slirp4netns does it: a tap device in a network namespace of ours. The open file belongs to the network
    // namespace in which it was opened (drivers/net/tun.c, tun_chr_open).
    if (::geteuid() != 0) enter_private_namespaces();
    if (::unshare(CLONE_NEWNET) != 0) return format("make a network namespace: {}", errno_text(errno));
    const UniqueFd device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (!device) return format("open: {}", errno_text(errno));
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(device.get(), TUNSETIFF, &request) != 0) return format("make a tap device: {}", errno_text(errno));
    return {};
  });
  if (problem.empty()) return {"/dev/net/tun", ProbeState::ok, "a tap device was made", ""};
  return {"/dev/net/tun", ProbeState::error, problem,
          "as root: modprobe tun && chmod 0666 /dev/net/tun; until then: --network host or none"};
}

Probe probe_program(const std::string& name, const std::string& package, const std::string& purpose, bool required) {
  const std::string shown = base_name(name), again = format("install the package {} again", package);
  try {
    const RunResult result = run_program({name, "--version"});
    const std::string line = version_line(result.out.empty() ? result.err : result.out, shown);
    if (result.status.code == 0) return {shown, ProbeState::ok, line.empty() ? "runs" : line, ""};
    return {shown, ProbeState::warning, format("'{} --version' ended with {}: {}", name, result.status.code, line),
            again};
  } catch (const Error& error) {
    if (error.saved_errno() != ENOENT && error.saved_errno() != EACCES)
      return {shown, ProbeState::warning, error.what(), again};
    const std::string cause = error.saved_errno() == ENOENT ? "not installed" : "not to be executed by us";
    return {shown, required ? ProbeState::error : ProbeState::missing, format("{}; for {}", cause, purpose),
            format("install the package {}", package)};
  }
}

Probe probe_runtime_dir(const std::string& runtime_dir, uid_t uid) {
  const std::string name = "runtime directory";
  const std::string fallback =
      "lichen uses a private directory instead; log in through PAM with systemd-logind to have one";
  if (runtime_dir.empty()) return {name, ProbeState::warning, "XDG_RUNTIME_DIR is not set", fallback};
  struct stat info {};
  if (::lstat(runtime_dir.c_str(), &info) != 0)
    return {name, ProbeState::warning, format("'{}': {}", runtime_dir, errno_text(errno)), fallback};
  if (!S_ISDIR(info.st_mode))
    return {name, ProbeState::warning, format("'{}' is not a directory", runtime_dir), fallback};
  const std::string detail = format("'{}', owner {}, mode {:04o}", runtime_dir, info.st_uid, info.st_mode & 07777u);
  if (info.st_uid != uid)
    return {name, ProbeState::warning, detail + ": another user's (su or sudo keep the variable)",
            "unset XDG_RUNTIME_DIR"};
  if ((info.st_mode & 0077) != 0)
    return {name, ProbeState::warning, detail + ": others may enter", format("chmod 0700 {}", runtime_dir)};
  return {name, ProbeState::ok, detail, ""};
}

Probe probe_linger(const std::string& user) {
  if (!is_directory("/run/systemd/system"))
    return {"linger", ProbeState::ok, "no systemd here: nothing ends processes at log-out", ""};
  if (exists("/var/lib/systemd/linger/" + user))
    return {"linger", ProbeState::ok, "on: containers stay when you log out", ""};
  return {"linger", ProbeState::warning, "off: systemd may end containers when you log out",
          format("loginctl enable-linger {}", user)};
}

std::vector<Probe> probe_host(const ProbeInput& input) {
  return {
      probe_kernel(),
      probe_syscalls(),
      probe_user_namespaces(),
      probe_subordinate_ids(input.uid, input.user),
      probe_id_map_helpers(input.search_path),
      probe_overlay(input.store_root),
      probe_fuse_overlayfs(),
      probe_tun(),
      probe_program("slirp4netns", "slirp4netns", "the default network"),
      probe_program("pasta", "passt", "--network pasta"),
      probe_runtime_dir(input.runtime_dir, input.uid),
      probe_linger(input.user),
      probe_cgroup(),
      probe_landlock(),
      probe_disk_space(input.store_root),
      probe_limits(),
      probe_keys(input.uid),
  };
}

}  // namespace lichen::sys
