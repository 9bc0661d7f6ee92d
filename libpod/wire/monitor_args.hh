// The command line of lichen-conmon: what the engine tells the monitor about one container, as a struct and as argv.
//
// argv and not a file: nothing to write or to sweep, `ps` shows which container a monitor is for, and a restart of the
// container needs nothing from disk. It holds no secrets. Lists are repeated options.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::wire {

struct MonitorConfig {
  std::string id;                         // container id, 64 hex digits
  std::string name;                       // for messages and events
  std::string container_dir;              // containers/<id>: state.json, logs
  std::string run_dir;                    // <runtime dir>/<boot id>/containers/<id>: monitor.lock, ctl.sock, pid
  std::string bundle_dir;                 // holds config.json (the OCI spec) for the runtime
  std::string rootfs;                     // where the root file system is mounted; empty = container_dir/rootfs
  std::string runtime;                    // absolute path of the OCI runtime
  std::string runtime_root;               // its --root
  std::vector<std::string> runtime_args;  // further arguments before the verb, such as --cgroup-manager=disabled
  bool runtime_is_ours = true;            // lichen-oci: --die-with-parent is understood
  bool start_by_command = false;          // not through the start socket: there are poststart hooks (runtime_cli.hh)

  std::string log_driver = "k8s-file";  // k8s-file, json-file, journald, passthrough, none
  std::string log_tag;                  // journald
  std::string log_path;                 // absolute; rotated ones are log_path.1, .2, ...
  std::int64_t log_max_size = 0;        // bytes; 0 = never rotate
  std::int64_t log_max_files = 1;       // how many files in all are kept

  std::string notify_mode;      // container, conmon, healthy; see conmon/notify.hh
  int notify_fd = -1;           // datagram socket connected to the manager
  std::vector<int> listen_fds;  // socket activation: the container's descriptors from 3 on
  std::vector<int> stdio_fds;   // log driver passthrough: its descriptors 0, 1 and 2

  bool tty = false;
  bool interactive = false;  // keep standard input open without a client
  std::string stop_signal = "SIGTERM";
  std::int64_t stop_timeout_s = 10;
  std::int64_t timeout_s = 0;  // --timeout: killed after it has run so long; 0 = never
  std::string restart = "no";  // no, on-failure, always, unless-stopped
  std::int64_t restart_max_retries = 0;

  std::string health_process;  // process description of the health check, in the run directory; empty = none
  std::int64_t health_interval_ms = 30'000, health_timeout_ms = 30'000, health_start_period_ms = 0,
               health_start_interval_ms = 5'000, health_retries = 3;
  // The check that comes first: until it succeeds the other does not run. retries 0: it is tried for ever.
  std::string startup_process;
  std::int64_t startup_interval_ms = 30'000, startup_timeout_ms = 30'000, startup_retries = 0, startup_successes = 1;
  std::string health_on_failure;  // what becomes of an unhealthy container: none, kill, restart, stop

  bool auto_remove = false;
  std::string marker_path;   // staging/c-<id>: goes once the container runs; empty when it is published already
  std::string passing_path;  // staging/r-<id>: what it becomes with --rm, until the container is gone; else empty
  std::string staging_dir;   // removed directories are renamed into it first
  std::vector<std::string> remove_dirs;   // with auto_remove: directory trees, in this order; container_dir is the last
  std::vector<std::string> remove_links;  // with auto_remove: symlinks that are unlinked when they lead to `id`

  std::string events_dir;  // directory of YYYYMMDD.jsonl
  std::string boot_id;
  std::string pidfile;             // --pidfile: init's pid is written here; empty = none
  std::vector<std::string> ports;  // for state.json
  std::string image;               // image name, for events

  int sync_fd = -1;           // SOCK_SEQPACKET connection to the command that started us (monitor_protocol.hh)
  int lock_fd = -1;           // monitor.lock, already flocked by the engine: being alive
  int marker_fd = -1;         // flock on marker_path; -1 when there is none
  int last_one_fd = -1;       // shared flock of a pod's containers: who can have it alone when it ends was the last
  std::string holder_socket;  // and then ends the pod's holder: its monitor's ctl.sock
  std::vector<int> keep_fds;  // held open until we exit: network helpers go when they close
};

/// The arguments after argv[0], in the order of the struct.
std::vector<std::string> to_argv(const MonitorConfig& config);

/// @throws Error{usage} unknown option, missing value, missing id or directories
MonitorConfig monitor_config_from_argv(const std::vector<std::string>& argv);

/// The options about health as "name=value" lines, for an update while it runs; applying changes those alone.
std::string health_update_text(const MonitorConfig& config);
/// @throws Error{usage} another option, or a malformed value
void apply_health_update(std::string_view lines, MonitorConfig& config);

}  // namespace lichen::wire
