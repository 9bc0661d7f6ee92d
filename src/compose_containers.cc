#include "src/compose_containers.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "src/exit_code.hh"

namespace lichen::cli {
namespace {

bool is_in_file(const FoundProject& found, const std::string& service) {
  const auto* project = found.get();
  if (project == nullptr) return false;
  return project->find_service(service) != nullptr ||
         std::ranges::any_of(project->disabled_services, [&](const auto& one) { return one.name == service; });
}

}  // namespace

std::vector<compose::ProjectContainer> containers_of(engine::Engine& engine, const FoundProject& found,
                                                     const compose::Strings& services, OneOffs one_offs) {
  auto containers = compose::project_containers(engine, found.name);
  for (const auto& service : services)
    if (!is_in_file(found, service) &&
        std::ranges::none_of(containers, [&](const auto& one) { return one.service == service; }))
      throw Error(ErrorKind::not_found, format("no such service: {}", service)).with_exit_code(kExitNo);
  std::erase_if(containers, [&](const compose::ProjectContainer& container) {
    if (container.one_off && one_offs == OneOffs::without) return true;
    return !services.empty() && std::ranges::find(services, container.service) == services.end();
  });
  return containers;
}

compose::ProjectContainer container_of(engine::Engine& engine, const FoundProject& found, const std::string& service,
                                       std::int64_t index) {
  auto containers = containers_of(engine, found, {service});
  if (index != 0)
    std::erase_if(containers, [&](const auto& one) { return one.number != static_cast<std::uint64_t>(index); });
  const auto running = std::ranges::find_if(containers, [](const auto& one) { return one.is_active(); });
  if (running != containers.end()) return *running;
  if (!containers.empty()) return containers.front();
  throw Error(ErrorKind::not_found, index == 0 ? format("service \"{}\" has no container", service)
                                               : format("service \"{}\" has no container #{}", service, index))
      .with_exit_code(kExitNo)
      .with_hint(format("make it first: lichen compose up -d {}", service));
}

}  // namespace lichen::cli
