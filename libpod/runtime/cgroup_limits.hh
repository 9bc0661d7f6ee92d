// Pure: OCI resources to the files of cgroup v2 and what is written into them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

struct CgroupSetting {
  std::string file;  // "memory.max"
  std::string content;
};

/// In the order in which they must be written.
/// @throws Error{unsupported} a setting that version 2 does not have (kernel memory, swappiness, realtime)
/// @throws Error{invalid}     swap smaller than memory; a unified name with a slash
std::vector<CgroupSetting> cgroup_settings(const spec::OciResources& resources);

/// "memory.max" -> "memory"; "" for files of the core ("cgroup.max.depth").
std::string controller_of(std::string_view file);

}  // namespace lichen::runtime
