// The flags of pod create and pod clone -> spec::PodConfig, and of run and create that are about a pod.
#pragma once

#include "libpod/engine/pod_create.hh"
#include "src/container_flags.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// @param argv  the whole command line, for inspect @throws Error{usage}
engine::PodRequest pod_request(const ParsedArgs& args, const HostView& host, const std::vector<std::string>& argv);

/// --pod and --pod-id-file of run and create. @throws Error{usage}
engine::PodChoice pod_choice(const ParsedArgs& args, const HostView& host);

/// What commands resolve flags against.
HostView host_view(const engine::Engine& engine);

}  // namespace lichen::cli
