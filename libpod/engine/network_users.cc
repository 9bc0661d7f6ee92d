#include "libpod/engine/network_users.hh"

#include <algorithm>

namespace lichen::engine {
namespace {

// docker's networks without a record: ids are fixed.
struct Builtin {
  std::string_view name, driver, id;
};
constexpr Builtin kBuiltins[] = {
    {"host", "host", "b1c6dbe1f3c5a4d2e89f70b1a2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5"},
    {"none", "null", "c2d7ecf204d6b5e3f9a081c2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6"},
};

spec::NetworkRecord builtin_record(const Builtin& builtin) {
  spec::NetworkRecord record;
  record.id = builtin.id;
  record.name = builtin.name;
  record.driver = builtin.driver;
  record.dns = false;
  return record;
}

}  // namespace

std::array<spec::NetworkRecord, 2> recordless_networks() {
  return {builtin_record(kBuiltins[0]), builtin_record(kBuiltins[1])};
}

spec::NetworkRecord find_network(const Engine& engine, const std::string& name_or_id) {
  for (const auto& builtin : kBuiltins)
    if (name_or_id == builtin.name || (name_or_id.size() > 3 && builtin.id.starts_with(name_or_id)))
      return builtin_record(builtin);
  return engine.networks.get(engine.networks.find(name_or_id));
}

bool is_builtin_network(const std::string& name) {
  return name == spec::kDefaultNetwork || name == kBuiltins[0].name || name == kBuiltins[1].name;
}

std::vector<const ContainerSummary*> users_of(const std::vector<ContainerSummary>& containers,
                                              const std::string& network) {
  std::vector<const ContainerSummary*> users;
  for (const auto& container : containers)
    if (std::ranges::any_of(container.config.network.endpoints, [&](const auto& at) { return at.network == network; }))
      users.push_back(&container);
  std::ranges::sort(users, {}, [](const auto* user) { return user->config.name; });
  return users;
}

}  // namespace lichen::engine
