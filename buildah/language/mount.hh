// --mount of RUN: keys as typed → what to mount.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "buildah/language/ast.hh"

namespace lichen::language {

enum class MountType { bind, cache, tmpfs, secret, ssh };
std::string_view to_string(MountType type);
enum class CacheSharing { shared, separate, locked };  // "separate" is written "private"
std::string_view to_string(CacheSharing sharing);

/// Empty and nullopt: not said. Defaults that need nothing but the mount are filled in: id of cache (the target), of
/// secret (base name of the target) and ssh ("default"); target of a secret without env (/run/secrets/ID). The others
/// are the executor's: paths relative to WORKDIR, modes, an ssh target (/run/buildkit/ssh_agent.N).
struct ResolvedMount {
  MountType type = MountType::bind;
  std::string target;
  std::string source;
  std::string from;
  bool is_read_only = true;  // bind, secret, ssh: true, cache and tmpfs: false, unless said
  std::string id;
  CacheSharing sharing = CacheSharing::shared;
  bool is_required = false;
  std::string env;                    // secret
  std::optional<std::int64_t> size;   // tmpfs, bytes
  std::optional<std::uint32_t> mode;  // cache, secret, ssh; tmpfs (Buildah's tmpfs-mode)
  std::optional<std::uint32_t> uid, gid;
  std::string relabel;      // bind: "", "shared" (z) or "private" (Z)
  bool is_chowned = false;  // bind: U, Buildah's
  std::string propagation;  // bind: Buildah's
};

/// Cut the text of a --mount flag (fields between commas, "..." as in CSV) and look at the keys.
/// @throws Error{invalid}  an unknown key (with a suggestion), a variable in `from`
RunMount read_mount(const Word& text, const Source& source);

/// Expand the values and check them against the mount's type.
///
/// @param expand  gives the value of a word; called for every value but that of `from`
/// @throws Error{invalid}  an unknown type (with a suggestion), a key that the type does not have, a malformed value, a
///                         missing target; the message has the place
ResolvedMount resolve_mount(const RunMount& mount, const Source& source,
                            const std::function<std::string(const std::string&)>& expand);

}  // namespace lichen::language
