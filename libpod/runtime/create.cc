#include "libpod/runtime/create.hh"

#include <algorithm>
#include <optional>

#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/runtime/cgroup.hh"
#include "libpod/runtime/commands.hh"
#include "libpod/runtime/config.hh"
#include "libpod/runtime/devices.hh"
#include "libpod/runtime/hooks.hh"
#include "libpod/runtime/id_maps.hh"
#include "libpod/runtime/kernel_settings.hh"
#include "libpod/runtime/spawn_init.hh"
#include "libpod/runtime/terminal.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/socket.hh"
#include "libpod/wire/runtime_cli.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

class Creator {
 public:
  Creator(const Options& options, bool start_at_once)
      : options_(options), start_at_once_(start_at_once), id_(options.arguments[0]) {}

  CreatedContainer create() {
    config_ = read_bundle(options_.bundle);
    refuse_unfiltered_mknod(*config_.spec.process, config_.spec);
    lock_ = make_container_dir(options_.root, id_);
    dir_ = container_dir(options_.root, id_);
    try {
      prepare();
      spawn();
      return finish();
    } catch (...) {
      undo();
      throw;
    }
  }

 private:
  void prepare() {
    const auto& linux = *config_.spec.linux_;
    check_descriptors();
    open_console();
    if (linux.seccomp) filter_ = seccomp_filter(*linux.seccomp, options_.seccomp_cache);
    if (options_.cgroup_manager != "disabled")
      cgroup_ = make_cgroup(
          {id_, linux.cgroups_path, options_.systemd_cgroup, options_.ignore_cgroups || options_.rootless == "true"},
          linux.resources ? &*linux.resources : nullptr);
    namespaces_ = plan_namespaces(linux, cgroup_.has_value());
    if (!start_at_once_) listener_ = sys::listen_unix(dir_ + "/" + std::string(wire::kStartSocket), SOCK_SEQPACKET);
    save_copy(dir_, config_.text);
    sys::write_file(dir_ + "/seccomp.bpf", encode(filter_), 0600);
    record_.id = id_;
    record_.bundle = config_.bundle;
    record_.rootfs = config_.rootfs;
    record_.created = to_rfc3339(now());
    record_.boot_id = sys::boot_id();
    record_.owner = ::geteuid();
    record_.annotations = config_.spec.annotations;
    if (cgroup_) record_.cgroup = cgroup_->directory;
  }

  void check_descriptors() const {
    for (int fd = 3; fd < 3 + options_.preserve_fds; ++fd)
      if (::fcntl(fd, F_GETFD) < 0)
        throw_error(ErrorKind::usage, "--preserve-fds {}: descriptor {} is not open", options_.preserve_fds, fd);
  }

  void open_console() {
    if (!config_.spec.process->terminal) {
      if (!options_.console_socket.empty())
        throw_error(ErrorKind::usage, "--console-socket: process.terminal is false");
      return;
    }
    if (!options_.console_socket.empty()) {
      console_ = connect_console(options_.console_socket);
      return;
    }
    if (!start_at_once_ || options_.detach)
      throw Error(ErrorKind::usage, "process.terminal is true: somebody must take the terminal")
          .with_hint("give --console-socket");
    sys::SocketPair pair = sys::make_socket_pair(SOCK_STREAM);
    terminal_ = std::move(pair.first);
    console_ = std::move(pair.second);
  }

  InitPlan make_plan(int handshake_fd, const sys::UniqueFd& self, const sys::UniqueFd& parent) const {
    const auto& hooks = config_.spec.hooks;
    InitPlan plan;
    plan.spec = &config_.spec;
    plan.seccomp = &filter_;
    plan.id = id_;
    plan.rootfs = config_.rootfs;
    plan.record = record_;
    plan.handshake = handshake_fd;
    plan.creator_end = handshake_->fd();
    plan.listener = listener_.get();
    plan.console_socket = console_.get();
    plan.creator_pidfd = self.get();
    plan.subreaper_pidfd = parent.get();
    plan.late_unshare = namespaces_.create_in_init;
    plan.runtime_hooks = !hooks.prestart.empty() || !hooks.create_runtime.empty();
    plan.new_user_namespace = enters_user_namespace();
    plan.wait_for_go = (namespaces_.create & CLONE_NEWUSER) != 0 || plan.runtime_hooks ||
                       !hooks.create_container.empty() || !hooks.start_container.empty();
    plan.own_mount_namespace = (namespaces_.create & CLONE_NEWNS) != 0;
    plan.own_uts_namespace = has_namespace("uts");
    plan.own_cgroup_namespace = has_namespace("cgroup");
    plan.new_keyring = !options_.no_new_keyring;
    plan.die_with_parent = options_.die_with_parent;
    plan.start_at_once = start_at_once_;
    plan.preserve_fds = options_.preserve_fds;
    return plan;
  }

