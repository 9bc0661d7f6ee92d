#include "libpod/engine/volumes_from.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_summary.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"

namespace lichen::engine {
namespace {

struct Source {
  std::string container;
  bool read_only = false;
  std::string relabel;
};

Source parse_source(const std::string& text) {
  const auto colon = text.rfind(':');
  Source source{.container = text.substr(0, colon), .relabel = {}};
  if (colon == std::string::npos) return source;
  for (const auto& word : split(text.substr(colon + 1), ',')) {
    if (word == "ro")
      source.read_only = true;
    else if (word == "z" || word == "Z")
      source.relabel = word == "z" ? "shared" : "private";
    else if (word != "rw")
      throw Error(ErrorKind::usage, format("--volumes-from '{}': unknown option '{}'", text, word))
          .with_hint("the options are ro, rw, z and Z");
  }
  return source;
}

// A monitor that removes its container (--rm) removes the anonymous volumes too, and does not read other containers'
// records: here it finds who has them as well (conmon/removal.cc). Engine code asks is_used_by_others.
void mark_shared(const std::string& volume, std::initializer_list<std::string> ids) {
  const auto lock = sys::wait_lock(volume, sys::LockMode::exclusive, std::chrono::seconds(10));
  std::string text = sys::read_file_if_exists(volume + "/shared").value_or("");
  for (const auto& id : ids)
    if (text.find(id) == std::string::npos) text += id + "\n";
  sys::write_file_atomic(volume + "/shared", text, 0600, sys::Durability::none);
}

}  // namespace

void add_volumes_from(Engine& engine, spec::ContainerConfig& config) {
  if (!config.volumes_from.empty() && config.id.empty()) config.id = random_id();
  for (const auto& text : config.volumes_from) {
    const Source source = parse_source(text);
    const auto other = engine.containers.load_config(engine.containers.find(source.container));
    for (auto mount : other.mounts) {
      if (mount.type == spec::MountType::tmpfs) continue;
      const auto same_place = [&](const auto& taken) { return taken.destination == mount.destination; };
      if (std::any_of(config.mounts.begin(), config.mounts.end(), same_place)) continue;
      mount.read_only = mount.read_only || source.read_only;
      if (!source.relabel.empty()) mount.relabel = source.relabel;
      mount.from_image = false;
      mount.chown = false;
      mount.create_source = false;
      if (mount.anonymous) mark_shared(engine.paths.volume(mount.source), {other.id, config.id});
      config.mounts.push_back(std::move(mount));
    }
  }
}

void share_anonymous_volume(const Engine& engine, const std::string& volume, const std::string& id) {
  mark_shared(engine.paths.volume(volume), {id});
}

bool is_used_by_others(Engine& engine, const std::string& volume, const std::string& id) {
  if (!sys::exists(engine.paths.volume(volume) + "/shared")) return false;  // the usual case, without reading records
  const auto containers = containers_in_use_check(engine);
  return std::any_of(containers.begin(), containers.end(), [&](const ContainerSummary& container) {
    const auto& mounts = container.config.mounts;
    return container.config.id != id && std::any_of(mounts.begin(), mounts.end(), [&](const auto& mount) {
             return mount.type == spec::MountType::volume && mount.source == volume;
           });
  });
}

}  // namespace lichen::engine
