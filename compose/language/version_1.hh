// Files of version 1, from before compose had networks and volumes of its own: their top level is the services. docker
// compose v2 refuses them, but books and courses show them still.
#pragma once

#include "compose/language/node.hh"

namespace lichen::compose {

/// Put the services of a file of version 1 below `services`, in today's words. @return false: it is of another version
bool modernize_version_1(Node& document);

}  // namespace lichen::compose
