// Which networks there are, those without a record among them, and who uses them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"
#include "libpod/spec/network_record.hh"

namespace lichen::engine {

/// docker's networks without a record, `host` and `none`.
std::array<spec::NetworkRecord, 2> recordless_networks();
/// By name, id or the beginning of an id. @throws Error{not_found}
spec::NetworkRecord find_network(const Engine& engine, const std::string& name_or_id);
/// `bridge`, `host`, `none`: always there.
bool is_builtin_network(const std::string& name);

/// The containers whose records name the network, running or not, by name.
std::vector<const ContainerSummary*> users_of(const std::vector<ContainerSummary>& containers,
                                              const std::string& network);

}  // namespace lichen::engine
