// The flags of run and create -> spec::ContainerConfig. Pure but for the files that the flags name (--env-file,
// --label-file): what the host is like comes in as HostView. Parsing of a flag's text is spec's; here flags meet each
// other, and combinations that docker refuses are refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/settings.hh"
#include "libpod/spec/container_config.hh"
#include "libpod/spec/image_defaults.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// What flags are resolved against.
struct HostView {
  std::string working_directory;         // absolute; for relative paths
  std::string home;                      // for "~/"; may be empty
  std::vector<std::string> environment;  // "NAME=value": for -e NAME and --http-proxy
  engine::Settings settings = {};        // what counts where a flag is absent
};

struct ContainerRequest {
  spec::ContainerConfig config;  // without id, image_id and the image's defaults
  spec::UserGave gave;
  bool detach = false;  // run -d
  bool sig_proxy = true;
  bool replace = false;
  bool quiet = false;
  bool tls_verify = true;
  std::optional<std::string> authfile;
  std::string creds;
  bool remove_image = false;     // run --rmi
  std::string pull = "missing";  // always missing never newer
};

/// Run's or create's arguments as a request. image_name, or rootfs_path with --rootfs, is the first argument.
///
/// @param argv  the whole command line, for inspect
/// @throws Error{usage}        a malformed value, or flags that exclude each other
/// @throws Error{unsupported}  a value that lichen does not have yet
/// @throws Error{not_found, permission, ...}  a file that a flag names cannot be read
ContainerRequest container_request(const ParsedArgs& args, const HostView& host, const std::vector<std::string>& argv);

/// Parts that the flags of pods share.
void set_network(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& config);
/// @throws Error{invalid} larger than 1 MiB, or it cannot be read
std::string read_text_file(const std::string& path, std::string_view option);

/// --platform, or what --os, --arch and --variant make. @throws Error{usage} both
std::string platform_flags(const ParsedArgs& args);

/// --env-file and -e, in docker's order, one entry per name. Works for exec too.
std::vector<std::string> collect_env(const ParsedArgs& args, const std::vector<std::string>& environment);

}  // namespace lichen::cli
