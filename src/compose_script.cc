#include "src/compose_script.hh"

#include <algorithm>
#include <cctype>
#include <set>

#include "compose/language/render.hh"
#include "compose/resources.hh"
#include "compose/service_container.hh"
#include "compose/service_image.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "src/pod_flags.hh"
#include "src/run_words.hh"

namespace lichen::cli {
namespace {

using compose::DependsOn;
using compose::Service;
using compose::Strings;

// Ends with 1 where compose would.
constexpr std::string_view kFunctions = R"sh(
is_healthy() {
  lichen wait --condition healthy --condition unhealthy --condition exited "$1" >/dev/null
  [ "$(lichen inspect -f '{{.State.Health.Status}} {{.State.Running}}' "$1")" = "healthy true" ] && return
  echo "container $1 is not healthy" >&2
  return 1
}
has_completed() {
  [ "$(lichen wait "$1")" = 0 ] && return
  echo "container $1 did not complete successfully" >&2
  return 1
}
)sh";

std::string command(Strings words) {
  words.insert(words.begin(), "lichen");
  return shell_join(words);
}

void add_pairs(Strings& words, const char* option, const compose::Mapping& pairs) {
  for (const auto& [key, value] : pairs) words.insert(words.end(), {option, key + "=" + value});
}

void add_all(Strings& words, const char* option, const Strings& values) {
  for (const auto& value : values) words.insert(words.end(), {option, value});
}

void add_text(Strings& words, const char* option, const std::string& value) {
  if (!value.empty()) words.insert(words.end(), {option, value});
}

// A shell's name of a variable (POSIX, 3.235 Name); anything else would be a program text of the file's author.
void check_variable(const std::string& name) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  if (std::ranges::all_of(name, is_part) && std::isdigit(static_cast<unsigned char>(name[0])) == 0) return;
  throw_error(ErrorKind::invalid, "environment: {}: a shell has no variable of this name", printable(name));
}

class Script {
 public:
  Script(engine::Engine& engine, const compose::Project& project)
      : engine_(engine), project_(project), host_(host_view(engine)) {
    for (const auto& service : project.services) all_.insert(service.name);
  }

  std::string write() {
    text_ = format(
        "#!/bin/sh\n# The project {} as plain commands: what `lichen compose up -d` makes of it where nothing is yet.\n"
        "set -eu\n",
        project_.name);
    text_ += kFunctions;
    add_resources();
    for (const auto& service : project_.services) add_build(service);
    for (const auto& service : project_.services) add_service(service);
    return std::move(text_);
  }

 private:
  void line(const std::string& text) { text_ += text + "\n"; }
  void heading(const std::string& text) { text_ += "\n# " + text + "\n"; }

  void add_resources() {
    const auto requests = compose::resource_requests(project_, all_);
    if (!requests.networks.empty() || !requests.volumes.empty()) heading("what services share");
    for (const auto& network : requests.networks) line(network_line(network) + " >/dev/null");
    for (const auto& volume : requests.volumes) {
      Strings words{"volume", "create", "--ignore"};
      add_text(words, "--driver", volume.driver);
      add_pairs(words, "--label", volume.labels);
      add_pairs(words, "--opt", volume.options);
      words.push_back(volume.name);
      line(command(words) + " >/dev/null");
    }
    if (!requests.files.empty()) heading("files of configs and secrets");
    for (const auto& file : requests.files) add_file(file);
  }

  static std::string network_line(const engine::NetworkRequest& network) {
    Strings words{"network", "create", "--ignore"};
    add_text(words, "--driver", network.driver);
    add_text(words, "--ipam-driver", network.ipam_driver);
    add_all(words, "--subnet", network.subnets);
    add_all(words, "--gateway", network.gateways);
    add_all(words, "--ip-range", network.ranges);
    add_pairs(words, "--aux-address", network.reserved);
    add_pairs(words, "--label", network.labels);
    add_pairs(words, "--opt", network.options);
    if (!network.ipv4) words.push_back("--ipv4=false");
    if (network.ipv6) words.push_back("--ipv6");
    if (network.internal) words.push_back("--internal");
    words.push_back(network.name);
    return command(words);
  }

  void add_file(const compose::StoredFile& file) {
    Strings words{"secret", "create", "--replace"};
    add_pairs(words, "--label", file.labels);
    words.push_back(file.name);
    const auto& object = *file.object;
    if (!object.environment.empty()) {
      check_variable(object.environment);
      line(format("printf %s \"${{{}?set it as for compose}}\" | {} - >/dev/null", object.environment, command(words)));
    } else if (object.content) {
      line("printf %s " + shell_quote(*object.content) + " | " + command(words) + " - >/dev/null");
    } else {
      words.push_back(object.file);
      line(command(words) + " >/dev/null");
    }
  }

  // ---- images

