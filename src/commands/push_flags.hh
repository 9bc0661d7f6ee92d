// What push, manifest push and login share.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"
#include "libpod/wire/image_cli.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// A request with --authfile, and what the command has of --cert-dir, --creds, --tls-verify and --insecure.
wire::ImageRequest registry_request(const engine::Engine& engine, const ParsedArgs& args);
/// --retry, --retry-delay, --signature-policy.
void set_retries(const ParsedArgs& args, wire::ImageRequest& request);
/// --compression-format, --compression-level, --force-compression, --format.
void set_push_flags(const ParsedArgs& args, wire::ImageRequest& request);
/// With --digestfile.
wire::ImageResult push_image(engine::Engine& engine, const ParsedArgs& args, const wire::ImageRequest& request);
/// "oci:DIRECTORY" and the like: written there. @param list  IMAGE is a manifest list @return false: a registry is
/// meant
bool push_to_place(engine::Engine& engine, const ParsedArgs& args, const std::string& destination, bool list);
/// Without podman's "docker://".
std::string without_transport(const std::string& text);

}  // namespace lichen::cli
