// lichen export: a container's merged file system as a tar, without volumes and binds (docker's rule).
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// @param output  a file, which appears when it is whole, or "-" for standard output
/// @throws Error{not_found}
void export_container(Engine& engine, const std::string& name_or_id, const std::string& output);

/// Which of a container's files go out, and for which names whiteouts: "etc/motd".
struct TarSelection {
  std::vector<std::string> paths, deleted;
};
/// The tar that export writes, on `fd`. @param selection  nullptr: all files
/// @stage in U0
void write_container_tar(Engine& engine, const store::ContainerRecord& record, int fd, const TarSelection* selection);

}  // namespace lichen::engine
