#include "libpod/engine/monitor_launch.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/engine/cdi_devices.hh"
#include "libpod/engine/cgroup.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_health.hh"
#include "libpod/engine/container_network.hh"
#include "libpod/engine/container_userns.hh"
#include "libpod/engine/container_view.hh"
#include "libpod/engine/control.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/engine/launch_volumes.hh"
#include "libpod/engine/pod_holder.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/engine/secret_mounts.hh"
#include "libpod/engine/shared_namespaces.hh"
#include "libpod/engine/supervision.hh"
#include "libpod/engine/systemd_scope.hh"
#include "libpod/engine/volume_owner.hh"
#include "libpod/spec/resources.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/resolve.hh"
#include "libpod/wire/monitor_args.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{5};
// A runtime that takes longer hangs: on a dead network file system, say.
constexpr std::chrono::seconds kCreateTimeout{120};

// Descriptor numbers in the monitor.
constexpr int kSyncFd = 3, kLockFd = 4, kMemberFd = 5, kMarkerFd = 6, kUsernsFd = 7, kNamespaceFd = 8,
              kFirstFreeFd = 12;  // from kNamespaceFd on those of other containers, four at most

bool runtime_is_ours(const Engine& engine, const spec::ContainerConfig& config) {
  return base_name(engine.runtime_path(config.runtime)) == "lichen-oci";
}

wire::MonitorConfig monitor_config(const Engine& engine, const spec::ContainerConfig& config, bool has_marker) {
  const store::Paths& paths = engine.paths;
  wire::MonitorConfig out;
  out.id = config.id;
  out.name = config.name;
  out.container_dir = paths.container(config.id);
  out.run_dir = paths.container_run(config.id);
  out.bundle_dir = out.run_dir;
  out.runtime = engine.runtime_path(config.runtime);
  out.runtime_root = paths.oci_root();
  out.runtime_is_ours = runtime_is_ours(engine, config);
  out.runtime_args = engine.runtime_arguments(out.runtime);
  out.log_driver = config.log.driver;
  const auto tag = config.log.options.find("tag");
  if (tag != config.log.options.end()) out.log_tag = tag->second;
  const auto log_path = config.log.options.find("path");
  out.log_path = log_path != config.log.options.end() ? log_path->second : out.container_dir + "/ctr.log";
  out.log_max_size = config.log.max_size_bytes;
  out.log_max_files = config.log.max_files;
  out.tty = config.tty;
  out.interactive = config.interactive;
  out.stop_signal = config.stop_signal;
  out.stop_timeout_s = config.stop_timeout_s;
  out.timeout_s = config.timeout_s;
  out.restart = spec::to_string(config.restart);
  out.restart_max_retries = config.restart_max_retries;
  plan_health(config, out.run_dir, out);
  out.auto_remove = config.auto_remove;
  out.staging_dir = paths.staging();
  if (has_marker) out.marker_path = paths.container_marker(config.id);
  if (config.auto_remove) out.passing_path = paths.passing_marker(config.id);
  if (config.auto_remove || has_marker) {
    for (const auto& mount : config.mounts)
      if (mount.anonymous) out.remove_dirs.push_back(paths.volume(mount.source));
    out.remove_dirs.push_back(out.container_dir);
    out.remove_links.push_back(paths.names() + "/" + config.name);
  }
  out.events_dir = paths.events();
  out.boot_id = paths.boot_id();
  out.pidfile = config.pidfile;
  out.image = config.image_name;
  return out;
}

// Files that are bound into the container belong to its root; with one id alone, to that one.
void give_to_root(const spec::ContainerConfig& config, const std::vector<std::string>& files) {
  if (config.uid_map.empty()) return;
  const HostOwner owner = host_owner(config, 0, 0);
  for (const auto& path : files)
    if (!path.empty() && ::lchown(path.c_str(), owner.uid, owner.gid) != 0) throw_errno("set the owner of '{}'", path);
}

void write_user_files(const UserFiles& files, const std::string& run_dir, spec::HostFacts& facts) {
  for (const auto& [text, path, name] : {std::tuple{&files.passwd, &facts.passwd_path, "/passwd"},
                                         std::tuple{&files.group, &facts.group_path, "/group"}}) {
    if (!*text) continue;
    *path = run_dir + name;
    sys::write_file(*path, **text, 0644);
  }
}

void write_spec(const std::string& run_dir, const spec::OciSpec& spec) {
  sys::write_file(run_dir + "/config.json", dump_json(spec::to_json(spec)), 0600);
}

