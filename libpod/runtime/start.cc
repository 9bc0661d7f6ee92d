#include "libpod/runtime/commands.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/runtime/config.hh"
#include "libpod/runtime/hooks.hh"
#include "libpod/runtime/start_socket.hh"
#include "libpod/runtime/state_file.hh"

namespace lichen::runtime {

int start_command(const Options& options) {
  const std::string& id = options.arguments[0];
  const ContainerRecord record = load_record(options.root, id);
  request_start(container_dir(options.root, id), id);
  const spec::OciHooks hooks = read_copy(container_dir(options.root, id)).hooks;
  // runtime.md, "Lifecycle" 10: a failing poststart hook is logged, the container goes on.
  try {
    run_hooks(hooks.poststart, "poststart", dump_json(state_json(record, Status::running)));
  } catch (const Error& error) {
    log_text(LogLevel::warn, error.what());
  }
  return 0;
}

}  // namespace lichen::runtime
