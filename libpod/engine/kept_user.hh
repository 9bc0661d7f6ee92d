// The caller's entry in /etc/passwd and /etc/group of a keep-id container, so that whoami, $HOME and programs that look
// themselves up (ssh, git) work. The image's files stay as they are: complete copies are bound over them.
#pragma once

#include <optional>
#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct UserFiles {
  std::optional<std::string> passwd, group;  // nullopt: the image's own will do
};

/// @param passwd, group  the image's
UserFiles files_with_kept_user(const spec::ContainerConfig& config, const std::string& passwd,
                               const std::string& group);

}  // namespace lichen::engine
