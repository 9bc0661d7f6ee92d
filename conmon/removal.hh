// Making a container go: --rm, rm -f, and what was made before a start that failed.
#pragma once

#include <string>
#include <vector>

#include "libpod/wire/monitor_args.hh"

namespace lichen::conmon {

/// It exists from now on: the marker of what is being made goes, or, with --rm, becomes the one of what will not last.
void publish(const wire::MonitorConfig& config);

/// Make the container invisible, by renames only: its directories go into staging_dir under random names, names that
/// lead to it are unlinked. Each step that fails leaves the rest to be done. @return what is left to delete
std::vector<std::string> hide_container(const wire::MonitorConfig& config);

/// Delete for good; slow. The rootfs is unmounted from this mount namespace first: the kernel refuses to remove a mount
/// point. What resists stays in staging, where any later command sweeps it.
void delete_hidden(const wire::MonitorConfig& config, const std::vector<std::string>& paths);

/// The root of the container's file system, as mounted.
std::string rootfs_path(const wire::MonitorConfig& config);

}  // namespace lichen::conmon
