// healthcheck run.
#include <cstdio>

#include "libpod/engine/container_health.hh"
#include "src/commands/commands.hh"
#include "src/session.hh"

namespace lichen::cli {

// podman's contract for scripts and timers: nothing and 0 when it is well, "unhealthy" and 1 when it is not.
int healthcheck_run_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto result = engine::run_health_check(*engine, args.positionals()[0]);
  if (result.exit_code == 0) return 0;
  std::printf("unhealthy\n");
  return args.get_bool("ignore-result") ? 0 : 1;
}

}  // namespace lichen::cli
