// -v, --mount and --tmpfs as docker and podman write them, into MountConfig.
//
// One table names every option word and what it does, so that the three syntaxes, the generator and completion agree.
// Nothing here looks at the file system: a relative source ("./data") stays as typed and the CLI resolves it against
// its working directory, a volume name is checked for its characters only. What a word asks for and lichen cannot do is
// an error, never dropped.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

enum class MountFlagKind {
  access,       // ro, rw
  propagation,  // rprivate, shared, ...
  recursion,    // bind, rbind
  kernel,       // a mount flag that the runtime knows: noexec, nosuid, relatime, ... and their opposites
  copy,         // nocopy, copy
  chown,        // U
  relabel,      // z, Z
  consistency,  // cached, delegated, consistent: docker's words for macOS, without meaning on Linux there and here
  unsupported,  // O, idmap, upperdir, ...
};

struct MountFlag {
  std::string_view name;
  MountFlagKind kind;
  std::string_view meaning;   // for help and completion
  std::string_view opposite;  // the word that contradicts it, or empty
};

/// Every option word of -v, in the order in which help shows them.
std::span<const MountFlag> mount_flags();
/// The row of `name` (exact spelling), or nullptr.
const MountFlag* find_mount_flag(std::string_view name);

/// docker's -v: "[SOURCE:]DESTINATION[:OPTIONS]".
///
/// A source that begins with '/', '.' or '~' is a host path, another one a volume's name, none makes an anonymous
/// volume.
/// @throws Error{usage}        wrong form, a relative destination or "/", a bad volume name, an unknown or
/// contradicting option
/// @throws Error{unsupported}  an option that lichen does not have
MountConfig parse_volume_option(std::string_view text);

/// --mount: one CSV record of key=value, quoted as RFC 4180 says. The type is volume when it is not given.
/// @throws as parse_volume_option; also a key that does not belong to the type
MountConfig parse_mount_option(std::string_view text);

/// --tmpfs: "DESTINATION[:OPTIONS]".
/// @throws as parse_volume_option
MountConfig parse_tmpfs_option(std::string_view text);

/// `mount` in --mount's syntax; parse_mount_option gives it back. `from_image` and `create_source` have no key there.
std::string format_mount_option(const MountConfig& mount);

/// docker's rule for names of volumes, containers, networks: [a-zA-Z0-9][a-zA-Z0-9_.-]*
bool is_object_name(std::string_view name);

/// One CSV record (RFC 4180). @throws Error{usage} a quote that is not closed, or text after a closing quote
std::vector<std::string> split_csv(std::string_view text, std::string_view option);

}  // namespace lichen::spec
