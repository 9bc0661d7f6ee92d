#include "libpod/engine/exec.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/cdi_devices.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/control.hh"
#include "libpod/engine/exec_terminal.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/engine/network_links.hh"
#include "libpod/engine/secret_mounts.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

store::ContainerRecord require_running(Engine& engine, const std::string& name_or_id) {
  auto record = find_container(engine, name_or_id);
  using enum wire::ContainerStatus;
  if (record.state.status == running) return record;
  if (record.state.status == paused)
    throw Error(ErrorKind::conflict, format("container {} is paused", name_or_id))
        .with_hint(format("continue it first: lichen unpause {}", name_or_id));
  throw Error(ErrorKind::conflict, format("container {} is not running", name_or_id))
      .with_hint(format("start it first: lichen start {}", record.config.name));
}

spec::OciProcess make_process(const Engine& engine, const store::ContainerRecord& record, const ExecRequest& request) {
  const sys::UniqueFd root = sys::open_path(format("/proc/{}/root", record.state.pid), O_PATH | O_DIRECTORY);
  spec::HostFacts facts;
  facts.available_capabilities = available_capabilities();
  facts.link_env = link_env(engine, record.config);
  facts.secret_env = secret_environment(engine, record.config);
  facts.device_edits = read_device_note(record.config, engine.paths.container_run(record.config.id));
  const bool own_user = !request.user.empty();
  facts.user = resolve_container_user(root.get(), record.config, own_user ? request.user : record.config.user,
                                      own_user ? std::vector<std::string>{} : record.config.groups);
  auto process = spec::generate_exec_process(record.config, facts, request.command, request.env, request.working_dir,
                                             request.tty, request.privileged);
  // Set by the runtime before the command begins; a size sent afterwards would come too late for its first look.
  if (request.tty && !request.detach)
    if (const auto size = callers_window_size(); size.rows != 0 && size.columns != 0)
      process.console_size = {.height = size.rows, .width = size.columns};
  return process;
}

std::vector<std::string> runtime_argv(const Engine& engine, const std::string& runtime, const std::string& id,
                                      const std::string& process) {
  std::vector<std::string> argv = {base_name(runtime), "--root", engine.paths.oci_root()};
  for (auto& argument : engine.runtime_arguments(runtime)) argv.push_back(std::move(argument));
  argv.insert(argv.end(), {"exec", "--process", process, id});
  return argv;
}

// The process description travels in a memory file, so that nothing is left when we are killed.
sys::UniqueFd memory_file(const std::string& text) {
  // NOLINTNEXTLINE(android-cloexec-memfd-create): it goes through execve to lichen-oci
  sys::UniqueFd file(::memfd_create("process.json", 0));
  if (!file) throw_errno("make a memory file");
  sys::write_all(file.get(), text, "process.json");
  return file;
}

bool is_ours(const std::string& runtime) { return base_name(runtime) == "lichen-oci"; }

// lichen-oci enters the container, whose processes must not reach its file through /proc/PID/exe (CVE-2019-5736). In a
// mount namespace of our own that is a read-only bind; without one it would copy itself into memory, which costs 2 ms.
sys::UniqueFd open_our_runtime(const std::string& runtime) {
  sys::unshare_namespaces(CLONE_NEWNS, "a mount namespace");
  return sys::open_program_readonly(runtime);
}

[[noreturn]] void become_runtime(const std::string& runtime, std::vector<std::string> argv) {
  std::vector<char*> pointers;
  for (auto& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  if (is_ours(runtime)) {
    const sys::UniqueFd program = open_our_runtime(runtime);
    ::syscall(SYS_execveat, program.get(), "", pointers.data(), environ, AT_EMPTY_PATH);
  } else {
    ::execv(runtime.c_str(), pointers.data());
  }
  throw_errno("execute '{}'", runtime);
}

int exec_detached(Engine& engine, const store::ContainerRecord& record, const std::string& process_json, bool tty) {
  const std::string path = engine.paths.container_run(record.config.id) + "/exec-" + random_hex(8) + ".json";
  sys::write_file(path, process_json, 0600);
  try {
    if (!request_done(engine, record.config.id,
                      {.type = wire::MessageType::exec, .a = tty ? 1 : 0, .b = 0, .text = path}))
      throw_error(ErrorKind::conflict, "container {} is not running", record.config.name);
  } catch (const Error&) {
    sys::remove_file(path);
    throw;
  }
  sys::remove_file(path);
  return 0;
}

}  // namespace

int exec_in_container(Engine& engine, const std::string& name_or_id, const ExecRequest& request) {
  const auto record = require_running(engine, name_or_id);
  engine.enter_userns();
  const std::string process = dump_json(spec::to_json(make_process(engine, record, request)));
  if (request.detach) return exec_detached(engine, record, process, request.tty);
  const std::string runtime = engine.runtime_path(record.config.runtime);
  const std::string& id = record.config.id;
  const sys::UniqueFd file = memory_file(process);
  // Only lichen-oci sends its terminal while it stays in the foreground; runc and crun care for ours themselves.
  if (request.tty && is_ours(runtime)) {
    const sys::UniqueFd program = open_our_runtime(runtime);
    return exec_with_terminal({.program_fd = program.get(),
                               .argv = runtime_argv(engine, runtime, id, "/proc/self/fd/3"),
                               .process_fd = file.get(),
                               .socket_path = format("{}/exec-{}.sock", engine.paths.container_run(id), random_hex(8)),
                               .interactive = request.interactive,
                               .detach_keys = request.detach_keys});
  }
  // Without -i the command must not take our input.
  if (!request.interactive && !request.tty &&
      ::dup2(sys::open_path("/dev/null", O_RDONLY).get(), STDIN_FILENO) != STDIN_FILENO)
    throw_errno("close standard input");
  auto argv = runtime_argv(engine, runtime, id, format("/proc/self/fd/{}", file.get()));
  if (request.tty) argv.insert(argv.end() - 1, "--tty");
  engine.leave_members();
  become_runtime(runtime, std::move(argv));
}

}  // namespace lichen::engine
