// run and create.
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/create.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/engine/start.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/pod_config.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/container_flags.hh"
#include "src/output.hh"
#include "src/pod_flags.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

engine::CreateRequest create_request(ContainerRequest&& request) {
  engine::CreateRequest out;
  out.pull.policy = engine::parse_pull_policy(request.pull);
  out.pull.quiet = request.quiet;
  out.pull.auth_file = request.authfile.value_or("");
  out.pull.creds = request.creds;
  if (!request.tls_verify) out.pull.tls_verify = false;
  out.config = std::move(request.config);
  out.gave = request.gave;
  out.replace = request.replace;
  return out;
}

// podman: another container that needs it keeps the image.
void remove_unused_image(engine::Engine& engine, const std::string& name) {
  try {
    engine::remove_image(engine, name, /*force=*/false, /*no_prune=*/false);
  } catch (const Error& error) {
    log_warn("--rmi: {}", error.what());
  }
}

}  // namespace

int create_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  auto request = create_request(container_request(args, host_view(*engine), context.argv));
  if (const auto kind = args.find_string("init-ctr")) {
    if (!args.has("pod") && !args.has("pod-id-file"))
      throw_usage(args.command(), "--init-ctr needs --pod: an init container runs before the others of its pod");
    if (request.config.auto_remove || request.config.restart != spec::RestartPolicy::no)
      throw_usage(args.command(), "--init-ctr does not go together with --rm or --restart");
    request.config.init_container = spec::parse_init_container(*kind);
  }
  engine::check_cidfile(request.config);
  auto created = engine::create_member(*engine, std::move(request), pod_choice(args, host_view(*engine)));
  engine::write_cidfile(created.config);
  created.maker.publish();
  write_out(created.config.id + "\n");
  return 0;
}

int run_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  auto parsed = container_request(args, host_view(*engine), context.argv);
  const bool detach = parsed.detach;
  // docker's words and code: a pipe would wait for a prompt that nobody sees.
  if (!detach && parsed.config.tty && parsed.config.attach_stdin && ::isatty(STDIN_FILENO) == 0)
    throw Error(ErrorKind::usage, "the input device is not a TTY")
        .with_exit_code(1)
        .with_hint("leave out -t to feed it from a pipe or file");
  engine::AttachOptions attach{.in = parsed.config.attach_stdin,
                               .out = parsed.config.attach_stdout,
                               .err = parsed.config.attach_stderr,
                               .tty = parsed.config.tty,
                               .detach_keys = "",
                               .sig_proxy = parsed.sig_proxy};
  // docker: stdin is attached only when it is open, and who attaches to no output is given the id.
  attach.in = attach.in && parsed.config.interactive;
  const bool passed_through = parsed.config.log.driver == "passthrough";
  const bool print_id = detach || (!attach.out && !attach.err && !passed_through);
  attach.detach_keys = spec::parse_detach_keys(parsed.config.detach_keys);
  const bool remove_image = parsed.remove_image;
  auto request = create_request(std::move(parsed));
  engine::check_cidfile(request.config);
  auto created = engine::create_member(*engine, std::move(request), pod_choice(args, host_view(*engine)));
  engine::write_cidfile(created.config);
  const std::string id = created.config.id, image = created.config.image_name;
  const auto outcome = engine::run_created(*engine, std::move(created), detach ? nullptr : &attach);
  if (print_id) write_out(id + "\n");
  if (remove_image) remove_unused_image(*engine, image);
  return outcome.exit_code;
}

}  // namespace lichen::cli
