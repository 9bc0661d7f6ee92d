#include "compose/hooks.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/exec.hh"
#include "libpod/sys/process.hh"

namespace lichen::compose {

void run_hook(engine::Engine& engine, const Hook& hook, const std::string& name, const std::string& id) {
  engine::ExecRequest request;
  request.command = hook.command;
  request.user = hook.user;
  request.working_dir = hook.working_dir;
  request.privileged = hook.privileged;
  for (const auto& [key, value] : hook.environment)
    if (value) request.env.push_back(key + "=" + *value);
  // Without a terminal exec becomes the runtime, so it gets a process of its own.
  const auto status = sys::fork_child([&] { return engine::exec_in_container(engine, id, request); }).wait();
  if (status.code != 0)
    throw Error(ErrorKind::conflict,
                format("{} hook '{}' ended with exit code {}", name, join(hook.command, " "), status.code))
        .with_exit_code(1);
}

void run_post_start(engine::Engine& engine, const Service& service, const std::string& id) {
  for (const auto& hook : service.post_start) run_hook(engine, hook, "post_start", id);
}

void run_pre_stop(engine::Engine& engine, const Service& service, const std::string& id) {
  for (const auto& hook : service.pre_stop) {
    try {
      run_hook(engine, hook, "pre_stop", id);
    } catch (const Error& error) {
      log_warn("{}: {}", service.name, error.what());
    }
  }
}

}  // namespace lichen::compose
