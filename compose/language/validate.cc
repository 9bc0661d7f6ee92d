// Checks that need more than one object: what docker compose calls consistency.
#include <algorithm>

#include "compose/language/resolve.hh"
#include "compose/language/schema.hh"
#include "compose/language/values.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/ip_network.hh"

namespace lichen::compose {
namespace {

class Checker {
 public:
  Checker(const Project& project, const Service& service) : project_(project), service_(service) {}

  void check() const {
    check_image();
    check_words();
    check_networks();
    check_dependencies();
    check_mounts();
    check_objects();
    check_limits();
    check_replicas();
    check_health();
    check_watch();
    check_devices();
  }

 private:
  [[noreturn]] void fail(std::string_view key, std::string_view message, std::string hint = {}) const {
    const std::string path = format("services.{}{}{}", service_.name, key.empty() ? "" : ".", key);
    Error error(ErrorKind::invalid, show(service_.place, format("{}: {}", path, message)));
    if (!hint.empty()) error.with_hint(std::move(hint));
    throw error;
  }

  template <typename T>
  void must_be_defined(const std::map<std::string, T>& objects, const std::string& name, std::string_view key,
                       std::string_view what) const {
    if (objects.count(name) != 0) return;
    std::vector<std::string> names;
    for (const auto& [each, object] : objects) names.push_back(each);
    const auto near = nearest(name, names);
    fail(key, format("no {} '{}'", what, name),
         near ? format("did you mean '{}'?", *near) : format("define it below the key '{}s'", what));
  }

  void check_image() const {
    if (service_.provider) return;
    if (service_.image.empty() && !service_.build) fail("", "neither 'image' nor 'build' is there");
    if (!service_.build) return;
    const Build& build = *service_.build;
    if (!build.dockerfile.empty() && !build.dockerfile_inline.empty())
      fail("build", "'dockerfile' and 'dockerfile_inline' exclude each other");
    if (!build.platforms.empty() && !service_.platform.empty() &&
        std::find(build.platforms.begin(), build.platforms.end(), service_.platform) == build.platforms.end())
      fail("build.platforms", format("the service's platform '{}' is not among them", service_.platform));
    for (const auto& secret : build.secrets)
      must_be_defined(project_.secrets, secret.source, "build.secrets", "secret");
    for (const auto& [name, context] : build.additional_contexts)
      if (context.starts_with("service:") && !is_service(context.substr(8)))
        fail("build.additional_contexts", format("no service '{}'", context.substr(8)));
  }

  void check_words() const {
    const std::string& restart = service_.restart;
    const bool is_counted = restart.starts_with("on-failure:") && parse_uint(restart.substr(11));
    if (!restart.empty() && restart != "no" && restart != "always" && restart != "unless-stopped" &&
        restart != "on-failure" && !is_counted)
      fail("restart", format("'{}' is none of no, always, on-failure[:N], unless-stopped", restart));
    const std::string& pull = service_.pull_policy;
    static constexpr std::string_view kPolicies[] = {"",        "always",         "never", "build", "missing",
                                                     "refresh", "if_not_present", "daily", "weekly"};
    const bool is_timed = pull.starts_with("every_") && parse_compose_duration(pull.substr(6));
    if (std::find(std::begin(kPolicies), std::end(kPolicies), pull) == std::end(kPolicies) && !is_timed)
      fail("pull_policy",
           format("'{}' is none of always, never, build, missing, refresh, daily, weekly, every_DURATION", pull));
    const std::string& name = service_.container_name;
    if (!name.empty() &&
        (name.size() < 2 || !is_valid_key(name) || std::string_view("._-").find(name[0]) != std::string_view::npos))
      fail("container_name", format("'{}' is no name for a container", name),
           "two or more letters, digits, '.', '_' and '-', and first a letter or digit");
    if (service_.oom_score_adj < -1000 || service_.oom_score_adj > 1000)
      fail("oom_score_adj", format("{} is not between -1000 and 1000", service_.oom_score_adj));
    for (const auto& port : service_.ports) {
      if (port.target == 0) fail("ports", "a port has no 'target'");
      if (!port.host_ip.empty() && !spec::IpAddress::parse(port.host_ip))
        fail("ports", format("'{}' is no IP address", port.host_ip));
    }
  }

  bool is_service(std::string_view name) const { return project_.find_service(name) != nullptr || is_disabled(name); }
  bool is_disabled(std::string_view name) const {
    return std::any_of(project_.disabled_services.begin(), project_.disabled_services.end(),
                       [&](const Service& service) { return service.name == name; });
  }

