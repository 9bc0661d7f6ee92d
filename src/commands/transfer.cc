// pull, load, import, save: images in and out. The work is lichen-image's.
#include <cstdio>

#include "buildah/changes.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/spec/platform.hh"
#include "src/commands/commands.hh"
#include "src/commands/push_flags.hh"
#include "src/container_flags.hh"
#include "src/container_flags_check.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

void announce(const engine::Engine& engine, const char* action, const wire::ImageResult& result) {
  for (const auto& image : result.images)
    engine::append_event(engine, {.type = "image", .action = action, .id = image.id, .name = image.name});
}

void refuse_terminal(int fd, const char* what, const char* hint) {
  if (::isatty(fd) == 1) throw Error(ErrorKind::usage, what).with_hint(hint);
}

// What is here already and need not be asked for; with `never` all must be. The names that are left stay in the
// request.
void print_local(engine::Engine& engine, engine::PullPolicy policy, wire::ImageRequest& request) {
  std::vector<std::string> left;
  for (const auto& name : request.names) {
    const auto local = engine::find_local_image(
        engine, name, {.policy = policy, .platform = request.platform, .tls_verify = {}, .auth_file = {}});
    if (policy == engine::PullPolicy::never || (local && policy == engine::PullPolicy::missing))
      std::printf("%s\n", local ? local->c_str() : engine::require_image(engine, name).id.c_str());
    else
      left.push_back(name);
  }
  request.names = std::move(left);
}

// newer: what is here serves when the registry does not answer.
wire::ImageResult pull_or_keep(engine::Engine& engine, engine::PullPolicy policy, const wire::ImageRequest& request) {
  try {
    return engine::run_image_program(engine, "pull", request);
  } catch (const Error& error) {
    if (policy != engine::PullPolicy::newer) throw;
    wire::ImageResult kept;
    for (const auto& name : request.names) {
      const auto local = engine::find_image(engine, name);
      if (!local) throw;
      kept.images.push_back({});
      kept.images.back().id = *local;
      kept.images.back().name = name;
    }
    log_warn("{}; the local image is used", error.what());
    return kept;
  }
}

// What import would begin with, and --change on top.
std::string changed_config(const ParsedArgs& args, const std::string& wanted) {
  const auto platform = wanted.empty() ? spec::host_platform() : spec::parse_platform(wanted);
  spec::ImageConfig config;
  config.os = platform.os;
  config.architecture = platform.architecture;
  config.variant = platform.variant;
  buildah::apply_changes(args.get_list("change"), config);
  return dump_json(spec::to_json(config));
}

}  // namespace

int pull_command(Context& context, const ParsedArgs& args) {
  check_content_trust(args);
  const auto engine = open_engine(context);
  auto request = engine::image_request(*engine);
  request.names = args.positionals();
  request.platform = platform_flags(args);
  request.quiet = args.get_bool("quiet");
  request.creds = args.get_string("creds");
  request.auth_file = args.get_string("authfile");
  request.cert_dir = args.get_string("cert-dir");
  if (args.has("tls-verify")) request.tls_verify = args.get_bool("tls-verify");
  set_retries(args, request);
  request.all_tags = args.get_bool("all-tags");
  const auto policy = engine::parse_pull_policy(args.find_string("policy").value_or("always"));
  if (policy != engine::PullPolicy::always && !request.all_tags) print_local(*engine, policy, request);
  if (request.names.empty()) return 0;
  const auto result = pull_or_keep(*engine, policy, request);
  announce(*engine, "pull", result);
  // docker prints digest, status and name; with -q the name alone.
  for (const auto& image : result.images) {
    if (!request.quiet) {
      if (!image.digest.empty()) std::printf("Digest: %s\n", image.digest.c_str());
      std::printf("Status: %s for %s\n", image.fetched ? "Downloaded newer image" : "Image is up to date",
                  image.name.c_str());
    }
    std::printf("%s\n", image.name.c_str());
  }
  return 0;
}

int load_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto request = engine::image_request(*engine);
  request.input = args.get_string("input");
  request.quiet = args.get_bool("quiet");
  request.platform = args.find_string("platform").value_or("");
  request.signature_policy = args.get_string("signature-policy");
  if (request.input.empty())
    refuse_terminal(0, "load: standard input is a terminal",
                    "give an archive: lichen load -i FILE, or lichen load < FILE");
  const auto result = engine::run_image_program(*engine, "load", request);
  announce(*engine, "load", result);
  for (const auto& image : result.images) {
    if (image.name.empty())
      std::printf("Loaded image ID: sha256:%s\n", image.id.c_str());
    else
      std::printf("Loaded image: %s\n", image.name.c_str());
  }
  return 0;
}

int import_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto request = engine::image_request(*engine);
  const auto& words = args.positionals();
  request.input = words[0];
  if (words.size() > 1) request.reference = words[1];
  request.message = args.get_string("message");
  request.platform = platform_flags(args);
  if (args.has("change")) request.config = changed_config(args, request.platform);
  request.quiet = args.get_bool("quiet");
  if (request.input == "-")
    refuse_terminal(0, "import: standard input is a terminal", "give an archive: lichen import FILE NAME");
  const auto result = engine::run_image_program(*engine, "import", request);
  announce(*engine, "import", result);
  for (const auto& image : result.images) std::printf("sha256:%s\n", image.id.c_str());
  return 0;
}

int save_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto request = engine::image_request(*engine);
  request.names = args.positionals();
  request.output = args.get_string("output");
  request.format = args.get_string("format");
  request.compress = args.get_bool("compress");
  request.platform = args.get_string("platform");
  for (const auto& name : request.names) engine::require_platform(*engine, name, request.platform);
  request.quiet = args.get_bool("quiet");
  if (request.output.empty())
    refuse_terminal(1, "save: standard output is a terminal", "give a file: lichen save -o FILE IMAGE");
  announce(*engine, "save", engine::run_image_program(*engine, "save", request));
  return 0;
}

}  // namespace lichen::cli
