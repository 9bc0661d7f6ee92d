#include "libpod/engine/life.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/control.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/start.hh"
#include "libpod/engine/stop.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/signals.hh"

namespace lichen::engine {
namespace {

using enum wire::ContainerStatus;

void pause_or_go_on(Engine& engine, const std::string& name_or_id, bool pause) {
  const auto record = find_container(engine, name_or_id);
  const char* verb = pause ? "pause" : "unpause";
  const bool paused_now = record.state.status == paused;
  if (paused_now == pause && (paused_now || record.state.status == running))
    throw_error(ErrorKind::conflict, "container {} is {}paused", record.config.name, pause ? "already " : "not ");
  if (!wire::has_process(record.state.status))
    throw Error(ErrorKind::conflict, format("cannot {} container {}: it is {}", verb, record.config.name,
                                            wire::to_string(record.state.status)));
  const auto type = pause ? wire::MessageType::pause : wire::MessageType::unpause;
  if (!request_done(engine, record.config.id, {.type = type, .a = 0, .b = 0, .text = ""}))
    throw_error(ErrorKind::conflict, "cannot {} container {}: it has just ended", verb, record.config.name);
}

}  // namespace

void restart_container(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s,
                       const std::string& signal) {
  const auto record = find_container(engine, name_or_id);
  if (!wire::is_active(record.state.status)) {
    start_container(engine, record.config.id, nullptr);
    return;
  }
  const auto stop = stop_order(record, timeout_s, signal);
  if (request_done(engine, record.config.id,
                   {.type = wire::MessageType::restart, .a = stop.signal, .b = stop.timeout_ms, .text = ""}))
    return;
  start_container(engine, record.config.id, nullptr);  // it ended by itself a moment ago
}

void pause_container(Engine& engine, const std::string& name_or_id) { pause_or_go_on(engine, name_or_id, true); }
void unpause_container(Engine& engine, const std::string& name_or_id) { pause_or_go_on(engine, name_or_id, false); }

namespace {

// The record has the name already: what fails here is mended by `network reload` or the next start.
void answer_to_name(Engine& engine, const std::string& id) try {
  const auto lock = engine.containers.hold(id);
  refresh_member(engine, engine.containers.load_config(id));
} catch (const Error& error) {
  log_warn("the new name is not answered on the container's networks yet: {}", error.what());
}

}  // namespace

void rename_container(Engine& engine, const std::string& name_or_id, const std::string& new_name) {
  const auto record = find_container(engine, name_or_id);
  const std::string name = new_name.starts_with('/') ? new_name.substr(1) : new_name;  // docker's inspect shows one
  if (!is_valid_name(name))
    throw Error(ErrorKind::usage, format("invalid container name '{}'", new_name))
        .with_hint("letters, digits, '_', '.' and '-', beginning with a letter or digit");
  if (name == record.config.name)
    throw_error(ErrorKind::usage, "container {} is called so already", record.config.name);
  engine.containers.rename(record.config.id, name);
  // A monitor that is gone, or about to go, needs no name.
  try {
    request_done(engine, record.config.id, {.type = wire::MessageType::update, .a = 0, .b = 0, .text = "name=" + name});
  } catch (const Error&) {
  }
  if (!record.config.network.endpoints.empty()) answer_to_name(engine, record.config.id);
  append_event(engine, {.type = "container",
                        .action = "rename",
                        .id = record.config.id,
                        .name = name,
                        .image = record.config.image_name,
                        .attributes = {{"oldName", "/" + record.config.name}}});
}

std::string read_cidfile(const std::string& path) {
  const std::string text = sys::read_file(path, 4096);
  std::string id(trim(split(text, '\n')[0]));
  if (!is_full_id(id)) throw_error(ErrorKind::usage, "--cidfile '{}': it holds no container id", path);
  return id;
}

}  // namespace lichen::engine
