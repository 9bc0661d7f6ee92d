// `exec`: a further process in a container.
//
// Everything of the host that is needed (filter, console socket, trusted /proc, pid file's directory) is opened first;
// then this process makes itself undumpable, enters all namespaces at once by init's pidfd, and forks: the child is in
// the container's pid namespace and goes the same way as init (limits, labels, keyring, user, filter, execve). We stay
// outside of that pid namespace, so that nothing in the container can see us, and wait.
#include "libpod/runtime/commands.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/config.hh"
#include "libpod/runtime/credentials.hh"
#include "libpod/runtime/devices.hh"
#include "libpod/runtime/foreground.hh"
#include "libpod/runtime/handshake.hh"
#include "libpod/runtime/kernel_settings.hh"
#include "libpod/runtime/program.hh"
#include "libpod/runtime/state_file.hh"
#include "libpod/runtime/terminal.hh"
#include "libpod/sys/clone.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

std::optional<std::uint32_t> parse_id(const std::string& text) {
  const auto id = parse_uint(text);
  return id && *id < 0xFFFFFFFF ? std::optional(static_cast<std::uint32_t>(*id)) : std::nullopt;
}

void apply_user(const std::string& text, spec::OciUser& user) {
  const auto pair = cut(text, ':');
  const auto uid = parse_id(pair ? pair->first : text);
  const auto gid = pair ? parse_id(pair->second) : std::optional(0u);
  if (!uid || !gid) throw_error(ErrorKind::usage, "--user '{}': it is uid or uid:gid in numbers", text);
  user = {*uid, *gid, user.umask, {}, user.keep_groups};
}

void add_capability(const std::string& name, spec::OciProcess& process) {
  if (!process.capabilities) process.capabilities.emplace();
  auto& sets = *process.capabilities;
  for (auto* set : {&sets.bounding, &sets.effective, &sets.permitted})
    if (std::find(set->begin(), set->end(), name) == set->end()) set->push_back(name);
}

// The container's own process section, changed by the options.
spec::OciProcess process_from_options(const Options& options, const spec::OciSpec& spec) {
  spec::OciProcess process = *spec.process;
  process.args.assign(options.arguments.begin() + 1, options.arguments.end());
  process.terminal = options.tty;
  process.console_size.reset();
  if (!options.user.empty()) apply_user(options.user, process.user);
  if (!options.cwd.empty()) process.cwd = options.cwd;
  for (const auto& entry : options.env) process.env.push_back(entry);
  for (const auto& name : options.caps) add_capability(name, process);
  if (options.no_new_privs) process.no_new_privileges = true;
  return process;
}

spec::OciProcess read_process(const Options& options, const spec::OciSpec& spec) {
  spec::OciProcess process;
  if (options.process_file.empty()) {
    if (options.arguments.size() < 2) throw_error(ErrorKind::usage, "exec: no command is given");
    process = process_from_options(options, spec);
  } else {
    process = spec::oci_process_from_json(parse_json(sys::read_file(options.process_file), options.process_file),
                                          options.process_file);
    if (options.tty) process.terminal = true;
    process.user.keep_groups = spec.process->user.keep_groups;
  }
  if (process.args.empty()) throw_error(ErrorKind::invalid, "exec: process.args is empty");
  return process;
}

// What differs between the container and us; joining the user namespace that one is in is refused (setns(2), EINVAL).
int namespaces_to_join(pid_t init) {
  int flags = 0;
  for (const auto& kind : sys::namespace_kinds()) {
    if (!sys::exists(format("/proc/{}/ns/{}", init, kind.proc_name))) continue;
    const sys::UniqueFd theirs = sys::open_process_namespace(init, kind);
    const sys::UniqueFd ours = sys::open_process_namespace(::getpid(), kind);
    if (!sys::same_namespace(theirs.get(), ours.get())) flags |= kind.clone_flag;
  }
  return flags;
}

struct ExecPlan {
  spec::OciProcess process;
  SeccompFilter seccomp;
  std::string id;
  sys::UniqueFd console;
  int preserve_fds = 0;
  bool new_user_namespace = false;
  sys::UniqueFd cgroup_namespace;  // to be joined by the child
};

int run_program(const ExecPlan& plan, const sys::ProcFs& proc, const Handshake& handshake) {
  int reply = handshake.fd();
  try {
    if (plan.cgroup_namespace) sys::join_namespace(plan.cgroup_namespace.get(), CLONE_NEWCGROUP, "cgroup");
    if (plan.new_user_namespace) take_first_id(proc, plan.process.user.keep_groups);
    sys::set_dumpable(false);
    ::setsid();
    if (plan.process.terminal) {
      const sys::UniqueFd root = sys::open_path("/", O_PATH | O_DIRECTORY);
      sys::Pty pty = open_container_pty(root.get());
      send_console(plan.console.get(), pty.master.get());
      use_terminal(pty.slave.get(), plan.process);
    }
    apply_limits(plan.process, proc);
    apply_labels(plan.process, proc);
    join_new_keyring(plan.id, !plan.seccomp.program.empty());
    const auto env = final_environment(plan.process);
    reply = close_other_descriptors(plan.preserve_fds, reply);
    if (!plan.process.terminal) give_standard_streams(plan.process.user);
    bool entered = true;
    try {
      enter_working_directory(plan.process.cwd);
    } catch (const Error& error) {
      if (error.saved_errno() != EACCES) throw;
      entered = false;
    }
    become_user(plan.process, plan.seccomp, /*die_with_parent=*/false);
    if (!entered) enter_working_directory(plan.process.cwd);
    execute(find_program(plan.process, env), plan.process.args, env);
  } catch (const Error& error) {
    Handshake(sys::UniqueFd(reply)).send_error(error);
    return exit_code_of(error);
  }
}

