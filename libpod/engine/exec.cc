#include "libpod/engine/exec.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/control.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

store::ContainerRecord require_running(Engine& engine, const std::string& name_or_id) {
  auto record = find_container(engine, name_or_id);
  using enum wire::ContainerStatus;
  if (record.state.status == running) return record;
  if (record.state.status == paused)
    throw Error(ErrorKind::conflict, format("container {} is paused", name_or_id)).with_hint(format("continue it first: lichen unpause {}", name_or_id));
  throw Error(ErrorKind::conflict, format("container {} is not running", name_or_id))
      .with_hint(format("start it first: lichen start {}", record.config.name));
}

spec::OciProcess make_process(const store::ContainerRecord& record, const ExecRequest& request) {
  const sys::UniqueFd root = sys::open_path(format("/proc/{}/root", record.state.pid), O_PATH | O_DIRECTORY);
  spec::HostFacts facts;
  const bool own_user = !request.user.empty();
  facts.user = resolve_container_user(root.get(), own_user ? request.user : record.config.user, own_user ? std::vector<std::string>{} : record.config.groups);
  return spec::generate_exec_process(record.config, facts, request.command, request.env, request.working_dir, request.tty, request.privileged);
}

std::vector<std::string> runtime_argv(const Engine& engine, const std::string& runtime, const std::string& id, const std::string& process) {
  return {base_name(runtime), "--root", engine.paths.oci_root(), "exec", "--process", process, id};
}

// Becomes the runtime. The process description travels in a memory file, so that nothing is left when we are killed.
[[noreturn]] void become_runtime(const std::string& runtime, std::vector<std::string> argv, const std::string& process_json) {
  sys::UniqueFd file(::memfd_create("process.json", 0));
  if (!file) throw_errno("make a memory file");
  sys::write_all(file.get(), process_json, "process.json");
  for (auto& argument : argv)
    if (argument == "@process") argument = format("/proc/self/fd/{}", file.get());
  std::vector<char*> pointers;
  for (auto& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(runtime.c_str(), pointers.data());
  throw_errno("execute '{}'", runtime);
}

int exec_detached(Engine& engine, const store::ContainerRecord& record, const std::string& process_json) {
  const std::string path = engine.paths.container_run(record.config.id) + "/exec-" + random_hex(16) + ".json";
  sys::write_file(path, process_json, 0600);
  try {
    if (!request_done(engine, record.config.id, {.type = wire::MessageType::exec, .text = path}))
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
  const std::string process = dump_json(spec::to_json(make_process(record, request)));
  if (request.detach) return exec_detached(engine, record, process);
  const std::string runtime = engine.runtime_path(record.config.runtime);
  auto argv = runtime_argv(engine, runtime, record.config.id, "@process");
  if (request.tty) argv.insert(argv.end() - 1, "--tty");
  become_runtime(runtime, argv, process);
}

}  // namespace lichen::engine
