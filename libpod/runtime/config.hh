// config.json: read from the bundle, kept in the container's directory (the bundle may be gone later), checked for what
// the kernel would only tell half-way.
#pragma once

#include <string>

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

struct Config {
  spec::OciSpec spec;
  std::string text;    // as read, for our copy
  std::string bundle;  // absolute
  std::string rootfs;  // absolute
};

/// @throws Error{not_found} no config.json; Error{invalid} what is wrong with it, by JSON path
Config read_bundle(const std::string& bundle);
/// Our copy. @throws Error{not_found}
spec::OciSpec read_copy(const std::string& container_dir);
void save_copy(const std::string& container_dir, const std::string& text);

/// Rules beyond types. @throws Error{invalid|unsupported}
void validate(const spec::OciSpec& spec);

}  // namespace lichen::runtime
