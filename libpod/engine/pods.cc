#include "libpod/engine/pods.hh"

#include <algorithm>
#include <map>
#include <tuple>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/events.hh"
#include "libpod/sys/io.hh"

namespace lichen::engine {
namespace {

// Dependencies first: the holder, what must have run, the rest.
auto rank(const ContainerSummary& container) {
  const auto& config = container.config;
  return std::make_tuple(!config.holder, config.init_container.empty(), std::cref(config.created),
                         std::cref(config.id));
}

Pod assemble(spec::PodConfig config, std::vector<ContainerSummary> containers) {
  std::sort(containers.begin(), containers.end(), [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const bool has_record = !containers.empty() && containers.front().config.holder;
  return {std::move(config), std::move(containers), has_record};
}

}  // namespace

std::vector<const ContainerSummary*> Pod::members() const {
  std::vector<const ContainerSummary*> out;
  for (const auto& container : containers)
    if (!container.config.holder) out.push_back(&container);
  return out;
}

std::string_view Pod::state() const {
  using enum wire::ContainerStatus;
  spec::PodCounts counts;
  for (const auto& container : containers) {
    const auto status = container.state.status;
    // One that has done its work is no sign that something is wrong.
    if (!container.config.init_container.empty() && status == exited && container.state.exit_code == 0) continue;
    ++counts.all;
    if (status == running)
      ++counts.running;
    else if (status == paused)
      ++counts.paused;
    else if (status == exited)
      ++counts.exited;
    else if (status != created)
      ++counts.other;
  }
  return spec::pod_state(counts);
}

Pod load_pod(Engine& engine, const std::string& name_or_id) {
  auto config = engine.pods.get(engine.pods.find(name_or_id));
  auto all = summarize_containers(engine, {}, [](const std::string& id, const Error& error) {
    log_warn("container {}: {}", short_id(id), error.what());
  });
  std::erase_if(all, [&](const ContainerSummary& container) { return container.config.pod_id != config.id; });
  return assemble(std::move(config), std::move(all));
}

std::vector<Pod> load_pods(Engine& engine, const OnDamaged& on_damaged) {
  std::map<std::string, std::vector<ContainerSummary>> by_pod;
  const auto ids = engine.pods.list();
  if (ids.empty()) return {};
  for (auto& container : summarize_containers(engine, {}, on_damaged))
    if (!container.config.pod_id.empty()) by_pod[container.config.pod_id].push_back(std::move(container));
  std::vector<Pod> pods;
  for (const auto& id : ids) try {
      pods.push_back(assemble(engine.pods.get(id), std::move(by_pod[id])));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) on_damaged(id, error);
    }
  return pods;
}

void append_pod_event(const Engine& engine, const spec::PodConfig& pod, const std::string& action) {
  append_event(engine, {.type = "pod", .action = action, .id = pod.id, .name = pod.name, .attributes = pod.labels});
}

void for_each_container(const std::vector<const ContainerSummary*>& containers,
                        const std::function<void(const ContainerSummary&)>& each) {
  std::optional<Error> first;
  for (const auto* container : containers) try {
      each(*container);
    } catch (Error& error) {
      error.add_context(format("container {}", container->config.name));
      if (first)
        log_warn("{}", error.what());
      else
        first = error;
    }
  if (first) throw Error(*first);
}

std::string read_pod_id_file(const std::string& path) {
  std::string id(trim(split(sys::read_file(path, 4096), '\n')[0]));
  if (!is_full_id(id)) throw_error(ErrorKind::usage, "--pod-id-file '{}': it holds no pod id", path);
  return id;
}

}  // namespace lichen::engine
