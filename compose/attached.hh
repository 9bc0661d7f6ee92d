// compose up in the foreground: its containers' output until they have all ended, or until the user or one of them ends
// it.
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
  bool is_interrupted = false;        // before it began: all is stopped at once
  std::optional<WatchOptions> watch;  // --watch
};

/// Takes signals. `bring_up` has done so before (UpOptions::takes_signals): one that comes between them is not lost.
/// @param ids  the containers; @return the exit code: 130 after a signal, that of exit_code_from, 0
int follow_project(engine::Engine& engine, const Project& project, const std::vector<std::string>& ids,
                   const AttachedOptions& options);

}  // namespace lichen::compose
