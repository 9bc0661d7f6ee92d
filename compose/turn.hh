// One `up` of a project at a time: of two that come up at once the second finds what the first has made.
#pragma once

#include <optional>
#include <string>

#include "compose/tasks.hh"
#include "libpod/engine/engine.hh"
#include "libpod/sys/lock.hh"

namespace lichen::compose {

/// A task that is done when no other `up` of this project is at work. @param turn  holds them off until it is gone
void add_turn(const engine::Engine& engine, const std::string& project, Tasks& tasks, ProjectView& view,
              std::optional<sys::FileLock>& turn);

/// At once, whoever has a copy of the lock: children that follow output outlive the work.
void end_turn(std::optional<sys::FileLock>& turn);

}  // namespace lichen::compose
