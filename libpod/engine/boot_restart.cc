#include "libpod/engine/boot_restart.hh"

#include "libpod/base/error.hh"
#include "libpod/store/container_store.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

int count_waiting(const store::ContainerStore& containers) {
  int count = 0;
  for (const auto& id : containers.list()) {
    try {
      const auto policy = containers.load_config(id).restart;
      if (policy == spec::RestartPolicy::always || policy == spec::RestartPolicy::unless_stopped) ++count;
    } catch (const Error&) {
      continue;  // a damaged record: `system check` speaks of it
    }
  }
  return count;
}

}  // namespace

std::optional<Finding> examine_boot_restart(const store::Paths& paths, const std::string& config_home,
                                            const std::string& host) {
  // sd_booted(3)
  if (!sys::is_directory(host + "/run/systemd/system") || !sys::is_directory(paths.containers())) return std::nullopt;
  const int waiting = count_waiting(store::ContainerStore(paths));
  if (waiting == 0) return std::nullopt;
  const std::string link = std::string("/systemd/user/default.target.wants/") + kRestartUnit;
  const bool enabled = sys::read_link(config_home + link) || sys::read_link(host + "/etc" + link);
  const std::string who = format("{} container{} with a restart policy", waiting, waiting == 1 ? "" : "s");
  if (enabled) return Finding{"restart after boot", "ok", who + " will come back", ""};
  return Finding{"restart after boot", "warning", who + " will not come back after a reboot",
                 "systemctl --user enable lichen-restart, and loginctl enable-linger to start without a login"};
}

}  // namespace lichen::engine
