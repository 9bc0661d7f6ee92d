// The parts of generate(), for generate*.cc and their tests only.
#pragma once

#include <string>
#include <vector>

#include "libpod/spec/generate.hh"

namespace lichen::spec {

/// Default mounts, the generated files of /etc, devices, volumes, binds and tmpfs, in the order in which they must be
/// mounted.
std::vector<OciMount> generate_mounts(const ContainerConfig& config, const HostFacts& facts);

/// The first process.
OciProcess generate_process(const ContainerConfig& config, const HostFacts& facts);

/// Whether `mode` makes a namespace of the container's own: "" or, for ipc, "none" and "shareable".
bool is_private_mode(std::string_view mode);

}  // namespace lichen::spec
