// push, login, logout: images and credentials go to registries. The work is lichen-image's.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/manifest_lists.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/push_flags.hh"
#include "src/container_flags_check.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <termios.h>
#include <unistd.h>

namespace lichen::cli {
namespace {

constexpr std::size_t kMaxPassword = 64u << 10;

std::string read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) throw_error(ErrorKind::usage, "login: no input");
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

// Not shown while it is typed; what the terminal was like comes back whatever happens.
std::string ask_password() {
  termios saved{};
  const bool is_terminal = ::tcgetattr(STDIN_FILENO, &saved) == 0;
  if (!is_terminal)
    throw Error(ErrorKind::usage, "login: the password cannot be asked for: standard input is no terminal")
        .with_exit_code(1)
        .with_hint("give it by --password-stdin");
  termios hidden = saved;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  std::fputs("Password: ", stderr);  // only now: who answers at once must not be seen, nor flushed away
  std::string password;
  std::getline(std::cin, password);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
  std::fputs("\n", stderr);
  return password;
}

std::string chosen_password(const engine::Engine& engine, const ParsedArgs& args) {
  if (const auto secret = args.find_string("secret")) {
    if (args.has("password") || args.get_bool("password-stdin"))
      throw_usage(args.command(), "--secret, --password and --password-stdin are mutually exclusive");
    return engine.secrets.value(engine.secrets.find(*secret));
  }
  if (args.get_bool("password-stdin")) {
    if (args.has("password")) throw_usage(args.command(), "--password and --password-stdin are mutually exclusive");
    if (!args.has("username")) throw_usage(args.command(), "Must provide --username with --password-stdin");
    std::string text(kMaxPassword, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::cin.gcount()));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
  }
  if (const auto given = args.find_string("password")) {
    std::fputs("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n", stderr);
    return *given;
  }
  return ask_password();
}

std::string registry_of(const ParsedArgs& args) {
  return args.positionals().empty() ? "docker.io" : args.positionals()[0];
}

void write_digest(const std::string& path, const std::string& digest) {
  std::ofstream file(path);
  file << digest << '\n';
  file.close();
  if (!file) throw_errno("write '{}'", path);
}

// With --platform an image of the list is meant.
bool is_list(const engine::Engine& engine, const ParsedArgs& args) {
  return args.get_string("platform").empty() && engine::find_list(engine, args.positionals()[0]).has_value();
}

// Another place than a registry: what `save` writes there.
struct Place {
  std::string_view transport, format;
  bool may_name;  // after a colon: how the image is called there
};
constexpr Place kPlaces[] = {{"docker-archive:", "docker-archive", true},
                             {"oci-archive:", "oci-archive", true},
                             {"oci:", "oci-dir", true},
                             {"dir:", "docker-dir", false}};

}  // namespace

bool push_to_place(engine::Engine& engine, const ParsedArgs& args, const std::string& destination, bool list) {
  for (const auto& place : kPlaces) {
    if (!destination.starts_with(place.transport)) continue;
    for (const char* other : {"all-tags", "compression-format", "compression-level", "digestfile", "format"})
      if (find_option(args.command(), other) != nullptr && args.has(other))
        throw_usage(args.command(), format("--{} goes with a registry, not with {}", other, place.transport));
    auto request = engine::image_request(engine);
    std::string path = destination.substr(place.transport.size());
    if (const auto colon = path.find(':'); place.may_name && colon != std::string::npos) {
      request.reference = path.substr(colon + 1);
      path.resize(colon);
    }
    if (path.empty()) throw_usage(args.command(), format("{} needs a path", place.transport));
    request.names = {args.positionals()[0]};
    request.all_platforms = list;
    if (!list) request.platform = args.get_string("platform");
    request.quiet = args.get_bool("quiet");
    request.output = path;
    request.format = place.format;
    const auto result = engine::run_image_program(engine, "save", request);
    for (const auto& image : result.images)
      engine::append_event(engine, {.type = "image", .action = "push", .id = image.id, .name = image.name});
    return true;
  }
  return false;
}

std::string without_transport(const std::string& text) {
  constexpr std::string_view kDocker = "docker://";  // podman's long form
  return text.starts_with(kDocker) ? text.substr(kDocker.size()) : text;
}

