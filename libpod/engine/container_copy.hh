// lichen cp, by docker's rules for sources, targets and trailing slashes ("docker container cp", Description).
//
// Both ends are a descriptor of a root ("/" of the host, of a container) and a path that is resolved beneath it by the
// kernel (sys/resolve); what is found is copied by engine/transfer. A tar on standard input or output goes through a
// staging directory: lichen-image reads or writes it there, where no container can reach it, and only then it is
// copied.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// One word of the command line.
struct CopyPlace {
  std::string container;  // name or id; empty: the host
  std::string path;       // of the host: as typed, or "-"; of a container: absolute
  bool is_stream() const { return container.empty() && path == "-"; }
};
/// "NAME:PATH" is in a container; what begins with '/' or '.' before the first colon is on the host (docker's rule).
CopyPlace parse_copy_place(const std::string& word);

struct CopyRequest {
  CopyPlace from, to;
  bool archive = false;    // keep the owners' numbers; else all is owned by the target's root, on the host by the user
  bool follow = false;     // -L: a symlink as the source is what it points to
  bool overwrite = false;  // podman's: directories and files may replace each other
};

/// @return bytes of file contents copied
/// @throws Error{usage} no container among the two; Error{not_found|conflict} by docker's rules, with exit code 1
std::uint64_t copy_files(Engine& engine, const CopyRequest& request);

}  // namespace lichen::engine
