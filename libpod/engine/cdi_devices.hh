// Devices by description (spec/cdi.hh has the theory): finding and reading the files, and asking the host whether what
// they name is there. Looked up at creation, so that a mistake is said early, and again at each start: a driver's
// update writes them anew.
//
// Files that others may write to are passed over with a warning: whoever writes one chooses hooks, programs that run as
// the user. YAML is read by lichen-image, so that no other command loads a YAML library.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/spec/cdi.hh"

namespace lichen::engine {

/// What the devices that `config` asks for need; nothing is read when it asks for none.
/// @throws Error{not_found} no description, or the host has not what it names; the hint says where descriptions are
///         looked for and what makes them
spec::CdiEdits find_device_edits(Engine& engine, const spec::ContainerConfig& config);

/// What further processes of the container need of it, environment and groups, is left in the run directory at the
/// start: the descriptions may be others by then.
void write_device_note(const spec::ContainerConfig& config, const spec::CdiEdits& edits, const std::string& run_dir);
spec::CdiEdits read_device_note(const spec::ContainerConfig& config, const std::string& run_dir);

}  // namespace lichen::engine
