// post_start, pre_stop and develop.watch[].exec of a service: commands in its running container.
#pragma once

#include "compose/language/model.hh"
#include "libpod/engine/engine.hh"

namespace lichen::compose {

/// Run one in a running container. @param name  "post_start", for messages
/// @throws Error{conflict} it ended with a code other than 0 @stage in a child
void run_hook(engine::Engine& engine, const Hook& hook, const std::string& name, const std::string& id);
/// One after another, in order. @throws Error: one of them failed @stage in a child
void run_post_start(engine::Engine& engine, const Service& service, const std::string& id);
/// Likewise; a failure is a warning, the container is stopped all the same.
void run_pre_stop(engine::Engine& engine, const Service& service, const std::string& id);

}  // namespace lichen::compose