  void check_networks() const {
    if (!service_.network_mode.empty() && !service_.networks.empty())
      fail("network_mode", "'network_mode' and 'networks' exclude each other");
    for (const auto& [name, how] : service_.networks) must_be_defined(project_.networks, name, "networks", "network");
    if (service_.network_mode.starts_with("service:") && !service_.ports.empty())
      fail("ports", "a service in the network of another one publishes no ports", "publish them there");
  }

  void check_dependencies() const {
    for (const auto& [name, how] : service_.depends_on) {
      if (project_.find_service(name) != nullptr || !how.required) continue;
      const auto disabled =
          std::find_if(project_.disabled_services.begin(), project_.disabled_services.end(),
                       [&, &wanted = name](const Service& service) { return service.name == wanted; });
      if (disabled == project_.disabled_services.end()) {
        std::vector<std::string> names;
        for (const auto& service : project_.services) names.push_back(service.name);
        const auto near = nearest(name, names);
        fail(how.is_implied ? "" : "depends_on", format("no service '{}'", name),
             near ? format("did you mean '{}'?", *near) : "");
      }
      fail("depends_on", format("the service '{}' is not active", name),
           format("make one of its profiles active: --profile {}; or write 'required: false'",
                  join(disabled->profiles, ", ")));
    }
  }

  void check_mounts() const {
    std::set<std::string> targets;
    for (const auto& mount : service_.volumes) {
      if (mount.target.empty()) fail("volumes", "a mount has no 'target'");
      if (!targets.insert(clean_path(mount.target)).second) fail("volumes", format("two mounts at '{}'", mount.target));
      if (mount.type == Mount::Type::volume && !mount.source.empty())
        must_be_defined(project_.volumes, mount.source, "volumes", "volume");
      if (mount.type == Mount::Type::bind && mount.source.empty()) fail("volumes", "a bind mount has no 'source'");
      if (mount.type == Mount::Type::tmpfs && !mount.source.empty()) fail("volumes", "a tmpfs has no 'source'");
    }
    for (const auto& tmpfs : service_.tmpfs)
      if (!targets.insert(clean_path(tmpfs.substr(0, tmpfs.find(':')))).second)
        fail("tmpfs", format("two mounts at '{}'", tmpfs.substr(0, tmpfs.find(':'))));
  }

  void check_objects() const {
    for (const auto& secret : service_.secrets) must_be_defined(project_.secrets, secret.source, "secrets", "secret");
    for (const auto& config : service_.configs) must_be_defined(project_.configs, config.source, "configs", "config");
    for (const auto& [name, how] : service_.models) must_be_defined(project_.models, name, "models", "model");
  }

  void check_limits() const {
    if (!service_.deploy || !service_.deploy->limits) return;
    const Resource& limits = *service_.deploy->limits;
    const auto differ = [&](auto own, auto other, std::string_view key, std::string_view limit) {
      if (own != 0 && other != 0 && own != other)
        fail(key, format("differs from deploy.resources.limits.{}", limit), "write one of them");
    };
    differ(service_.cpus, limits.cpus, "cpus", "cpus");
    differ(service_.mem_limit, limits.memory, "mem_limit", "memory");
    differ(service_.pids_limit, limits.pids, "pids_limit", "pids");
    if (service_.deploy->reservations)
      differ(service_.mem_reservation, service_.deploy->reservations->memory, "mem_reservation", "memory");
  }

  void check_replicas() const {
    if (service_.scale && service_.deploy && service_.deploy->replicas && *service_.scale != *service_.deploy->replicas)
      fail("scale", "differs from deploy.replicas", "write one of them");
    if (service_.replicas() > 1 && !service_.container_name.empty())
      fail("container_name", format("{} containers cannot have one name", service_.replicas()));
  }

  void check_health() const {
    if (!service_.healthcheck || service_.healthcheck->test.empty()) return;
    const Strings& test = service_.healthcheck->test;
    if ((test[0] == "CMD" || test[0] == "CMD-SHELL") && test.size() < 2)
      fail("healthcheck.test", format("nothing stands behind {}", test[0]));
  }

  void check_watch() const {
    for (const auto& watch : service_.watch) {
      const bool syncs = watch.action == Watch::Action::sync || watch.action == Watch::Action::sync_restart ||
                         watch.action == Watch::Action::sync_exec;
      if (watch.path.empty()) fail("develop.watch", "'path' is empty");
      if (syncs && watch.target.empty()) fail("develop.watch", "'target' is missing: it says where the files go");
      if (watch.action == Watch::Action::sync_exec && watch.exec.command.empty())
        fail("develop.watch", "'exec.command' is missing");
    }
  }

