#include "libpod/engine/pod_create.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/pod_holder.hh"
#include "libpod/engine/pod_remove.hh"
#include "libpod/engine/pods.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

void choose_name(const Engine& engine, spec::PodConfig& pod) {
  if (pod.name.empty()) {
    do {
      pod.name = random_name() + (pod.name.empty() ? "" : random_hex(2));
    } while (engine.pods.find_name(pod.name) || engine.containers.find_name(pod.name));
  }
  if (!is_valid_name(pod.name))
    throw Error(ErrorKind::usage, format("'{}' is no valid pod name", pod.name))
        .with_hint("names are letters, digits, '_', '.' and '-', and begin with a letter or digit");
  // podman: both are names in `inspect` and on networks.
  if (const auto container = engine.containers.find_name(pod.name))
    throw Error(ErrorKind::conflict,
                format("the name \"{}\" is already in use by container {}", pod.name, short_id(*container)))
        .with_hint("choose another name");
}

void check_pod(const Engine& engine, const spec::PodConfig& pod, bool with_holder) {
  const auto& network = pod.settings.network;
  for (const auto& endpoint : network.endpoints) engine.networks.find(endpoint.network);
  if (with_holder) return;
  if (!network.ports.empty())
    throw Error(ErrorKind::usage, "--publish: without a holder nobody has the pod's ports")
        .with_hint("leave out --infra=false");
  if (has_limits(pod))
    throw Error(ErrorKind::usage, "limits: without a holder the pod has no cgroup")
        .with_hint("leave out --infra=false");
}

void remove_quietly(Engine& engine, const spec::PodConfig& pod) {
  try {
    remove_pod(engine, pod.id, {.force = true, .timeout_s = 0});
  } catch (const Error& error) {
    log_warn("pod {} is left: {}", pod.name, error.what());
  }
}

// What belongs to the pod goes from the container that asks for both to the pod: podman's rule.
spec::PodConfig make_pod_for(Engine& engine, spec::ContainerConfig& config, const PodChoice& choice) {
  PodRequest request;
  request.pod.name = choice.name;
  request.pod.shared = spec::parse_share_option("+");
  request.pod.create_command = config.create_command;
  request.pod.settings.network = std::exchange(config.network, {});
  request.pod.settings.hostname = std::exchange(config.hostname, "");
  request.pod.settings.domainname = std::exchange(config.domainname, "");
  request.pod.settings.userns = std::exchange(config.userns, "");
  request.pod.settings.sysctls = std::exchange(config.sysctls, {});
  return create_pod(engine, std::move(request));
}

}  // namespace

spec::PodConfig create_pod(Engine& engine, PodRequest request) {
  spec::PodConfig& pod = request.pod;
  if (!request.id_file.empty() && sys::exists(request.id_file))
    throw_error(ErrorKind::conflict, "pod ID file found, make sure the other pod is not running or delete {}",
                request.id_file);
  pod.id = random_id();
  pod.created = to_rfc3339(now());
  pod.holder_id = request.with_holder ? random_id() : "";
  pod.settings.id = pod.id;
  choose_name(engine, pod);
  if (pod.settings.hostname.empty() && pod.settings.uts_mode.empty()) pod.settings.hostname = pod.name;
  check_pod(engine, pod, request.with_holder);
  engine.enter_userns();
  if (request.replace)
    if (const auto old = engine.pods.find_name(pod.name)) remove_pod(engine, *old, {.force = true, .timeout_s = {}});
  engine.pods.create(pod);
  try {
    provide_holder(engine, pod);
  } catch (const Error&) {
    remove_quietly(engine, pod);
    throw;
  }
  if (!request.id_file.empty()) sys::write_file_atomic(request.id_file, pod.id, 0644, sys::Durability::none);
  append_pod_event(engine, pod, "create");
  return pod;
}

CreatedContainer create_member(Engine& engine, CreateRequest request, const PodChoice& choice) {
  if (choice.name.empty() && !choice.make) return create_container(engine, std::move(request));
  std::set<std::string> gave = choice.gave;
  std::optional<spec::PodConfig> made;
  if (choice.make) {
    made = make_pod_for(engine, request.config, choice);
    for (const auto flag : spec::pod_flags()) gave.erase(std::string(flag));
  }
  try {
    const auto pod = made ? *made : engine.pods.get(engine.pods.find(choice.name));
    auto hold = engine.pods.hold(pod.id, sys::LockMode::shared);
    provide_holder(engine, pod);
    spec::join_pod(request.config, pod, gave);
    auto created = create_container(engine, std::move(request));
    created.maker.keep(std::move(hold));
    return created;
  } catch (const Error&) {
    if (made) remove_quietly(engine, *made);
    throw;
  }
}

}  // namespace lichen::engine