  bool enters_user_namespace() const {
    return (namespaces_.create & CLONE_NEWUSER) != 0 ||
           std::any_of(namespaces_.join.begin(), namespaces_.join.end(),
                       [](const auto& join) { return join.flag == CLONE_NEWUSER; });
  }

  bool has_namespace(std::string_view type) const {
    for (const auto& entry : config_.spec.linux_->namespaces)
      if (entry.type == type) return true;
    return false;
  }

  void spawn() {
    sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);
    handshake_.emplace(std::move(pair.first));
    const auto self = sys::open_pidfd(::getpid());
    auto parent = options_.die_with_parent ? sys::open_pidfd(::getppid()) : std::nullopt;
    if (!self || (options_.die_with_parent && !parent)) throw_error(ErrorKind::system, "find our parent: it has ended");
    InitPlan plan = make_plan(pair.second.get(), *self, parent ? *parent : none_);
    init_ = spawn_init(namespaces_, cgroup_ ? cgroup_->fd.get() : -1, plan);
    pair.second.reset();
    console_.reset();
    listener_.reset();
    if (!init_) return;
    record_.pid = init_.get();
    record_.start_time = sys::process_start_time(init_.get()).value_or(0);
    if ((namespaces_.create & CLONE_NEWUSER) != 0)
      write_id_maps(init_.get(), config_.spec.linux_->uid_mappings, config_.spec.linux_->gid_mappings);
    if (plan.new_user_namespace && !config_.spec.process->terminal)
      give_streams_from_outside(sys::ProcFs::open_host(), init_.get(), config_.spec.process->user);
    if (plan.wait_for_go) handshake_->send(Step::go, std::to_string(init_.get()));
    if (plan.runtime_hooks) run_runtime_hooks();
  }

  void run_runtime_hooks() {
    handshake_->expect(Step::namespaces_ready);
    const std::string state = dump_json(state_json(record_, Status::creating));
    run_hooks(config_.spec.hooks.prestart, "prestart", state);
    run_hooks(config_.spec.hooks.create_runtime, "createRuntime", state);
    handshake_->send(Step::hooks_done);
  }

  CreatedContainer finish() {
    save_record(options_.root, record_);
    sys::UniqueFd master;
    if (terminal_) master = receive_terminal();
    handshake_->expect(Step::ready);
    if (!options_.pid_file.empty())
      sys::write_file_atomic(options_.pid_file, std::to_string(record_.pid), 0644, sys::Durability::none);
    if (!handshake_->send(Step::published))
      throw_error(ErrorKind::interrupted, "set up the container: its first process ended unexpectedly");
    return {record_, std::move(init_), std::move(*handshake_), std::move(master), config_.spec.hooks};
  }

  // End of file: init failed before, and the handshake has the reason.
  sys::UniqueFd receive_terminal() {
    auto packet = sys::receive_packet(terminal_.get(), 64);
    return packet ? std::move(packet->fd) : sys::UniqueFd();
  }

  void undo() noexcept {
    try {
      init_ = sys::Pid();
      if (cgroup_) {
        kill_cgroup(cgroup_->directory);
        remove_cgroup(cgroup_->directory);
      }
      remove_container_dir(options_.root, id_);
    } catch (const std::exception&) {
      // The failure that brought us here is the one to tell.
    }
  }

  const Options& options_;
  bool start_at_once_;
  std::string id_;
  std::string dir_;
  Config config_;
  sys::FileLock lock_;
  SeccompFilter filter_;
  std::optional<Cgroup> cgroup_;
  NamespacePlan namespaces_;
  sys::UniqueFd console_, terminal_, listener_, none_;
  std::optional<Handshake> handshake_;
  sys::Pid init_;
  ContainerRecord record_;
};

}  // namespace

CreatedContainer create_container(const Options& options, bool start_at_once) {
  return Creator(options, start_at_once).create();
}

int create_command(const Options& options) {
  CreatedContainer container = create_container(options, /*start_at_once=*/false);
  container.init.release();
  return 0;
}

}  // namespace lichen::runtime
