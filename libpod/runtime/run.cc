#include "libpod/runtime/commands.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/runtime/create.hh"
#include "libpod/runtime/delete.hh"
#include "libpod/runtime/foreground.hh"
#include "libpod/runtime/hooks.hh"
#include "libpod/sys/socket.hh"
#include "libpod/wire/runtime_cli.hh"

namespace lichen::runtime {
namespace {

// Init waits on the handshake; its end without a message means that execve succeeded, or that init was killed
// meanwhile.
void start_over_handshake(const Handshake& handshake) {
  const auto packet = sys::receive_packet(handshake.fd(), wire::kMaxStartReply + 1);
  if (!packet) return;
  const auto failure = wire::decode_start_failure(std::string_view(packet->data).substr(1));
  StartError error(error_kind_from_string(failure.kind), failure.text, failure.exit_code);
  error.with_hint(failure.hint);
  throw error;
}

void run_poststart(const CreatedContainer& container) {
  try {
    run_hooks(container.hooks.poststart, "poststart", dump_json(state_json(container.record, Status::running)));
  } catch (const Error& error) {
    log_text(LogLevel::warn, error.what());
  }
}

}  // namespace

int run_command(const Options& options) {
  Foreground foreground;
  CreatedContainer container = create_container(options, /*start_at_once=*/true);
  int code = 0;
  try {
    start_over_handshake(container.handshake);
    run_poststart(container);
    if (options.detach) {
      container.init.release();
      return 0;
    }
    code = foreground.wait(container.init, container.terminal.get());
  } catch (const Error&) {
    kill_and_wait(container.record);
    remove_container(options.root, container.record);
    throw;
  }
  if (!options.keep) remove_container(options.root, container.record);
  return code;
}

}  // namespace lichen::runtime
