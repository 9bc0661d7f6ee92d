#include "compose/turn.hh"

#include <sys/file.h>

namespace lichen::compose {

void add_turn(const engine::Engine& engine, const std::string& project, Tasks& tasks, ProjectView& view,
              std::optional<sys::FileLock>& turn) {
  const auto gate = [&view, &turn, path = engine.paths.project_lock(project), object = "Project " + project,
                     is_shown = false]() mutable {
    turn = sys::try_lock(path, sys::LockMode::exclusive, /*create=*/true);
    if (!turn && !std::exchange(is_shown, true)) view.show(object, "Waiting for another up");
    if (turn && is_shown) view.done(object, "Ready");
    return turn.has_value();
  };
  tasks.add({.object = "Project " + project,
             .doing = "",
             .did = "",
             .after = {},
             .gate = gate,
             .body = {},
             .done = {},
             .output = {}});
}

void end_turn(std::optional<sys::FileLock>& turn) {
  if (turn) ::flock(turn->fd(), LOCK_UN);
  turn.reset();
}

}  // namespace lichen::compose
