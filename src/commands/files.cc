// diff, export, cp, commit, mount, unmount: the files of containers.
#include "libpod/base/error.hh"
#include "libpod/engine/container_diff.hh"
#include "libpod/engine/image_lookup.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {

// A container, else an image against what is beneath its last layer (podman; docker knows containers only).
int diff_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const std::string& name = args.positionals()[0];
  std::vector<engine::FileChange> changes;
  try {
    changes = engine::diff_container(*engine, name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || !engine::find_image(*engine, name)) throw;
    changes = engine::diff_images(*engine, name, "");
  }
  write_out(changes_text(changes, args.get_string("format")));
  return kExitOk;
}

}  // namespace lichen::cli
