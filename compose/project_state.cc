#include "compose/project_state.hh"

#include <algorithm>
#include <tuple>

#include "compose/labels.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"

namespace lichen::compose {
namespace {

std::string label_of(const engine::ContainerSummary& summary, const char* name) {
  const auto found = summary.config.labels.find(name);
  return found == summary.config.labels.end() ? "" : found->second;
}

}  // namespace

std::vector<ProjectContainer> project_containers(engine::Engine& engine, const std::string& project) {
  std::vector<ProjectContainer> found;
  const auto on_damaged = [](const std::string& id, const Error& error) {
    log_warn("container {} is left out: {}", id, error.what());
  };
  for (auto& summary : engine::summarize_containers(engine, {}, on_damaged)) {
    if (label_of(summary, label::kProject) != project) continue;
    // A container run from an image that was built here has the project's label too, as the image's.
    if (label_of(summary, label::kConfigHash).empty()) continue;
    ProjectContainer container;
    container.service = label_of(summary, label::kService);
    container.number = static_cast<std::uint32_t>(parse_int(label_of(summary, label::kNumber)).value_or(0));
    container.one_off = label_of(summary, label::kOneOff) == "True";
    container.config_hash = label_of(summary, label::kConfigHash);
    for (const auto& text : split(label_of(summary, label::kDependsOn), ',')) {
      if (text.empty()) continue;
      container.depends_on.emplace_back(text.substr(0, text.find(':')));
      if (text.ends_with(":true")) container.restarts_with.push_back(container.depends_on.back());
    }
    container.summary = std::move(summary);
    found.push_back(std::move(container));
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return std::tie(a.service, a.one_off, a.number, a.name()) < std::tie(b.service, b.one_off, b.number, b.name());
  });
  return found;
}

ProjectContainer running_container(engine::Engine& engine, const std::string& project, const std::string& service,
                                   std::int64_t index) {
  for (const auto& container : project_containers(engine, project))
    if (container.service == service && !container.one_off && container.is_active() &&
        (index == 0 || container.number == static_cast<std::uint64_t>(index)))
      return container;
  throw Error(ErrorKind::not_found, index == 0 ? format("service \"{}\" is not running", service)
                                               : format("service \"{}\" is not running container #{}", service, index))
      .with_exit_code(1)
      .with_hint(format("start it first: lichen compose up -d {}", service));
}

std::optional<store::ContainerRecord> look_at(engine::Engine& engine, const std::string& id) {
  try {
    return engine::find_container(engine, id);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return std::nullopt;
    throw;
  }
}

}  // namespace lichen::compose