  void check_devices() const {
    const auto check = [&](const std::vector<DeviceRequest>& requests, std::string_view key) {
      for (const auto& request : requests)
        if (request.count != 0 && !request.device_ids.empty()) fail(key, "'count' and 'device_ids' exclude each other");
    };
    check(service_.gpus, "gpus");
    if (service_.deploy && service_.deploy->reservations)
      check(service_.deploy->reservations->devices, "deploy.resources.reservations.devices");
  }

  const Project& project_;
  const Service& service_;
};

void check_file_objects(const std::map<std::string, FileObject>& objects, std::string_view what, bool has_content,
                        Loading& loading) {
  for (const auto& [name, object] : objects) {
    const bool is_content = has_content && object.content && object.environment.empty();
    const int count = !object.file.empty() + !object.environment.empty() + is_content;
    const auto fail = [&, &key = name](std::string_view message) {
      throw_error(ErrorKind::invalid, "{}.{}: {}", what, key, message);
    };
    const char* keys = has_content ? "'file', 'environment' and 'content'" : "'file' and 'environment'";
    if (count > 1) fail(format("{} exclude each other", keys));
    if (object.external && count > 0) fail(format("{} have no meaning with 'external'", keys));
    if (count == 0 && !object.external && object.driver.empty())
      fail(format("one of {} must be there, or 'external: true'", keys));
    if (!object.environment.empty() && !object.content)
      loading.warn({}, format("{}.{}: the environment variable '{}' is not set", what, name, object.environment));
  }
}

/// Depth first; a service met again while it is still open closes a cycle.
class CycleFinder {
 public:
  explicit CycleFinder(const Project& project) : project_(project) {}

  void check() {
    for (const auto& service : project_.services) visit(service.name);
  }

 private:
  void visit(const std::string& start) {
    struct Frame {
      const Service* service;
      std::map<std::string, DependsOn>::const_iterator next;
    };
    std::vector<Frame> open;
    const auto push = [&](const std::string& name) {
      const Service* service = project_.find_service(name);
      if (service == nullptr || !done_.insert(name).second) return;
      is_open_.insert(name);
      open.push_back({service, service->depends_on.begin()});
    };
    push(start);
    while (!open.empty()) {
      Frame& top = open.back();
      if (top.next == top.service->depends_on.end()) {
        is_open_.erase(top.service->name);
        open.pop_back();
        continue;
      }
      const std::string& name = (top.next++)->first;
      if (is_open_.count(name) != 0) {
        Strings cycle;
        for (const auto& frame : open) cycle.push_back(frame.service->name);
        cycle.erase(cycle.begin(), std::find(cycle.begin(), cycle.end(), name));
        cycle.push_back(name);
        throw Error(ErrorKind::invalid,
                    show(top.service->place, "services depend on each other: " + join(cycle, " -> ")));
      }
      push(name);
    }
  }

  const Project& project_;
  std::set<std::string> done_, is_open_;
};

void check_container_names(const Project& project) {
  std::map<std::string, const Service*> names;
  for (const auto& service : project.services) {
    if (service.container_name.empty()) continue;
    const auto [other, is_new] = names.emplace(service.container_name, &service);
    if (!is_new)
      throw Error(ErrorKind::invalid,
                  show(service.place, format("services.{}.container_name: '{}' is also the name for service '{}'",
                                             service.name, service.container_name, other->second->name)));
  }
}

}  // namespace

void check_consistency(const Project& project, Loading& loading) {
  for (const auto& service : project.services) {
    Checker(project, service).check();
    const bool has_fixed_port = std::any_of(service.ports.begin(), service.ports.end(), [](const Port& port) {
      return !port.published.empty() && port.published != "0" && port.published.find('-') == std::string::npos;
    });
    if (service.replicas() > 1 && has_fixed_port)
      loading.warn(
          {}, format("services.{}.ports: {} containers cannot share one host port; publish a range, or no host port",
                     service.name, service.replicas()));
  }
  check_file_objects(project.secrets, "secrets", /*has_content=*/false, loading);
  check_file_objects(project.configs, "configs", /*has_content=*/true, loading);
  CycleFinder(project).check();
  check_container_names(project);
}

}  // namespace lichen::compose
