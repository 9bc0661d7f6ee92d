#include "libpod/engine/start.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/engine/attach_client.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/control.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/pty.hh"

#include <unistd.h>

namespace lichen::engine {
namespace {

std::int64_t stream_flags(const AttachOptions& attach) {
  return (attach.in ? wire::kAttachStdin : 0) | (attach.out ? wire::kAttachStdout : 0) |
         (attach.err ? wire::kAttachStderr : 0);
}

RunOutcome pump(sys::UniqueFd socket, const AttachOptions& attach, bool tty) {
  AttachClientOptions options;
  options.tty = tty;
  options.forward_stdin = attach.in;
  options.sig_proxy = attach.sig_proxy;
  // Only what is typed can hold the keys: a file that is piped in may have these bytes too (docker's rule).
  if (tty) options.detach_keys = attach.detach_keys;
  const AttachResult result = run_attach_client(std::move(socket), options);
  return {result.exit_code, result.detached};
}

// The monitor went without a word about the end: what its record says, or that it was killed.
RunOutcome outcome_from_record(Engine& engine, const std::string& id) {
  try {
    const auto record = load_container(engine, id);
    if (!record.state.error.empty())
      throw_error(ErrorKind::system, "container {}: {}", record.config.name, record.state.error);
    return {static_cast<int>(record.state.exit_code), false};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    throw_error(ErrorKind::system, "container {}: its monitor was killed, and the container with it", short_id(id));
  }
}

RunOutcome start_and_attach(Engine& engine, Launched launched, const spec::ContainerConfig& config,
                            const AttachOptions* attach, store::ContainerMaker* maker) {
  if (attach != nullptr)
    send_message(launched.sync.get(),
                 {.type = wire::MessageType::attach, .a = stream_flags(*attach), .b = 0, .text = ""});
  // The program must find the terminal in its size when it starts.
  if (attach != nullptr && config.tty) {
    auto size = sys::window_size(STDOUT_FILENO);
    if (size.columns == 0) size = sys::window_size(STDIN_FILENO);
    if (size.columns != 0)
      send_message(launched.sync.get(),
                   {.type = wire::MessageType::resize, .a = size.columns, .b = size.rows, .text = ""});
  }
  start_launched(launched);
  if (maker != nullptr) maker->hand_over();
  if (attach == nullptr) return {};
  try {
    return pump(std::move(launched.sync), *attach, config.tty);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return outcome_from_record(engine, config.id);
  }
}

}  // namespace

RunOutcome run_created(Engine& engine, CreatedContainer created, const AttachOptions* attach) {
  Launched launched = launch_monitor(engine, created.config, created.maker.marker_fd());
  return start_and_attach(engine, std::move(launched), created.config, attach, &created.maker);
}

RunOutcome start_container(Engine& engine, const std::string& name_or_id, const AttachOptions* attach) {
  const auto record = find_container(engine, name_or_id);
  using enum wire::ContainerStatus;
  if (record.state.status == running || record.state.status == restarting)
    return attach == nullptr ? RunOutcome{} : attach_container(engine, name_or_id, *attach);
  if (record.state.status == paused || record.state.status == removing)
    throw Error(ErrorKind::conflict, format("container {} is {}: it cannot be started", record.config.name,
                                            wire::to_string(record.state.status)))
        .with_hint(record.state.status == paused ? format("continue it: lichen unpause {}", record.config.name) : "");
  // Another command may have had it started, and been killed before it could say so.
  if (!wait_for_quiet(engine, record.config.id)) return start_container(engine, record.config.id, attach);
  AttachOptions wanted = attach == nullptr ? AttachOptions{} : *attach;
  wanted.in =
      wanted.in && record.config.interactive;  // docker: start -i of a container without -i has no input to give
  return start_and_attach(engine, launch_monitor(engine, record.config, -1), record.config,
                          attach == nullptr ? nullptr : &wanted, nullptr);
}

RunOutcome attach_container(Engine& engine, const std::string& name_or_id, const AttachOptions& attach) {
  const auto record = find_container(engine, name_or_id);
  using enum wire::ContainerStatus;
  auto socket = record.state.status == running || record.state.status == restarting
                    ? connect_monitor(engine, record.config.id)
                    : std::nullopt;
  if (!socket)
    throw Error(ErrorKind::conflict, format("cannot attach to container {}: it is not running", record.config.name))
        .with_hint(format("start it: lichen start -a {}", record.config.name));
  if (record.config.log.driver == "passthrough")
    throw Error(ErrorKind::unsupported,
                format("cannot attach to container {}: its streams are passed through", record.config.name))
        .with_exit_code(1)
        .with_hint("it was started with --log-driver passthrough");
  AttachOptions wanted = attach;
  wanted.in = attach.in && record.config.interactive;
  send_message(socket->get(), {.type = wire::MessageType::attach, .a = stream_flags(wanted), .b = 0, .text = ""});
  return pump(*std::move(socket), wanted, record.config.tty);
}

}  // namespace lichen::engine
