// With one id alone (no subordinate range) nobody inside can give a file away or become another user, and package
// managers of images do both. A build's RUN steps are answered with success there, and nothing is changed: what all
// belongs to one user needs no owners. (Charliecloud's way, found sound on clusters; Linux has no other.)
#pragma once

#include "libpod/spec/oci_spec.hh"

namespace lichen::engine {

/// Whether our user namespace has one id only.
bool has_single_id();

/// chown(2), setuid(2) and their families succeed without effect. Without a filter there is none to say so.
void pretend_ids(spec::OciSpec& spec);

/// apt checks that it has really become another user, unless it is told to stay: the content of a file for APT_CONFIG.
std::string apt_configuration();

}  // namespace lichen::engine
