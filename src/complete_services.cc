// What completion knows about compose: the services of the file. It is only read, as by `compose config`.
#include "compose/host_files.hh"
#include "libpod/base/error.hh"
#include "src/arg_parser.hh"
#include "src/completion.hh"
#include "src/compose_project.hh"

namespace lichen::cli {

std::vector<std::string> complete_services(std::span<const std::string> words) {
  try {
    const auto global = normalize_words(global_spec(), words);
    const auto rest = words.subspan(global.consumed);
    const CommandSpec* compose = find_command("compose");
    if (rest.empty() || rest[0] != "compose" || compose == nullptr) return {};
    NormalizedWords own = normalize_words(*compose, rest.subspan(1));
    own.positionals.clear();
    compose::HostFiles files;
    auto request = load_request(bind_options(*compose, own), engine::Environment::capture());
    request.resolve_environment = false;
    const auto project = compose::load_project(request, files);
    std::vector<std::string> names;
    for (const auto* services : {&project.services, &project.disabled_services})
      for (const auto& service : *services) names.push_back(service.name);
    return names;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace lichen::cli