wire::ImageRequest registry_request(const engine::Engine& engine, const ParsedArgs& args) {
  const auto knows = [&](std::string_view name) { return find_option(args.command(), name) != nullptr; };
  auto request = engine::image_request(engine);
  request.auth_file = args.get_string("authfile");
  if (!knows("cert-dir")) return request;  // logout talks to nobody
  request.cert_dir = args.get_string("cert-dir");
  if (knows("creds")) request.creds = args.get_string("creds");
  if (knows("insecure") && args.get_bool("insecure")) request.tls_verify = false;
  if (args.has("tls-verify")) request.tls_verify = args.get_bool("tls-verify");
  return request;
}

void set_retries(const ParsedArgs& args, wire::ImageRequest& request) {
  request.retries = static_cast<int>(args.get_int("retry"));
  request.signature_policy = args.get_string("signature-policy");
  const auto text = args.find_string("retry-delay");
  if (!text) return;
  const auto delay = parse_duration(*text);
  if (!delay || *delay < std::chrono::nanoseconds(0))
    throw_usage(args.command(), format("--retry-delay '{}': not a duration such as 2s", *text));
  request.retry_delay_ms = std::chrono::duration_cast<std::chrono::milliseconds>(*delay).count();
}

void set_push_flags(const ParsedArgs& args, wire::ImageRequest& request) {
  request.format = args.get_string("format");
  request.compression = args.get_string("compression-format");
  if (const auto level = args.find_int("compression-level")) request.compression_level = static_cast<int>(*level);
  request.force_compression =
      args.has("force-compression") ? args.get_bool("force-compression") : args.has("compression-format");
}

wire::ImageResult push_image(engine::Engine& engine, const ParsedArgs& args, const wire::ImageRequest& request) {
  auto result = engine::push_image(engine, request);
  if (const auto path = args.find_string("digestfile"))
    for (const auto& image : result.images) write_digest(*path, image.digest);
  return result;
}

int push_command(Context& context, const ParsedArgs& args) {
  check_content_trust(args);
  const auto engine = open_engine(context);
  const auto& words = args.positionals();
  auto request = registry_request(*engine, args);
  request.platform = args.get_string("platform");
  if (!args.get_bool("all-tags")) engine::require_platform(*engine, words[0], request.platform);
  if (words.size() > 1 && push_to_place(*engine, args, words[1], is_list(*engine, args))) return 0;
  request.names = {words[0]};
  if (words.size() > 1) request.reference = without_transport(words[1]);
  request.all_tags = args.get_bool("all-tags");
  if (request.all_tags && !request.reference.empty())
    throw_usage(args.command(), "--all-tags pushes under the image's own names: leave the destination out");
  request.quiet = args.get_bool("quiet");
  set_push_flags(args, request);
  set_retries(args, request);
  const auto result = push_image(*engine, args, request);
  for (const auto& image : result.images) {
    const auto colon = image.name.rfind(':');
    if (request.quiet)
      std::printf("%s\n", image.name.c_str());
    else
      std::printf("%s: digest: %s size: %lld\n", image.name.substr(colon + 1).c_str(), image.digest.c_str(),
                  static_cast<long long>(image.size));
  }
  return 0;
}

int login_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto request = registry_request(*engine, args);
  request.names = {registry_of(args)};
  request.compat_auth_file |= args.get_bool("compat-auth-file");
  if (args.get_bool("get-login")) {
    request.only_ask = true;
    write_out(engine::run_image_program(*engine, "login", request).images.at(0).name + "\n");
    return 0;
  }
  std::string user = args.get_string("username");
  if (user.empty() && args.has("secret"))
    user = *args.find_string("secret");  // podman: the secret is called like the user
  if (user.empty()) {
    if (::isatty(STDIN_FILENO) == 1) std::fputs("Username: ", stderr);
    user = read_line();
  }
  request.creds = user + ":" + chosen_password(*engine, args);
  const auto result = engine::run_image_program(*engine, "login", request);
  if (args.get_bool("verbose")) write_out("Used: " + result.images.at(0).digest + "\n");
  write_out("Login Succeeded\n");
  return 0;
}

int logout_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto request = registry_request(*engine, args);
  request.names = {registry_of(args)};
  request.compat_auth_file |= args.get_bool("compat-auth-file");
  request.all_registries = args.get_bool("all");
  const auto result = engine::run_image_program(*engine, "logout", request);
  for (const auto& registry : result.images) write_out(format("Removing login credentials for {}\n", registry.name));
  // docker's words, and its exit code: nothing was to be done.
  if (result.images.empty()) write_out(format("Not logged in to {}\n", registry_of(args)));
  return 0;
}

}  // namespace lichen::cli
