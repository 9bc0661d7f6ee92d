#include "src/build_flags.hh"

#include "buildah/language/remote.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/devices.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/resources.hh"
#include "src/arg_parser.hh"
#include "src/build_result_flags.hh"
#include "src/resource_flags.hh"

namespace lichen::cli {
namespace {

std::optional<std::string> variable(const HostView& host, const std::string& name) {
  for (const auto& entry : host.environment)
    if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
  return std::nullopt;
}

// podman: NAME=VALUE lines, with blank ones and comments; what the command line says wins.
void read_arguments(const ParsedArgs& args, const std::string& file, buildah::BuildOptions& options) {
  const std::string text = read_text_file(file, "--build-arg-file");
  std::size_t number = 0;
  for (const auto& raw : split(text, '\n')) {
    ++number;
    const std::string line(trim(raw));
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0)
      throw_usage(args.command(), format("--build-arg-file {}:{}: '{}' is not NAME=VALUE", file, number, line));
    options.build_args[line.substr(0, equals)] = line.substr(equals + 1);
  }
}

void set_arguments(const ParsedArgs& args, const HostView& host, buildah::BuildOptions& options) {
  for (const auto& file : args.get_list("build-arg-file")) read_arguments(args, absolute_path(file, host), options);
  for (const auto& text : args.get_list("build-arg")) {
    const auto equals = text.find('=');
    if (equals != std::string::npos)
      options.build_args[text.substr(0, equals)] = text.substr(equals + 1);
    else if (const auto value = variable(host, text))
      options.build_args[text] = *value;
  }
  // As docker's configured proxies: handed over unless they were given.
  if (host.settings.http_proxy)
    for (const char* name : {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy",
                             "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"})
      if (const auto value = variable(host, name); value && !value->empty()) options.build_args.emplace(name, *value);
  for (const auto& text : args.get_list("build-context")) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw_usage(args.command(), format("--build-context '{}': write NAME=PLACE", text));
    const std::string place = text.substr(equals + 1);
    const bool is_path = place.find("://") == std::string::npos &&
                         !language::parse_remote(place, language::RemoteUse::add);  // git@host:path
    options.contexts[text.substr(0, equals)] = is_path ? absolute_path(place, host) : place;
  }
}

buildah::BuildSecret parse_secret(const ParsedArgs& args, const std::string& text, const HostView& host) {
  buildah::BuildSecret secret;
  std::string type;
  for (const auto& part : split(text, ',')) {
    const auto equals = part.find('=');
    const std::string key = part.substr(0, equals), value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (key == "id")
      secret.id = value;
    else if (key == "src" || key == "source")
      secret.file = absolute_path(value, host);
    else if (key == "env")
      secret.environment = value;
    else if (key == "type")
      type = value;
    else
      throw_usage(args.command(), format("--secret '{}': unknown key '{}' (id, src, env, type)", text, key));
  }
  if (secret.id.empty()) throw_usage(args.command(), format("--secret '{}': id= is missing", text));
  if (!type.empty() && type != "file" && type != "env")
    throw_usage(args.command(), format("--secret '{}': type is file or env", text));
  // docker: of neither, a variable of that name, else a file.
  if (secret.file.empty() && secret.environment.empty()) {
    if (type != "file" && variable(host, secret.id))
      secret.environment = secret.id;
    else
      secret.file = absolute_path(secret.id, host);
  }
  if (type == "env" && secret.environment.empty()) secret.environment = secret.id;
  return secret;
}

buildah::BuildSsh parse_ssh(const ParsedArgs& args, const std::string& text, const HostView& host) {
  const auto equals = text.find('=');
  buildah::BuildSsh ssh{text.substr(0, equals), ""};
  if (equals != std::string::npos) {
    ssh.socket = absolute_path(text.substr(equals + 1), host);
  } else if (const auto socket = variable(host, "SSH_AUTH_SOCK"); socket && !socket->empty()) {
    ssh.socket = *socket;
  } else {
    throw Error(ErrorKind::usage, format("--ssh {}: SSH_AUTH_SOCK is not set", ssh.id))
        .with_hint("start an agent: eval $(ssh-agent); ssh-add");
  }
  if (ssh.id.empty()) throw_usage(args.command(), format("--ssh '{}': write NAME or NAME=SOCKET", text));
  return ssh;
}

