#include "libpod/runtime/commands.hh"

#include "libpod/base/error.hh"
#include "libpod/runtime/processes.hh"
#include "libpod/sys/signals.hh"

namespace lichen::runtime {

int kill_command(const Options& options) {
  const ContainerRecord record = load_record(options.root, options.arguments[0]);
  const std::string name = options.arguments.size() > 1 ? options.arguments[1] : "TERM";
  // Signal 0 only asks; nobody needs it here and a slip would look like success.
  const auto signal = sys::parse_signal_name(name);
  if (!signal) throw_error(ErrorKind::usage, "kill: '{}' is not a signal", name);
  if (!signal_container(record, *signal, options.all) && !options.all)
    throw_error(ErrorKind::conflict, "kill container '{}': container not running", record.id);
  return 0;
}

}  // namespace lichen::runtime
