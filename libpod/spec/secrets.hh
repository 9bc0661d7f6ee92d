// --secret of run and create: NAME[,type=mount|env][,target=][,uid=][,gid=][,mode=], podman's grammar. Pure: whether
// there is such a secret is asked by the engine.
#pragma once

#include <string_view>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// A target that is not absolute is beneath /run/secrets. @throws Error{usage} naming what is wrong and the keys there
/// are
SecretConfig parse_secret_option(std::string_view text);

}  // namespace lichen::spec
