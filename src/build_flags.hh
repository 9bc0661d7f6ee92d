// The flags of build -> buildah::BuildOptions.
#pragma once

#include "buildah/options.hh"
#include "src/container_flags.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// Where a path of the command line leads from where the user stands.
std::string absolute_path(const std::string& path, const HostView& host);

/// --ssh: NAME or NAME=SOCKET each. @throws Error{usage} a malformed one; no socket, and SSH_AUTH_SOCK is not set
std::vector<buildah::BuildSsh> ssh_flags(const ParsedArgs& args, const HostView& host);

/// @throws Error{usage} a malformed value; Error{unsupported} one that lichen does not have yet
buildah::BuildOptions build_options(const ParsedArgs& args, const HostView& host);

}  // namespace lichen::cli