void write_health_process(const spec::ContainerConfig& config, const spec::HostFacts& facts,
                          const std::string& run_dir) {
  const auto write = [&](std::vector<std::string> command, const char* name) {
    if (command.empty()) return;
    const auto process = spec::generate_exec_process(config, facts, std::move(command), {}, "", false, false);
    sys::write_file(run_dir + name, dump_json(spec::to_json(process)), 0600);
  };
  write(health_command(config), "/health-process.json");
  write(startup_command(config), "/startup-process.json");
}

// docker makes a missing working directory; runc and crun would fail in it. @return made, by us who are not its root
bool make_working_directory(const spec::ContainerConfig& config, int root) {
  if (!config.working_dir.starts_with('/')) return false;
  const bool ours = !config.uid_map.empty() && !sys::open_in_root_if_exists(root, config.working_dir, O_PATH);
  sys::make_directories_in_root(root, config.working_dir);
  return ours;
}

void give_working_directory(const spec::ContainerConfig& config, int root, const spec::ResolvedUser& user) {
  const HostOwner owner = host_owner(config, user.uid, user.gid);
  const sys::UniqueFd directory = sys::open_in_root(root, config.working_dir, O_RDONLY | O_DIRECTORY);
  if (::fchown(directory.get(), owner.uid, owner.gid) != 0) throw_errno("set the owner of '{}'", config.working_dir);
}

// Limits need a cgroup of ours; where the session's is root's, systemd makes one.
bool needs_scope(const spec::ContainerConfig& config) {
  const bool has_limits = !spec::unenforceable_limits(config.resources, {}).empty();
  return has_limits && !spec::unenforceable_limits(config.resources, find_cgroup_place().controllers).empty();
}

// Everything of the child before it becomes lichen-conmon; see the header.
struct KeptNamespaces {
  sys::UniqueFd user;                 // the container's own, as kUsernsFd; empty: it has none
  std::vector<sys::UniqueFd> shared;  // of other containers, from kNamespaceFd on
};
KeptNamespaces prepare_in_child(Engine& engine, const spec::ContainerConfig& config, ContainerNetwork& network,
                                const Supervision& supervision, const spec::CdiEdits& device_edits) {
  if (needs_scope(config)) enter_systemd_scope("lichen-" + short_id(config.id));
  ContainerUserns own = make_container_userns(engine, config);
  network.setup.enter_in_child(network.join.get(), own.network.get());
  if (::unshare(CLONE_NEWNS) != 0) throw_errno("make a mount namespace");
  const std::string rootfs = mount_rootfs(engine, config);
  const sys::UniqueFd root = sys::open_path(rootfs, O_PATH | O_DIRECTORY);
  const bool made_directory = make_working_directory(config, root.get());
  spec::HostFacts facts = collect_host_facts(engine, config);
  facts.rootfs = rootfs;
  facts.device_edits = device_edits;
  keep_mapped_groups(config, facts);
  write_device_note(config, facts.device_edits, engine.paths.container_run(config.id));
  show_in_container(supervision, config, engine.paths.container_run(config.id), facts);
  PrivatePlace place(engine);
  provide_secrets(engine, config, place, facts);
  KeptNamespaces kept;
  join_shared_namespaces(engine, config, place, facts, kNamespaceFd, kept.shared);
  const UserFiles users = user_files(root.get(), config);
  facts.user = resolve_container_user(root.get(), config, config.user, config.groups, users);
  if (made_directory) give_working_directory(config, root.get(), facts.user);
  prepare_volumes(engine, config, root.get(), place, facts);
  const std::string run_dir = engine.paths.container_run(config.id);
  write_network_files(config, network, spec::container_hostname(config, facts), run_dir, facts);
  if (config.no_hostname_file) facts.hostname_path.clear();
  write_user_files(users, run_dir, facts);
  give_to_root(config, {facts.hostname_path, facts.passwd_path, facts.group_path});
  // With another container's network these are that container's files.
  if (network.target_run_dir.empty()) give_to_root(config, {facts.hosts_path, facts.resolv_conf_path});
  // The monitor is this process, and holds the namespace open.
  if (own.user) facts.namespace_paths["user"] = format("/proc/{}/fd/{}", ::getpid(), kUsernsFd);
  spec::OciSpec spec = spec::generate(config, facts);
  write_spec(run_dir, spec);
  write_health_process(config, facts, run_dir);
  kept.user = std::move(own.user);
  return kept;
}

// @return the container's first process
std::int64_t wait_until_created(const Launched& launched, const spec::ContainerConfig& config) {
  const Answer answer = receive_message(launched.sync.get(), kCreateTimeout);
  if (answer.timed_out)
    throw_error(ErrorKind::system, "start container {}: the OCI runtime did not answer in {} s", config.name,
                kCreateTimeout.count());
  if (!answer.received)
    throw_error(ErrorKind::internal, "start container {}: its monitor ended without a word", config.name);
  const wire::Message& message = answer.received->message;
  if (message.type == wire::MessageType::error) throw_monitor_error(message);
  if (message.type != wire::MessageType::created) throw_error(ErrorKind::internal, "the monitor answered out of order");
  return message.a;
}

