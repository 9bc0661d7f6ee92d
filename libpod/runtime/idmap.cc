#include "libpod/runtime/idmap.hh"

#include "libpod/base/error.hh"
#include "libpod/runtime/id_maps.hh"
#include "libpod/sys/clone.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lichen::runtime {

void apply_idmap(int mount, const spec::OciMount& spec, bool recursive) {
  if (spec.uid_mappings.empty() || spec.gid_mappings.empty())
    throw_error(ErrorKind::unsupported, "map the ids of '{}': uidMappings and gidMappings must both be given",
                spec.destination);
  // The mapping is carried by a user namespace; a child that sleeps holds it as long as we need.
  sys::Pipe hold = sys::make_pipe();
  sys::Pid holder = sys::clone_process({.flags = CLONE_NEWUSER}, [&] {
    hold.write.reset();
    char byte = 0;
    return ::read(hold.read.get(), &byte, 1) == 0 ? 0 : 1;
  });
  write_id_maps(holder.get(), spec.uid_mappings, spec.gid_mappings);
  const sys::UniqueFd userns = sys::open_process_namespace(holder.get(), *sys::find_namespace_kind("user"));
  sys::MountAttributes change;
  change.set = MOUNT_ATTR_IDMAP;
  change.userns_fd = userns.get();
  try {
    sys::set_mount_attributes(mount, change, recursive, spec.destination);
  } catch (const Error& error) {
    throw Error(ErrorKind::unsupported, error.what(), error.saved_errno())
        .with_hint("without root only file systems that were mounted in the user's own namespace can be mapped");
  }
}

}  // namespace lichen::runtime
