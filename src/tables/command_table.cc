// Data: the list of the families, in the order in which help shows them.
#include "src/tables/builders.hh"

namespace lichen::cli {

std::span<const std::span<const CommandSpec>> command_families() {
  static const std::span<const CommandSpec> kFamilies[] = {
      container_commands(), watch_commands(),   file_commands(),         image_commands(),  manifest_commands(),
      build_commands(),     compose_commands(), compose_look_commands(), volume_commands(), secret_commands(),
      network_commands(),   pod_commands(),     host_commands(),         later_commands()};
  return kFamilies;
}

}  // namespace lichen::cli
