#include "libpod/engine/pod_check.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

void give_name(Engine& engine, const spec::PodConfig& pod) {
  if (const auto holder = engine.pods.find_name(pod.name))
    throw_error(ErrorKind::conflict, "the name {} belongs to pod {}", pod.name, short_id(*holder));
  const std::string link = engine.paths.pod_names() + "/" + pod.name;
  sys::remove_file(link);
  sys::make_symlink(pod.id, link);
}

void check_record(Engine& engine, const std::string& id, std::vector<StoreFinding>& findings) {
  const auto pod = engine.pods.get(id);
  if (pod.id != id) throw_error(ErrorKind::invalid, "its record is that of pod {}", short_id(pod.id));
  if (!sys::is_directory(engine.paths.pod_rootfs(id)))
    throw_error(ErrorKind::invalid, "the directory of its holder is missing");
  if (sys::read_link(engine.paths.pod_names() + "/" + pod.name) != id)
    findings.push_back({"pod " + pod.name, "its name does not lead to it", "give it its name again, if that is free",
                        [&engine, pod] { give_name(engine, pod); }});
}

void check_names(const Engine& engine, std::vector<StoreFinding>& findings) {
  for (const auto& name : sys::list_directory(engine.paths.pod_names())) {
    const std::string link = engine.paths.pod_names() + "/" + name;
    const auto id = sys::read_link(link);
    if (id && sys::exists(engine.paths.pod(*id))) continue;
    findings.push_back({"pod name " + name, id ? format("pod {} does not exist", short_id(*id)) : "it leads to no pod",
                        "remove it", [link] { sys::remove_file(link); }});
  }
}

void check_members(const Engine& engine, std::vector<StoreFinding>& findings) {
  for (const auto& id : engine.containers.list()) try {
      const auto config = engine.containers.load_config(id);
      if (config.pod_id.empty() || sys::exists(engine.paths.pod(config.pod_id))) continue;
      findings.push_back({"container " + config.name,
                          format("its pod {} does not exist", short_id(config.pod_id)),
                          format("remove it: lichen rm -f {}", config.name),
                          {}});
    } catch (const Error& error) {
      log_debug("{}", error.what());  // the check of containers tells it
    }
}

}  // namespace

std::vector<StoreFinding> check_pods(
    Engine& engine,
    const std::function<void(const std::string& path, const std::string& kind, const std::string& name)>& set_aside) {
  std::vector<StoreFinding> findings;
  for (const auto& id : sys::list_directory(engine.paths.pods())) {
    if (!is_full_id(id)) {
      findings.push_back({"pod directory",
                          format("'{}/{}' is no pod", engine.paths.pods(), printable(id)),
                          "look at it and remove it yourself",
                          {}});
      continue;
    }
    try {
      check_record(engine, id, findings);
    } catch (const Error& error) {
      if (!sys::exists(engine.paths.pod(id))) continue;  // removed while we looked
      findings.push_back({"pod " + short_id(id), error.what(), "move it to set-aside/; its containers stay",
                          [&engine, set_aside, id] { set_aside(engine.paths.pod(id), "pod", id); }});
    }
  }
  check_names(engine, findings);
  check_members(engine, findings);
  return findings;
}

}  // namespace lichen::engine