void set_containers(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& config) {
  const std::string network = args.get_string("network");
  const bool is_default = network.empty() || network == "default" || network == "private";
  config.network = spec::parse_network_option(is_default ? host.settings.network : network);
  const auto servers = args.has("dns") ? args.get_list("dns") : host.settings.dns_servers;
  for (const auto& text : servers) config.network.dns.push_back(spec::parse_dns_server(text));
  for (const auto& text : args.get_list("add-host"))
    for (auto& entry : spec::parse_add_host(text)) config.network.extra_hosts.push_back(std::move(entry));
  config.resources = resource_flags(args);
  for (const auto& text : args.get_list("ulimit")) config.ulimits.push_back(spec::parse_ulimit_option(text));
  if (const auto size = args.find_string("shm-size"))
    config.shm_size_bytes = spec::parse_size_option(*size, "--shm-size");
  for (const auto& [flag, names] : {std::pair{"cap-add", &config.cap_add}, std::pair{"cap-drop", &config.cap_drop}})
    for (const auto& value : args.get_list(flag))
      for (const auto& name : split(value, ','))
        names->push_back(spec::normalize_capability(name, "--" + std::string(flag)));
  for (const auto& text : args.get_list("volume")) {
    const bool has_place = text.starts_with('/') || text.starts_with('.') || text.starts_with('~');
    if (!has_place)
      throw Error(ErrorKind::usage, format("--volume '{}': a build can have directories of the host alone", text))
          .with_hint("write ./NAME for a directory here; RUN --mount=type=cache keeps files between builds");
    config.mounts.push_back(spec::parse_volume_option(text.starts_with('/') ? text : absolute_path(text, host)));
  }
  spec::add_device_options(args.get_list("device"), config.devices, config.device_requests);
  config.security_opt = args.get_list("security-opt");
  auto security = spec::parse_security_opts(config.security_opt);
  config.no_new_privileges = security.no_new_privileges;
  config.seccomp_profile = std::move(security.seccomp_profile);
  config.apparmor_profile = std::move(security.apparmor_profile);
  config.selinux_label = std::move(security.selinux_label);
}

void set_epoch(const ParsedArgs& args, const HostView& host, buildah::BuildOptions& options) {
  auto text = args.find_string("timestamp");
  if (!text) text = variable(host, "SOURCE_DATE_EPOCH");
  // The build argument of that name counts too (BuildKit).
  if (const auto given = options.build_args.find("SOURCE_DATE_EPOCH"); given != options.build_args.end())
    text = given->second;
  if (!text || text->empty()) return;
  const auto seconds = parse_int(*text);
  if (!seconds || *seconds < 0 || *seconds > 253402300799)
    throw_usage(args.command(), format("'{}' is no time: seconds since 1970", *text));
  options.epoch = *seconds;
}

void set_entitlements(const ParsedArgs& args, buildah::BuildOptions& options) {
  for (const auto& text : args.get_list("allow"))
    for (const auto& name : split(text, ',')) {
      if (name != "network.host" && name != "security.insecure" && name != "device" && !name.starts_with("device="))
        throw_usage(args.command(),
                    format("--allow '{}': it is network.host, security.insecure, device or device=NAME", name));
      options.entitlements.insert(name);
    }
}