  // What it takes from another service's image comes first.
  void add_build(const Service& service) {
    if (!service.build || !built_.insert(service.name).second) return;
    constexpr std::string_view kService = "service:";
    for (const auto& [name, place] : service.build->additional_contexts)
      if (place.starts_with(kService))
        if (const auto* other = project_.find_service(place.substr(kService.size())); other != nullptr)
          add_build(*other);
    heading("image of " + service.name);
    const std::string image = compose::image_of(service, project_);
    const std::string test = service.pull_policy == "build" ? "" : command({"image", "exists", image}) + " || ";
    std::string build = command(build_words(service));
    if (const auto& text = service.build->dockerfile_inline; !text.empty())
      build = "printf %s " + shell_quote(text) + " | " + build;
    // Their directories count from the project's.
    if (!service.build->cache_from.empty() || !service.build->cache_to.empty())
      build = "(cd " + shell_quote(project_.working_dir) + " && " + build + ")";
    line(test + build);
  }

  Strings build_words(const Service& service) const {
    const auto& build = *service.build;
    const auto options = compose::build_options(engine_, project_, service);
    if (build.privileged)
      throw_error(ErrorKind::unsupported, "service '{}': no flag of `lichen build` says build.privileged",
                  service.name);
    Strings words{"build"};
    add_text(words, "--file", build.dockerfile_inline.empty() ? options.file : "-");
    add_all(words, "--tag", options.tags);
    add_text(words, "--target", options.target);
    add_pairs(words, "--build-arg", options.build_args);
    add_pairs(words, "--build-context", options.contexts);
    for (const auto& secret : options.secrets)
      add_all(words, "--secret",
              {secret.file.empty() ? format("id={},env={}", secret.id, secret.environment)
                                   : format("id={},src={}", secret.id, secret.file)});
    for (const auto& ssh : options.ssh)
      add_all(words, "--ssh", {ssh.socket.empty() ? ssh.id : ssh.id + "=" + ssh.socket});
    add_all(words, "--platform", options.platforms);
    add_all(words, "--cache-from", build.cache_from);
    add_all(words, "--cache-to", build.cache_to);
    if (options.no_cache) words.push_back("--no-cache");
    add_all(words, "--no-cache-filter", options.no_cache_filter);
    if (options.pull.policy == engine::PullPolicy::always) words.push_back("--pull=always");
    add_pairs(words, "--label", options.labels);
    add_all(words, "--allow", {options.entitlements.begin(), options.entitlements.end()});
    add_text(words, "--network", build.network);
    for (const auto& [host, addresses] : build.extra_hosts)
      for (const auto& address : addresses) add_all(words, "--add-host", {host + "=" + address});
    if (build.shm_size != 0) add_text(words, "--shm-size", format("{}", build.shm_size));
    for (const auto& [name, limit] : build.ulimits)
      add_text(words, "--ulimit", format("{}={}:{}", name, limit.soft, limit.hard));
    words.push_back(options.context);
    return words;
  }

  // ---- containers

  void add_service(const Service& service) {
    if (!done_.insert(service.name).second) return;
    if (!service.pre_start.empty())
      throw_error(ErrorKind::unsupported, "service '{}': pre_start cannot be written into a script yet", service.name);
    for (const auto& [other, how] : service.depends_on)
      if (const auto* below = project_.find_service(other); below != nullptr) add_service(*below);
    heading(service.name);
    for (const auto& [other, how] : service.depends_on) add_condition(other, how);
    for (std::uint32_t number = 1; number <= service.replicas(); ++number) add_container(service, number);
  }

  void add_condition(const std::string& name, const DependsOn& how) {
    const auto* below = project_.find_service(name);
    if (below == nullptr || how.condition == DependsOn::Condition::service_started) return;
    const bool healthy = how.condition == DependsOn::Condition::service_healthy;
    for (std::uint32_t number = 1; number <= below->replicas(); ++number)
      line(format("{} {}{}", healthy ? "is_healthy" : "has_completed",
                  shell_quote(compose::container_name(project_, *below, number)), how.required ? "" : " || true"));
  }

  void add_container(const Service& service, std::uint32_t number) {
    const compose::ReplicaName name{.number = number, .container = compose::container_name(project_, service, number)};
    const compose::ContainerSources sources{engine_.settings,
                                            [this](const std::string& other) {
                                              return compose::container_name(project_, *project_.find_service(other),
                                                                             1);
                                            },
                                            ""};
    auto words = run_words(compose::container_request(project_, service, name, sources), host_);
    Strings head{"run", "--detach"};
    if (service.pull_policy == "always" || service.pull_policy == "never")
      head.push_back("--pull=" + service.pull_policy);
    words.insert(words.begin(), head.begin(), head.end());
    line(command(words) + " >/dev/null");
    for (const auto& hook : service.post_start) add_hook(hook, name.container);
  }

  void add_hook(const compose::Hook& hook, const std::string& container) {
    Strings words{"exec"};
    add_text(words, "--user", hook.user);
    add_text(words, "--workdir", hook.working_dir);
    for (const auto& [key, value] : hook.environment)
      if (value) words.insert(words.end(), {"--env", key + "=" + *value});
    if (hook.privileged) words.push_back("--privileged");
    words.push_back(container);
    words.insert(words.end(), hook.command.begin(), hook.command.end());
    line(command(words));
  }

  engine::Engine& engine_;
  const compose::Project& project_;
  const HostView host_;
  std::set<std::string> all_, built_, done_;
  std::string text_;
};

}  // namespace

std::string project_script(engine::Engine& engine, const compose::Project& project) {
  return Script(engine, project).write();
}

}  // namespace lichen::cli