void hand_over_namespaces(const KeptNamespaces& kept, wire::MonitorConfig& monitor,
                          std::vector<std::pair<int, int>>& fds) {
  const auto keep = [&](const sys::UniqueFd& fd, int number) {
    monitor.keep_fds.push_back(number);
    fds.emplace_back(fd.get(), number);
  };
  if (kept.user) keep(kept.user, kUsernsFd);
  int number = kNamespaceFd;
  for (const auto& fd : kept.shared) keep(fd, number++);
}

// @return the next free descriptor number
int hand_over_pod(const PodPlace& pod, wire::MonitorConfig& monitor, std::vector<std::pair<int, int>>& fds, int next) {
  if (!pod.last_one) return next;
  monitor.last_one_fd = next;
  monitor.holder_socket = pod.holder_socket;
  fds.emplace_back(pod.last_one.fd(), next);
  return next + 1;
}

}  // namespace

Launched launch_monitor(Engine& engine, const spec::ContainerConfig& known, int marker_fd) {
  const Supervision supervision = take_supervision(known);
  engine.enter_userns();
  const PodPlace pod = enter_pod(engine, known);
  Launched launched;
  launched.files = lock_container_files(engine, known);
  const std::string run_dir = engine.paths.container_run(known.id);
  sys::make_directories(run_dir, 0700);
  auto lock = sys::wait_lock(run_dir + "/monitor.lock", sys::LockMode::exclusive, kLockTimeout, /*create=*/true);
  // Whoever changed the record before we had the lock counts (update.hh).
  const auto config = marker_fd >= 0 ? known : engine.containers.load_config(known.id);
  discard_runtime_state(engine, config);
  const spec::CdiEdits device_edits = find_device_edits(engine, config);
  sys::SocketPair sync = sys::make_socket_pair(SOCK_SEQPACKET);
  ContainerNetwork network = plan_container_network(engine, config);

  wire::MonitorConfig monitor = monitor_config(engine, config, marker_fd >= 0);
  monitor.sync_fd = kSyncFd;
  monitor.lock_fd = kLockFd;
  monitor.keep_fds = {kMemberFd};
  monitor.start_by_command = !device_edits.hooks.poststart.empty();
  for (const auto& port : network.setup.ports()) monitor.ports.push_back(port_text(port));
  if (config.auto_remove)
    for (auto& path : lease_paths(engine, network.setup.plan().endpoints))
      monitor.remove_links.push_back(std::move(path));
  sys::SpawnOptions options{.argv = {"lichen-conmon"}, .program = engine.program("lichen-conmon")};
  options.new_session = true;
  options.fds = {{sync.second.get(), kSyncFd}, {lock.fd(), kLockFd}};
  if (marker_fd >= 0) {
    monitor.marker_fd = kMarkerFd;
    options.fds.emplace_back(marker_fd, kMarkerFd);
  }
  const int next_fd = hand_over_pod(pod, monitor, options.fds, kFirstFreeFd);
  UsernsMember member;  // these two live in the child only
  KeptNamespaces kept;
  options.in_child = [&] {
    member = register_member(engine.paths);
    options.fds.emplace_back(member.fd(), kMemberFd);
    kept = prepare_in_child(engine, config, network, supervision, device_edits);
    hand_over_namespaces(kept, monitor, options.fds);
    int target = hand_over(supervision, config, monitor, options.fds, next_fd);
    for (const int fd : network.setup.keep_fds()) {
      monitor.keep_fds.push_back(target);
      options.fds.emplace_back(fd, target++);
    }
    for (auto& argument : wire::to_argv(monitor)) options.argv.push_back(std::move(argument));
  };
  launched.sync = std::move(sync.first);
  launched.monitor = sys::spawn(options);
  sync.second.reset();
  network.setup.in_parent();
  announce_to_hub(config, network, launched.monitor.get());

  launched.init_pid = wait_until_created(launched, config);
  finish_container_network(network);
  return launched;
}

void start_launched(Launched& launched) {
  if (!send_message(launched.sync.get(), {.type = wire::MessageType::start}))
    throw_error(ErrorKind::internal, "the monitor ended before the start");
  const Answer answer = receive_message(launched.sync.get(), kCreateTimeout);
  if (!answer.received) throw_error(ErrorKind::internal, "the monitor ended during the start");
  if (answer.received->message.type == wire::MessageType::error) throw_monitor_error(answer.received->message);
  if (answer.received->message.type != wire::MessageType::started)
    throw_error(ErrorKind::internal, "the monitor answered out of order");
  launched.monitor.release();
  launched.files = {};
}

}  // namespace lichen::engine