// docker: a word alone is a directory, - an archive on standard output.
// What docker's image exporter has besides, name= and push=, goes into `options`.
buildah::BuildOutput parse_output(const ParsedArgs& args, const std::string& text, const HostView& host,
                                  buildah::BuildOptions& options) {
  buildah::BuildOutput output;
  std::vector<std::string> names;
  bool push = false;
  if (text == "-") return {"tar", "-"};
  if (text.find('=') == std::string::npos) return {"local", absolute_path(text, host)};
  for (const auto& part : split(text, ',')) {
    const auto equals = part.find('=');
    const std::string key = part.substr(0, equals), value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (key == "type")
      output.type = value;
    else if (key == "dest")
      output.destination = value == "-" ? value : absolute_path(value, host);
    else if (key == "name")
      names.push_back(value);
    else if (key == "push" && parse_bool(value))
      push = *parse_bool(value);
    else
      throw Error(ErrorKind::unsupported, format("--output '{}': '{}' is not done yet", text, part))
          .with_hint("type=local|tar|docker|oci and dest=PLACE, type=image|registry and name=NAME, push=true");
  }
  if (output.type == "registry") {  // buildx' short form
    output.type = "image";
    push = true;
  }
  if ((push || !names.empty()) && output.type != "image")
    throw_usage(args.command(), format("--output '{}': name= and push= are for type=image and type=registry", text));
  options.tags.insert(options.tags.end(), names.begin(), names.end());
  options.push = options.push || push;
  const bool has_place = output.type == "image" || !output.destination.empty();
  if (output.type != "local" && output.type != "tar" && output.type != "docker" && output.type != "oci" &&
      output.type != "image")
    throw_usage(args.command(), format("--output '{}': unknown type '{}' (local, tar, docker, oci, image, registry)",
                                       text, output.type));
  if (output.type == "docker" && !has_place) return {"image", ""};  // docker: into its own store
  if (!has_place) throw_usage(args.command(), format("--output '{}': dest= is missing", text));
  if (output.type == "local" && output.destination == "-")
    throw_usage(args.command(), format("--output '{}': a directory cannot go to standard output", text));
  return output;
}

}  // namespace

std::string absolute_path(const std::string& path, const HostView& host) {
  if (path.starts_with("~/")) return host.home + path.substr(1);
  return path.starts_with('/') ? path : host.working_directory + "/" + path;
}

std::vector<buildah::BuildSsh> ssh_flags(const ParsedArgs& args, const HostView& host) {
  std::vector<buildah::BuildSsh> all;
  for (const auto& text : args.get_list("ssh")) all.push_back(parse_ssh(args, text, host));
  return all;
}

buildah::BuildOptions build_options(const ParsedArgs& args, const HostView& host) {
  buildah::BuildOptions options;
  if (!args.positionals().empty()) options.context = args.positionals()[0];
  options.file = args.get_string("file");
  options.ignore_file = args.get_string("ignorefile");
  options.tags = args.get_list("tag");
  options.target = args.get_string("target");
  set_arguments(args, host, options);
  for (const auto& text : args.get_list("secret")) options.secrets.push_back(parse_secret(args, text, host));
  options.ssh = ssh_flags(args, host);
  set_build_results(args, host, options);
  options.no_cache = options.no_cache || args.get_bool("no-cache");
  options.no_cache_filter = args.get_list("no-cache-filter");
  options.pull.policy = engine::parse_pull_policy(
      args.has("pull") ? (args.get_string("pull") == "true" ? "always" : args.get_string("pull")) : "missing");
  options.pull.quiet = args.get_bool("quiet");
  options.pull.auth_file = args.get_string("authfile");
  if (args.has("tls-verify")) options.pull.tls_verify = args.get_bool("tls-verify");
  for (const auto& text : args.get_list("label")) {
    auto [key, value] = spec::parse_label(text, "--label");
    options.labels.insert_or_assign(std::move(key), std::move(value));
  }
  for (const auto& text : args.get_list("output")) options.outputs.push_back(parse_output(args, text, host, options));
  options.push = options.push || args.get_bool("push");
  if (options.push && options.tags.empty())
    throw_usage(args.command(), "--push: the image has no name to be pushed under; give it one: -t REGISTRY/NAME");
  options.explain = args.get_bool("explain");
  options.debug_shell = args.get_bool("debug-shell");
  set_entitlements(args, options);
  options.iidfile = args.get_string("iidfile");
  options.metadata_file = args.get_string("metadata-file");
  set_epoch(args, host, options);
  if (const auto jobs = args.find_int("jobs"); jobs && *jobs > 0) options.jobs = static_cast<std::size_t>(*jobs);
  options.quiet = args.get_bool("quiet");
  options.progress = args.get_string("progress");
  set_containers(args, host, options.container);
  return options;
}

}  // namespace lichen::cli
