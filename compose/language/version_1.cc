#include "compose/language/version_1.hh"

#include <algorithm>
#include <array>

namespace lichen::compose {
namespace {

constexpr std::array<std::string_view, 9> kTopLevel = {"version", "name",    "include", "services", "networks",
                                                       "volumes", "secrets", "configs", "models"};

bool is_extension(const Node& member) { return member.key.starts_with("x-"); }

bool looks_like_service(const Node& member) {
  return member.find("image") != nullptr || member.find("build") != nullptr || member.find("extends") != nullptr;
}

bool is_version_1(const Node& document) {
  const bool has_top_level = std::ranges::any_of(
      document.items, [](const Node& member) { return std::ranges::find(kTopLevel, member.key) != kTopLevel.end(); });
  return !has_top_level && std::ranges::any_of(document.items, [](const Node& member) {
    return !is_extension(member) && looks_like_service(member);
  });
}

void rename(Node& service, const char* from, const char* to) {
  const Node* old = service.find(from);
  if (old == nullptr || service.find(to) != nullptr) return;
  service.set(to, Node(*old));
  service.erase(from);
}

// `dockerfile` stood beside a `build` that was the context alone.
void nest_dockerfile(Node& service) {
  const Node* dockerfile = service.find("dockerfile");
  const Node* build = service.find("build");
  if (dockerfile == nullptr || build == nullptr || !build->is_scalar()) return;
  Node nested = make_mapping(*build);
  nested.set("context", Node(*build));
  nested.set("dockerfile", Node(*dockerfile));
  service.set("build", std::move(nested));
  service.erase("dockerfile");
}

}  // namespace

bool modernize_version_1(Node& document) {
  if (!document.is_mapping() || !is_version_1(document)) return false;
  Node services = make_mapping(document.items.front());
  Node modern = make_mapping(document);
  for (auto& member : document.items) {
    if (is_extension(member)) {
      modern.items.push_back(std::move(member));
      continue;
    }
    nest_dockerfile(member);
    rename(member, "net", "network_mode");
    services.items.push_back(std::move(member));
  }
  modern.set("services", std::move(services));
  document = std::move(modern);
  return true;
}

}  // namespace lichen::compose
