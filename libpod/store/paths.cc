#include "libpod/store/paths.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"

namespace lichen::store {

Paths::Paths(std::string root, std::string run, std::string boot_id)
    : root_(std::move(root)), run_(std::move(run)), boot_id_(std::move(boot_id)) {
  LICHEN_ASSERT(root_.starts_with('/') && run_.starts_with('/') && !boot_id_.empty());
}

bool Paths::make() const {
  // events/ is the last one made: when it is there, all are.
  if (!sys::exists(events()))
    for (const auto& path : {root_, staging(), layers(), images(), refs(), containers(), names(), volumes(), events()})
      sys::make_directories(path, 0700);
  const bool first_of_boot = !sys::exists(boot_dir());
  for (const auto& path : {boot_dir() + "/containers", oci_root(), userns_members()}) sys::make_directories(path, 0700);
  return first_of_boot;
}

}  // namespace lichen::store