sys::UniqueFd open_cgroup(const ContainerRecord& record) {
  if (record.cgroup.empty()) return {};
  return sys::open_path(record.cgroup, O_RDONLY | O_DIRECTORY);
}

// The file's directory is opened while the host's files are seen.
class PidFile {
 public:
  explicit PidFile(const std::string& path) : name_(base_name(path)) {
    if (!path.empty())
      directory_ = sys::open_path(parent_path(path.starts_with('/') ? path : "./" + path), O_PATH | O_DIRECTORY);
  }
  void write(pid_t pid) const {
    if (!directory_) return;
    const std::string temporary = "." + name_ + "." + std::to_string(::getpid());
    const sys::UniqueFd file =
        sys::open_at(directory_.get(), temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
    sys::write_all(file.get(), std::to_string(pid), "the pid file");
    if (::renameat(directory_.get(), temporary.c_str(), directory_.get(), name_.c_str()) != 0)
      throw_errno("write the pid file '{}'", name_);
  }

 private:
  sys::UniqueFd directory_;
  std::string name_;
};

// nullopt socket: end of file without a message is success.
void await_execve(const Handshake& handshake) {
  try {
    handshake.expect(Step::ready);
  } catch (const StartError&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
  }
}

sys::UniqueFd prepare_console(const Options& options, ExecPlan& plan) {
  if (!plan.process.terminal) return {};
  if (!options.console_socket.empty()) {
    plan.console = connect_console(options.console_socket);
    return {};
  }
  if (options.detach)
    throw_error(ErrorKind::usage, "exec: a terminal without anybody to take it: give --console-socket");
  sys::SocketPair pair = sys::make_socket_pair(SOCK_STREAM);
  plan.console = std::move(pair.second);
  return std::move(pair.first);
}

}  // namespace

int exec_command(const Options& options) {
  const std::string& id = options.arguments[0];
  const ContainerRecord record = load_record(options.root, id);
  const auto init = open_init(record);
  if (!init) throw_error(ErrorKind::conflict, "exec in container '{}': it is not running", id);
  if (!record.cgroup.empty() && status_of(options.root, record) == Status::paused)
    throw_error(ErrorKind::conflict, "exec in container '{}': it is paused", id);
  const std::string dir = container_dir(options.root, id);
  const spec::OciSpec spec = read_copy(dir);
  ExecPlan plan{read_process(options, spec),
                decode_seccomp(sys::read_file(dir + "/seccomp.bpf"), dir + "/seccomp.bpf"),
                id,
                {},
                options.preserve_fds,
                false,
                {}};
  refuse_unfiltered_mknod(plan.process, spec);
  const sys::UniqueFd terminal_end = prepare_console(options, plan);
  const PidFile pid_file(options.pid_file);
  const sys::ProcFs proc = sys::ProcFs::open_host();
  const sys::UniqueFd cgroup = open_cgroup(record);
  int flags = namespaces_to_join(record.pid);
  if (cgroup && (flags & CLONE_NEWCGROUP) != 0) {
    // With cgroup2's option nsdelegate, which systemd sets, nobody in a cgroup namespace moves a process into it from
    // outside (cgroups(7); ENOENT): first the child is there, then it joins.
    plan.cgroup_namespace = sys::open_namespace(format("/proc/{}/ns/cgroup", record.pid), CLONE_NEWCGROUP);
    flags &= ~CLONE_NEWCGROUP;
  }
  plan.new_user_namespace = (flags & CLONE_NEWUSER) != 0;
  if (plan.new_user_namespace && !plan.process.terminal) give_streams_from_outside(proc, record.pid, plan.process.user);
  Foreground foreground;
  sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);
  const Handshake handshake(std::move(pair.first));

  sys::set_dumpable(false);
  if (flags != 0) sys::join_process_namespaces(init->get(), flags);
  sys::Pid child = sys::clone_process({0, cgroup ? cgroup.get() : -1},
                                      [&] { return run_program(plan, proc, Handshake(std::move(pair.second))); });
  pair.second.reset();
  plan.console.reset();
  std::optional<sys::Packet> terminal;
  if (terminal_end) terminal = sys::receive_packet(terminal_end.get(), 64);
  await_execve(handshake);
  pid_file.write(child.get());
  if (options.detach) {
    child.release();
    return 0;
  }
  return foreground.wait(child, terminal ? terminal->fd.get() : -1);
}

}  // namespace lichen::runtime
