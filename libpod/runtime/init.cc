#include "libpod/runtime/init.hh"

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/runtime/credentials.hh"
#include "libpod/runtime/devices.hh"
#include "libpod/runtime/hooks.hh"
#include "libpod/runtime/kernel_settings.hh"
#include "libpod/runtime/masks.hh"
#include "libpod/runtime/mounts.hh"
#include "libpod/runtime/program.hh"
#include "libpod/runtime/rootfs.hh"
#include "libpod/runtime/start_socket.hh"
#include "libpod/runtime/terminal.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

class Init {
 public:
  explicit Init(const InitPlan& plan)
      : plan_(plan),
        spec_(*plan.spec),
        process_(*plan.spec->process),
        handshake_(sys::UniqueFd(plan.handshake)),
        record_(plan.record) {}

  // Everything up to `created`. Order matters; each step says why where it is not plain.
  void set_up() {
    tie_to_creator();
    wait_for_maps();
    join_late_namespaces();
    enter_user_namespace();
    sys::set_dumpable(false);  // from here on nobody may look into us through /proc or ptrace (C02)
    ::setsid();
    wait_for_runtime_hooks();
    sys::ProcFs proc = sys::ProcFs::open_host();  // before any mount of the image's: the one trusted /proc (C07)
    set_names(spec_, plan_.own_uts_namespace);
    set_time_offsets(spec_, proc);
    set_sysctls(spec_, proc);
    set_personality(spec_);
    if (plan_.own_mount_namespace) build_root();
    apply_limits(process_, proc);
    apply_labels(process_, proc);
    if (plan_.new_keyring) join_new_keyring(plan_.id, !plan_.seccomp->program.empty());
    env_ = final_environment(process_);
    look_for_program();
  }

  /// @mustnot use any other descriptor of the plan afterwards
  void publish() {
    // While we wait, who looks at our descriptors finds no way to the host's files (C01).
    close_all_but(plan_.preserve_fds, {handshake_.fd(), plan_.listener, plan_.creator_pidfd, plan_.subreaper_pidfd});
    // The creator's normal end must not kill us: until `published` its death is seen as the end of the handshake.
    ::prctl(PR_SET_PDEATHSIG, 0);
    if (!handshake_.send(Step::ready)) ::_exit(1);
    handshake_.expect(Step::published);
  }

  /// @return the connection that is told about a failure
  sys::UniqueFd wait_for_start() {
    if (plan_.start_at_once) return sys::duplicate(handshake_.fd());
    return wait_for_start_request(plan_.listener, plan_.die_with_parent ? plan_.creator_pidfd : -1,
                                  plan_.subreaper_pidfd);
  }

  [[noreturn]] void start(int reply) {
    run_hooks(spec_.hooks.start_container, "startContainer", hook_state(Status::created));
    // Nothing of ours may be reachable as /proc/self/fd/N for the working directory and the program (C01).
    reply_ = close_other_descriptors(plan_.preserve_fds, reply);
    if (process_.terminal == false) give_standard_streams(process_.user);
    try {
      enter_working_directory(process_.cwd);
    } catch (const Error& error) {
      // Perhaps only the user may enter (root squash, FUSE): tried again as that user.
      if (error.saved_errno() != EACCES) throw;
      become_user(process_, *plan_.seccomp, plan_.die_with_parent);
      enter_working_directory(process_.cwd);
      execute(find_program(process_, env_), process_.args, env_);
    }
    become_user(process_, *plan_.seccomp, plan_.die_with_parent);
    execute(find_program(process_, env_), process_.args, env_);
  }

  const Handshake& handshake() const { return handshake_; }
  int reply() const { return reply_; }
  void set_reply(int fd) { reply_ = fd; }

