// `pause`, `resume` and `update`: what works on the container's cgroup. Without one, pausing stops each process
// (processes.hh); that is remembered in a file, for a stopped process alone says nothing.
#include "libpod/runtime/commands.hh"

#include "libpod/base/error.hh"
#include "libpod/runtime/cgroup.hh"
#include "libpod/runtime/processes.hh"
#include "libpod/runtime/state_file.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <signal.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

ContainerRecord load(const Options& options) { return load_record(options.root, options.arguments[0]); }

ContainerRecord with_cgroup(const Options& options) {
  ContainerRecord record = load(options);
  if (record.cgroup.empty())
    throw Error(ErrorKind::unsupported,
                format("{} container '{}': it has no cgroup of its own", options.command, record.id))
        .with_hint("that needs a delegated cgroup v2; 'lichen doctor' says more");
  return record;
}

void require(const Options& options, const ContainerRecord& record, Status wanted) {
  const Status status = status_of(options.root, record);
  if (status != wanted)
    throw_error(ErrorKind::conflict, "{} container '{}': it is {}", options.command, record.id, to_string(status));
}

}  // namespace

int pause_command(const Options& options) {
  const ContainerRecord record = load(options);
  require(options, record, Status::running);
  if (!record.cgroup.empty()) {
    freeze_cgroup(record.cgroup, true);
    return 0;
  }
  sys::write_file(paused_mark(options.root, record), "", 0600);
  stop_processes(record);
  return 0;
}

int resume_command(const Options& options) {
  const ContainerRecord record = load(options);
  require(options, record, Status::paused);
  if (!record.cgroup.empty()) {
    freeze_cgroup(record.cgroup, false);
    return 0;
  }
  signal_container(record, SIGCONT, true);
  sys::remove_file(paused_mark(options.root, record));
  return 0;
}

int update_command(const Options& options) {
  if (options.resources_file.empty()) throw_error(ErrorKind::usage, "update: --resources FILE is needed");
  const ContainerRecord record = with_cgroup(options);
  const std::string text = options.resources_file == "-" ? sys::read_all(STDIN_FILENO, "standard input")
                                                         : sys::read_file(options.resources_file);
  set_limits(record.cgroup,
             spec::oci_resources_from_json(parse_json(text, options.resources_file), options.resources_file));
  return 0;
}

}  // namespace lichen::runtime
