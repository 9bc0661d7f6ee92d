#include "libpod/runtime/hooks.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// A memory file and not a pipe: a hook that does not read cannot make us wait.
sys::UniqueFd state_input(const std::string& state) {
  sys::UniqueFd file(::memfd_create("state", MFD_CLOEXEC));
  if (!file) throw_errno("make the input of a hook");
  sys::write_all(file.get(), state, "the input of a hook");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw_errno("rewind the input of a hook");
  return file;
}

void run_hook(const spec::OciHook& hook, const std::string& state) {
  const sys::UniqueFd input = state_input(state);
  sys::SpawnOptions options;
  options.program = hook.path;
  options.argv = hook.args.empty() ? std::vector<std::string>{hook.path} : hook.args;
  options.env = hook.env;
  options.fds = {{input.get(), 0}, {1, 1}, {2, 2}};
  options.die_with_parent = true;
  sys::Pid child = sys::spawn(options);
  if (hook.timeout_s && !sys::wait_pidfd(child.pidfd(), std::chrono::seconds(*hook.timeout_s)))
    throw_error(ErrorKind::system, "it did not end within {} seconds", *hook.timeout_s);
  const sys::ExitStatus status = child.wait();
  if (status.signal != 0) throw_error(ErrorKind::system, "it was killed by signal {}", status.signal);
  if (status.code != 0) throw_error(ErrorKind::system, "it ended with exit code {}", status.code);
}

}  // namespace

void run_hooks(const std::vector<spec::OciHook>& hooks, std::string_view point, const std::string& state) {
  for (const auto& hook : hooks) {
    try {
      run_hook(hook, state);
    } catch (Error& error) {
      error.add_context(format("{} hook '{}'", point, hook.path));
      throw;
    }
  }
}

}  // namespace lichen::runtime
