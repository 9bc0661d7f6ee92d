#include "libpod/engine/image_program.hh"

#include <cstdlib>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/manifest_lists.hh"
#include "libpod/spec/platform.hh"
#include "libpod/spec/reference.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// The request in a sealed-off memory file: it may hold a password, so neither argv nor a disk will do.
sys::UniqueFd memory_file(const std::string& text) {
  sys::UniqueFd fd(::memfd_create("lichen-request", MFD_CLOEXEC));
  if (!fd) throw_errno("make a memory file");
  sys::write_all(fd.get(), text, "memory file");
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) throw_errno("rewind a memory file");
  return fd;
}

[[noreturn]] void throw_reported(const Json& json) {
  const JsonView in(json.at("error"), "lichen-image:");
  Error error(error_kind_from_string(in.get_string("kind")), in.get_string("message"));
  throw error.with_hint(in.get_string("hint"));
}

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const auto start = text.rfind('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1,
                     end - (start == std::string::npos ? 0 : start + 1) + 1);
}

// docker asks its own hub for a short name, whatever registries.conf says.
std::string with_docker_host(const std::string& name) {
  try {
    auto reference = spec::parse_reference(name);
    if (!reference.is_short()) return name;
    const auto full = spec::with_defaults(reference);
    reference.host = full.host;
    reference.repository = full.repository;
    return reference.str();
  } catch (const Error&) {
    return name;  // lichen-image says what is wrong with it
  }
}

}  // namespace

wire::ImageRequest image_request(const Engine& engine) {
  wire::ImageRequest request;
  request.root = engine.paths.root();
  request.run = engine.paths.run();
  request.boot_id = engine.paths.boot_id();
  request.debug = log_level() >= LogLevel::debug;
  request.home = engine.environment.home;
  request.xdg_config_home = engine.environment.xdg_config_home;
  request.xdg_runtime_dir = engine.environment.xdg_runtime_dir;
  request.docker_config = engine.environment.docker_config;
  request.registry_auth_file = engine.environment.registry_auth_file;
  request.registries_conf = engine.environment.registries_conf;
  request.compat_auth_file = engine.settings.docker_ways;
  request.keep_blobs = engine.settings.keep_blobs;
  return request;
}

wire::ImageResult run_image_program(Engine& engine, const std::string& command, const wire::ImageRequest& request,
                                    std::function<void()> in_child) {
  engine.enter_userns();
  wire::ImageRequest sent = request;
  if (engine.settings.docker_ways && (command == "pull" || command == "search" || command == "tags"))
    for (auto& name : sent.names) name = with_docker_host(name);
  const bool to_stdout =
      (command == "save" || command == "volume-export") && (request.output.empty() || request.output == "-");
  sent.result_fd = to_stdout ? 4 : 1;
  const auto input = memory_file(dump_json(wire::to_json(sent)));
  sys::Pipe answer = sys::make_pipe();
  const std::string program = engine.program("lichen-image");
  sys::SpawnOptions options{.argv = {"lichen-image", command, "--request", "3"}, .program = program};
  options.fds = {{input.get(), 3}, {answer.write.get(), sent.result_fd}};
  options.die_with_parent = true;
  options.in_child = std::move(in_child);
  sys::Pid child = sys::spawn(options);
  answer.write.reset();
  const std::string text = sys::read_all(answer.read.get(), "lichen-image");
  const auto status = child.wait();
  const std::string line = last_line(text);
  if (line.empty()) {
    if (status.signal != 0)
      throw_error(ErrorKind::interrupted, "{}: lichen-image was killed by signal {}", command, status.signal);
    throw_error(ErrorKind::internal, "{}: lichen-image ended with status {} and no answer", command, status.code);
  }
  const Json json = parse_json(line, "answer of lichen-image", {.max_bytes = 16u << 20});
  if (json.contains("error")) throw_reported(json);
  return wire::image_result_from_json(json);
}

RunningImageProgram start_image_program(Engine& engine, const std::string& command, const wire::ImageRequest& request) {
  engine.enter_userns();
  const auto input = memory_file(dump_json(wire::to_json(request)));
  sys::Pipe orders = sys::make_pipe(), answers = sys::make_pipe();
  const std::string program = engine.program("lichen-image");
  sys::SpawnOptions options{.argv = {"lichen-image", command, "--request", "3"}, .program = program};
  options.fds = {{orders.read.get(), 0}, {answers.write.get(), 1}, {2, 2}, {input.get(), 3}};
  options.die_with_parent = true;
  return {sys::spawn(options), std::move(orders.write), std::move(answers.read)};
}

PullPolicy parse_pull_policy(const std::string& text) {
  if (text.empty() || text == "missing" || text == "true" || text == "ifnotpresent") return PullPolicy::missing;
  if (text == "always") return PullPolicy::always;
  if (text == "never" || text == "false") return PullPolicy::never;
  if (text == "newer") return PullPolicy::newer;
  throw Error(ErrorKind::usage, format("unknown pull policy '{}'", text))
      .with_hint("use always, missing, never or newer");
}

std::optional<std::string> find_local_image(const Engine& engine, const std::string& name, const PullOptions& options) {
  if (find_list(engine, name)) return find_image(engine, require_platform(engine, name, options.platform));
  const auto local = find_image(engine, name);
  if (!local || options.platform.empty()) return local;
  const auto wanted = spec::parse_platform(options.platform);
  const auto config = engine.images.config(*local);
  const spec::Platform here{config.os, config.architecture, config.variant};
  if (config.architecture.empty() || spec::platform_match(wanted, here) > 0) return local;
  if (options.policy == PullPolicy::never)
    throw Error(ErrorKind::not_found,
                format("image {} is for {}, not for {} (and --pull never)", name, here.str(), wanted.str()))
        .with_hint(format("get the other one: lichen pull --platform {} {}", wanted.str(), name));
  return std::nullopt;
}

std::string ensure_image(Engine& engine, const std::string& name, const PullOptions& options) {
  const auto local = options.policy == PullPolicy::always ? std::nullopt : find_local_image(engine, name, options);
  if (local && options.policy != PullPolicy::newer) return *local;
  if (options.policy == PullPolicy::never) return require_image(engine, name).id;  // says what is near
  if (is_full_id(name)) throw_error(ErrorKind::not_found, "no such image: {}", name);
  auto request = image_request(engine);
  request.names = {name};
  request.platform = options.platform;
  request.quiet = options.quiet;
  request.tls_verify = options.tls_verify;
  request.auth_file = options.auth_file;
  request.creds = options.creds;
  if (!options.quiet && !local) raw_log(format("Unable to find image '{}' locally\n", printable(name)).c_str());
  try {
    const auto result = run_image_program(engine, "pull", request);
    LICHEN_ASSERT(result.images.size() == 1);
    append_event(engine, {.type = "image", .action = "pull", .id = result.images[0].id, .name = name});
    return result.images[0].id;
  } catch (Error& error) {
    if (local) {  // newer: what is here serves when the registry does not
      log_warn("{}; the local image is used", error.what());
      return *local;
    }
    throw;
  }
}

wire::ImageResult push_image(Engine& engine, const wire::ImageRequest& request) {
  auto result = run_image_program(engine, "push", request);
  for (const auto& image : result.images)
    append_event(engine, {.type = "image", .action = "push", .id = image.id, .name = image.name});
  return result;
}

}  // namespace lichen::engine
