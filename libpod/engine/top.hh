// lichen top.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// The processes of a running container as lines of cells, the headings first.
///
/// @param words  none: docker's columns (UID PID PPID C STIME TTY TIME CMD). Podman's descriptors, one or several per
///               word ("pid,user args"): those. Anything else is for ps(1) of the host, as in docker ("aux", "-o
///               pid,cmd"): its lines for the container's processes.
/// @throws Error{conflict} it does not run; Error{usage} ps does not take the words; Error{unsupported} no ps here
struct TopTable {
  std::vector<std::vector<std::string>> rows;
};
TopTable container_top(Engine& engine, const std::string& name_or_id, const std::vector<std::string>& words);

/// Podman's descriptors that container_top knows, sorted.
std::vector<std::string> top_descriptors();

}  // namespace lichen::engine