 private:
  void tie_to_creator() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // It may have died before the call; its pid is not seen from a new pid namespace, its pidfd is.
    if (sys::wait_pidfd(plan_.creator_pidfd, std::chrono::milliseconds(0))) ::_exit(1);
  }

  void wait_for_maps() {
    if (plan_.wait_for_go) record_.pid = static_cast<pid_t>(parse_uint(handshake_.expect(Step::go)).value_or(0));
  }

  void join_late_namespaces() {
    for (const auto& [fd, flag] : plan_.late_joins) sys::join_namespace(fd, flag, "configured");
    // A cgroup namespace shows the cgroup that its maker is in as the root, and clone3 takes that of the parent.
    if (plan_.late_unshare != 0) sys::unshare_namespaces(plan_.late_unshare, "cgroup or time");
  }

  // In another user namespace we are nobody, or the caller, until we take its root's id: files that we make belong to
  // that one. But only as the caller we may walk through the caller's private directories: what lies there is opened
  // before.
  void enter_user_namespace() {
    if (!plan_.new_user_namespace) return;
    if (plan_.own_mount_namespace) {
      root_ = prepare_root(plan_.rootfs, spec_.linux_->rootfs_propagation, /*locked=*/true);
      for (const auto& mount : spec_.mounts) sources_.push_back(try_open_source(mount));
    }
    take_first_id(sys::ProcFs::open_host(), process_.user.keep_groups);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of ids clears it
  }

  void wait_for_runtime_hooks() {
    if (!plan_.runtime_hooks) return;
    handshake_.send(Step::namespaces_ready);
    handshake_.expect(Step::hooks_done);
  }

  void build_root() {
    const auto& linux = *spec_.linux_;
    const sys::UniqueFd root = root_ ? std::move(root_) : prepare_root(plan_.rootfs, linux.rootfs_propagation);
    MountContext context{root.get(), plan_.own_cgroup_namespace};
    std::vector<Anchor> anchors;
    for (std::size_t i = 0; i < spec_.mounts.size(); ++i) {
      const auto& mount = spec_.mounts[i];
      context.source = i < sources_.size() ? sources_[i].get() : -1;
      sys::UniqueFd made = mount_entry(context, mount);
      const std::string path = clean_path(mount.destination);
      if (made && (path == "/proc" || path == "/sys")) anchors.push_back({path, std::move(made)});
    }
    make_devices(root.get(), spec_);
    if (process_.terminal) open_terminal(root.get());
    run_hooks(spec_.hooks.create_container, "createContainer", hook_state(Status::creating));
    make_paths_readonly(root.get(), anchors, linux.readonly_paths);
    mask_paths(root.get(), anchors, linux.masked_paths);
    enter_root(root.get(), spec_.root->readonly, linux.rootfs_propagation);
  }

  // A missing program is told now, at `create`; it is looked up again at `start`, by the user who runs it.
  void look_for_program() {
    try {
      enter_working_directory(process_.cwd);
    } catch (const Error& error) {
      if (error.saved_errno() != EACCES) throw;
      return;  // the user may enter, perhaps
    }
    find_program(process_, env_);
  }

  std::string hook_state(Status status) const { return dump_json(state_json(record_, status)); }

  void open_terminal(int root) {
    sys::Pty pty = open_container_pty(root);
    mount_console(root, pty.slave.get());
    send_console(plan_.console_socket, pty.master.get());
    use_terminal(pty.slave.get(), process_);
  }

  const InitPlan& plan_;
  const spec::OciSpec& spec_;
  const spec::OciProcess& process_;
  Handshake handshake_;
  ContainerRecord record_;
  std::vector<std::string> env_;
  sys::UniqueFd root_;                  // with a user namespace: opened before we became its root
  std::vector<sys::UniqueFd> sources_;  // likewise, one for each of spec.mounts
  int reply_ = -1;
};

void report_start_failure(int reply, const Error& error, bool over_handshake) {
  if (over_handshake) {
    Handshake(sys::UniqueFd(reply)).send_error(error);
  } else {
    send_start_failure(reply, error);
  }
}

}  // namespace

int run_init(const InitPlan& plan) {
  ::close(plan.creator_end);
  Init init(plan);
  try {
    init.set_up();
    init.publish();
  } catch (const Error& error) {
    init.handshake().send_error(error);
    return exit_code_of(error);
  }
  try {
    // Released: it is moved to another number, and unwinding must not close what has its old one then.
    const int reply = init.wait_for_start().release();
    init.set_reply(reply);
    init.start(reply);
  } catch (const Error& error) {
    if (init.reply() >= 0) report_start_failure(init.reply(), error, plan.start_at_once);
    return exit_code_of(error);
  }
}

}  // namespace lichen::runtime
