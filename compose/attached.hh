// compose up in the foreground: its containers' output from their start on, until they have all ended, or until the
// user or one of them ends it.
//
// Theory of operation. One loop serves the bringing up (up.hh) and the output, so that what a container says is seen
// while others wait for it. All is made first, then it is said whom we are attached to, then containers are started.
// Who is started later by other commands is followed too, as long as somebody runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compose/language/model.hh"
#include "compose/log_lines.hh"
#include "compose/project_view.hh"
#include "compose/watch.hh"

namespace lichen::compose {

struct AttachedOptions {
  LogChoice log;
  bool abort_on_exit = false;     // the first that ends ends all
  bool abort_on_failure = false;  // likewise, with a code other than 0
  std::string exit_code_from;     // whose code is ours; implies abort_on_exit
  Strings attach;                 // services whose output is shown; empty: all that do not say `attach: false`
  Strings no_attach;
  std::optional<std::int64_t> stop_timeout_s;
  std::optional<WatchOptions> watch;  // what --watch and the menu begin; nullopt: there is nothing to be watched
  bool watches = false;               // --watch
  bool has_menu = false;              // --menu
};

/// Takes signals: one ends what is being done and stops what was named or started here, a second one kills it.
/// @return the exit code: 130 after a signal, that of exit_code_from, 0
/// @throws Error as bring_up; what was started goes on, as in docker compose
int up_attached(engine::Engine& engine, const Project& project, const UpOptions& up, const AttachedOptions& options,
                ProjectView& view);

}  // namespace lichen::compose
