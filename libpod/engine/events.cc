#include "libpod/engine/events.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>

namespace lichen::engine {

void append_event(const Engine& engine, const Event& event) {
  const std::string time = to_rfc3339(now());
  Json json;
  json["time"] = time;
  json["type"] = event.type;
  json["action"] = event.action;
  json["id"] = event.id;
  json["name"] = event.name;
  json["image"] = event.image;
  json["attributes"] = event.attributes;
  const std::string file =
      engine.paths.events() + "/" + time.substr(0, 4) + time.substr(5, 2) + time.substr(8, 2) + ".jsonl";
  try {
    const auto fd = sys::open_path(file, O_WRONLY | O_APPEND | O_CREAT, 0600);
    sys::write_all(fd.get(), dump_json(json) + "\n", file);
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
}

}  // namespace lichen::engine
