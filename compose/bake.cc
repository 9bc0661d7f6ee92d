#include "compose/bake.hh"

#include "libpod/base/format.hh"

namespace lichen::compose {
namespace {

template <typename Value>
void set(Json& target, const char* key, const Value& value) {
  if (value.empty()) return;
  target[key] = value;
}

Strings secrets_of(const buildah::BuildOptions& options) {
  Strings secrets;
  for (const auto& secret : options.secrets)
    secrets.push_back(secret.file.empty() ? format("id={},type=env,env={}", secret.id, secret.environment)
                                          : format("id={},type=file,src={}", secret.id, secret.file));
  return secrets;
}

Strings ssh_of(const buildah::BuildOptions& options) {
  Strings all;
  for (const auto& ssh : options.ssh) all.push_back(ssh.socket.empty() ? ssh.id : ssh.id + "=" + ssh.socket);
  return all;
}

Strings hosts_of(const Build& build) {
  Strings hosts;
  for (const auto& [host, addresses] : build.extra_hosts)
    for (const auto& address : addresses) hosts.push_back(host + "=" + address);
  return hosts;
}

// The keys of a bake file (docker buildx, "Bake file reference").
Json target_of(const Build& build, const buildah::BuildOptions& options, const BuildChoice& choice) {
  Json target;
  target["context"] = options.context;
  set(target, "contexts", options.contexts);
  if (build.dockerfile_inline.empty())
    target["dockerfile"] = build.dockerfile.empty() ? "Dockerfile" : build.dockerfile;
  else
    target["dockerfile-inline"] = build.dockerfile_inline;
  set(target, "args", options.build_args);
  set(target, "labels", options.labels);
  set(target, "tags", options.tags);
  set(target, "target", options.target);
  set(target, "platforms", options.platforms);
  set(target, "secret", secrets_of(options));
  set(target, "ssh", ssh_of(options));
  set(target, "cache-from", build.cache_from);
  set(target, "cache-to", build.cache_to);
  set(target, "network", build.network);
  set(target, "extra-hosts", hosts_of(build));
  set(target, "entitlements", build.entitlements);
  set(target, "no-cache-filter", options.no_cache_filter);
  if (options.no_cache) target["no-cache"] = true;
  if (options.pull.policy == engine::PullPolicy::always) target["pull"] = true;
  if (build.shm_size != 0) target["shm-size"] = format("{}", build.shm_size);
  for (const auto& [name, limit] : build.ulimits)
    target["ulimits"].push_back(format("{}={}:{}", name, limit.soft, limit.hard));
  target["output"] = Json::array({choice.push ? "type=registry" : "type=docker"});
  return target;
}

}  // namespace

Json bake_document(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                   const BuildChoice& choice) {
  Json names = Json::array(), targets = Json::object();
  for (const auto& service : project.services) {
    if (!services.contains(service.name) || !service.build) continue;
    names.push_back(service.name);
    targets[service.name] = target_of(*service.build, build_options(engine, project, service, choice), choice);
  }
  return {{"group", {{"default", {{"targets", std::move(names)}}}}}, {"target", std::move(targets)}};
}

}  // namespace lichen::compose
