#include "conmon/record.hh"

#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/wire/log_format.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

std::string state_path(const wire::MonitorConfig& config) { return config.container_dir + "/state.json"; }

void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (out.back() != '{') out += ',';
  out += '"';
  wire::append_json_text(out, key);
  out += "\":\"";
  wire::append_json_text(out, value);
  out += '"';
}

// Blanks after the document are no harm to JSON; the length stays, so no block has to be found.
void overwrite_in_place(const std::string& path, std::string text) {
  const sys::UniqueFd file = sys::open_path(path, O_WRONLY);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_errno("look at '{}'", path);
  if (text.size() < static_cast<std::size_t>(status.st_size))
    text.resize(static_cast<std::size_t>(status.st_size), ' ');
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw_errno("write '{}'", path);
}

}  // namespace

void write_state(const wire::MonitorConfig& config, const wire::ContainerState& state) {
  const std::string text = wire::state_text(state);
  try {
    sys::write_file_atomic(state_path(config), text, 0600, sys::Durability::none);
  } catch (const Error& error) {
    if (error.saved_errno() != ENOSPC && error.saved_errno() != EDQUOT) throw;
    overwrite_in_place(state_path(config), text);
  }
}

void sync_state(const wire::MonitorConfig& config) noexcept {
  try {
    const sys::UniqueFd file = sys::open_path(state_path(config), O_RDONLY);
    sys::sync_fd(file.get(), state_path(config));
    sys::sync_directory(config.container_dir);
  } catch (const std::exception&) {
    // Nothing to be done about a disk that fails here; the record is as good as the page cache.
  }
}

void write_monitor_pid(const wire::MonitorConfig& config) {
  const auto start = sys::process_start_time(::getpid());
  sys::write_file_atomic(config.run_dir + "/monitor.pid", format("{} {}\n", ::getpid(), start.value_or(0)), 0600,
                         sys::Durability::none);
}

std::string event_line(const wire::MonitorConfig& config, std::string_view time, std::string_view action,
                       const EventAttributes& attributes) {
  std::string out = "{";
  append_member(out, "time", time);
  append_member(out, "type", "container");
  append_member(out, "action", action);
  append_member(out, "id", config.id);
  append_member(out, "name", config.name);
  append_member(out, "image", config.image);
  out += ",\"attributes\":";
  std::string inner = "{";
  for (const auto& [key, value] : attributes) append_member(inner, key, value);
  return out + inner + "}}\n";
}

void append_event(const wire::MonitorConfig& config, std::string_view action,
                  const EventAttributes& attributes) noexcept {
  if (config.events_dir.empty()) return;
  try {
    const std::string time = to_rfc3339(now());
    const std::string day = time.substr(0, 4) + time.substr(5, 2) + time.substr(8, 2);
    const sys::UniqueFd file =
        sys::open_path(config.events_dir + "/" + day + ".jsonl", O_WRONLY | O_APPEND | O_CREAT, 0600);
    const std::string line = event_line(config, time, action, attributes);
    [[maybe_unused]] const ssize_t written = ::write(file.get(), line.data(), line.size());
  } catch (const std::exception&) {
    // An event lost to a full disk is no reason to stop a container.
  }
}

}  // namespace lichen::conmon
