#include "compose/service_image.hh"

#include "buildah/build_images.hh"
#include "buildah/cache_place.hh"
#include "buildah/progress.hh"
#include "compose/labels.hh"
#include "compose/language/render.hh"
#include "compose/language/values.hh"
#include "compose/service_container.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/platform.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"

namespace lichen::compose {
namespace {

constexpr std::string_view kServiceContext = "service:";

bool builds_first(const Service& service, const ImageChoice& choice) {
  if (!service.build || choice.build_never) return false;
  return choice.build_always || service.pull_policy == "build" || choice.pull == "build";
}

// How old an image may be. nullopt: as it likes. What `refresh` alone says the specification leaves open.
std::optional<Duration> refresh_period(const Service& service, const std::string& policy) {
  constexpr std::string_view kEvery = "every_";
  if (policy == "daily") return std::chrono::days(1);
  if (policy == "weekly") return std::chrono::weeks(1);
  if (policy == "refresh") return parse_compose_duration(service.pull_refresh_after);
  return policy.starts_with(kEvery) ? parse_compose_duration(policy.substr(kEvery.size())) : std::nullopt;
}

// docker compose counts from when the name was given to the image, or last found to be the registry's.
bool is_older(const engine::Engine& engine, const std::string& name, Duration period) {
  const auto found = engine::look_up_image(engine, name);
  if (!found || !found->name) return false;
  const auto time = engine.images.ref_time(*found->name);
  return time && now() - *time > period;
}

// compose's words for what the engine's policies are.
std::string policy_of(const engine::Engine& engine, const Service& service, const ImageChoice& choice) {
  const std::string& text = choice.pull.empty() || choice.pull == "build" ? service.pull_policy : choice.pull;
  if (text.empty() || text == "if_not_present" || text == "build" || text == "policy") return "missing";
  if (const auto period = refresh_period(service, text))
    return !service.image.empty() && is_older(engine, service.image, *period) ? "always" : "missing";
  return text == "refresh" ? "missing" : text;
}

engine::PullOptions pull_options(const engine::Engine& engine, const Service& service, const ImageChoice& choice) {
  engine::PullOptions options;
  options.policy = engine::parse_pull_policy(policy_of(engine, service, choice));
  options.platform = service.platform;
  options.quiet = true;
  return options;
}

void set_secrets(const Project& project, const Build& build, buildah::BuildOptions& options) {
  for (const auto& use : build.secrets) {
    const FileObject& object = project.secrets.at(use.source);
    options.secrets.push_back({use.target.empty() ? use.source : use.target, object.file, object.environment});
  }
}

// In a child. Its steps are told on standard error.
std::string build_service(engine::Engine& engine, const Service& service, buildah::BuildOptions wanted) {
  const auto [inline_file, options, input] = read_service_input(engine, service, std::move(wanted));
  buildah::Progress progress(options.quiet ? buildah::ProgressMode::quiet : buildah::ProgressMode::plain);
  return buildah::build_images(engine, input, options, progress).image_for(spec::host_platform());
}

Tasks::Task build_task(engine::Engine& engine, const Service& service, const std::string& name,
                       buildah::BuildOptions options, std::function<void(const Json&)> done) {
  return {.object = "Image " + name,
          .doing = "Building",
          .did = "Built",
          .after = {},
          .gate = {},
          .body = [&engine, &service, options = std::move(options)]() -> Json {
            return build_service(engine, service, options);
          },
          .done = std::move(done),
          .output = {},
          .may_be_cut = true};
}

Tasks::Task pull_task(engine::Engine& engine, const std::string& name, const engine::PullOptions& options) {
  return {.object = "Image " + name,
          .doing = "Pulling",
          .did = "Pulled",
          .after = {},
          .gate = {},
          .body = [&engine, name, options]() -> Json { return engine::ensure_image(engine, name, options); },
          .done = {},
          .output = {},
          .may_be_cut = true};
}

// A build that takes from another service's image comes after it.
void order_builds(const Project& project, const std::map<std::string, Tasks::Id>& builds, Tasks& tasks) {
  for (const auto& service : project.services) {
    const auto mine = builds.find(service.name);
    if (mine == builds.end()) continue;
    for (const auto& [name, place] : service.build->additional_contexts)
      if (place.starts_with(kServiceContext))
        if (const auto base = builds.find(place.substr(kServiceContext.size())); base != builds.end())
          tasks.add_order(base->second, mine->second);
  }
}

}  // namespace

std::optional<std::string> image_at_hand(engine::Engine& engine, const Project& project, const Service& service,
                                         const ImageChoice& choice) {
  if (builds_first(service, choice)) return std::nullopt;
  const auto options = pull_options(engine, service, choice);
  if (options.policy == engine::PullPolicy::always || options.policy == engine::PullPolicy::newer)
    if (!service.build) return std::nullopt;
  return engine::find_local_image(engine, image_of(service, project), options);
}

ServiceInput read_service_input(engine::Engine& engine, const Service& service, buildah::BuildOptions options) {
  std::optional<store::StagingDir> inline_file;
  if (!service.build->dockerfile_inline.empty()) {
    inline_file.emplace(engine.paths);
    options.file = inline_file->path() + "/Dockerfile";
    sys::write_file(options.file, service.build->dockerfile_inline);
  }
  auto input = buildah::read_input(engine, options);
  return {std::move(inline_file), std::move(options), std::move(input)};
}

buildah::BuildOptions build_options(const engine::Engine& engine, const Project& project, const Service& service,
                                    const BuildChoice& choice) {
  const Build& build = *service.build;
  buildah::BuildOptions options;
  options.context = build.context;
  if (build.dockerfile_inline.empty() && !build.dockerfile.empty())
    options.file = build.dockerfile.starts_with('/') || build.context.find("://") != std::string::npos
                       ? build.dockerfile
                       : build.context + "/" + build.dockerfile;
  options.tags = build.tags;
  options.tags.insert(options.tags.begin(), image_of(service, project));
  options.target = build.target;
  for (const auto& [name, value] : build.args)
    if (value) options.build_args[name] = *value;
  for (const auto& [name, value] : choice.args) options.build_args[name] = value;
  for (const auto& [name, place] : build.additional_contexts)
    options.contexts[name] =
        place.starts_with(kServiceContext)
            ? "docker-image://" + image_of(*project.find_service(place.substr(kServiceContext.size())), project)
            : place;
  for (const auto& [id, socket] : build.ssh)
    options.ssh.push_back(
        {id, socket.empty() ? spec::find_env(engine.environment.all, "SSH_AUTH_SOCK").value_or("") : socket});
  options.ssh.insert(options.ssh.end(), choice.ssh.begin(), choice.ssh.end());
  set_secrets(project, build, options);
  options.platforms = build.platforms;
  if (options.platforms.empty() && !service.platform.empty()) options.platforms = {service.platform};
  using Direction = buildah::CacheDirection;
  for (const auto& text : build.cache_from)
    buildah::add_cache_place(text, Direction::from, {"build.cache_from", project.working_dir}, options.cache_from);
  for (const auto& text : build.cache_to)
    buildah::add_cache_place(text, Direction::to, {"build.cache_to", project.working_dir}, options.cache_to);
  options.no_cache = build.no_cache || choice.no_cache;
  options.no_cache_filter = build.no_cache_filter;
  if (build.pull || choice.pull) options.pull.policy = engine::PullPolicy::always;
  options.labels = build.labels;
  options.labels[label::kProject] = project.name;
  options.labels[label::kService] = service.name;
  options.entitlements = {build.entitlements.begin(), build.entitlements.end()};
  auto& container = options.container;
  container.network = spec::parse_network_option(build.network.empty() ? engine.settings.network : build.network);
  for (const auto& [host, addresses] : build.extra_hosts)
    for (const auto& address : addresses)
      for (auto& entry : spec::parse_add_host(host + "=" + address)) container.network.extra_hosts.push_back(entry);
  if (build.shm_size != 0) container.shm_size_bytes = build.shm_size;
  for (const auto& [name, limit] : build.ulimits) container.ulimits.push_back({name, limit.soft, limit.hard});
  if (build.privileged) container.privileged = true;
  if (choice.memory != 0) container.resources.memory_bytes = choice.memory;
  return options;
}

void add_image_tasks(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                     const ImageChoice& choice, Tasks& tasks, std::map<std::string, std::string>& images) {
  std::map<std::string, Tasks::Id> builds;  // service → its build
  std::map<std::string, Tasks::Id> pulls;   // image → its pull
  for (const auto& service : project.services) {
    if (!services.contains(service.name)) continue;
    if (const auto id = image_at_hand(engine, project, service, choice)) {
      images[service.name] = *id;
      continue;
    }
    const std::string name = image_of(service, project);
    if (service.build && !choice.build_never) {
      auto options = build_options(engine, project, service);
      options.quiet = choice.quiet_build;
      builds[service.name] = tasks.add(build_task(engine, service, name, std::move(options),
                                                  [&images, &service](const Json& id) { images[service.name] = id; }));
      continue;
    }
    const auto [pull, is_new] = pulls.emplace(name + "\n" + service.platform, 0);
    if (is_new) pull->second = tasks.add(pull_task(engine, name, pull_options(engine, service, choice)));
    tasks.add({.object = "Image " + name,
               .doing = "",
               .did = "",
               .after = {pull->second},
               .gate = {},
               .body = {},
               .done = [&engine, &images, &service,
                        name](const Json&) { images[service.name] = engine::require_image(engine, name).id; },
               .output = {}});
  }
  order_builds(project, builds, tasks);
}

void build_images(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                  const BuildChoice& choice, ProjectView& view, std::size_t parallel) {
  sys::EventLoop loop;
  Tasks tasks(loop, view, parallel);
  std::map<std::string, Tasks::Id> builds;
  for (const auto& service : project.services) {
    if (!services.contains(service.name) || !service.build) continue;
    builds[service.name] = tasks.add(
        build_task(engine, service, image_of(service, project), build_options(engine, project, service, choice), {}));
  }
  order_builds(project, builds, tasks);
  tasks.run();
}

void pull_images(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                 const PullChoice& choice, ProjectView& view, std::size_t parallel) {
  sys::EventLoop loop;
  Tasks tasks(loop, view, parallel);
  std::set<std::string> seen;
  for (const auto& service : project.services) {
    if (!services.contains(service.name) || service.image.empty()) continue;
    if (service.build && choice.ignore_buildable) continue;
    if (!seen.insert(service.image + "\n" + service.platform).second) continue;
    engine::PullOptions options;
    options.policy = engine::parse_pull_policy(choice.policy.empty() ? "always" : choice.policy);
    options.platform = service.platform;
    options.quiet = true;
    auto task = pull_task(engine, service.image, options);
    if (choice.ignore_failures || service.build)
      task.body = [pull = task.body, name = service.image]() -> Json {
        try {
          return pull();
        } catch (const Error& error) {
          log_warn("{}", error.what());
          return nullptr;
        }
      };
    tasks.add(std::move(task));
  }
  tasks.run();
}

namespace {

Json push_image(engine::Engine& engine, const std::string& name) {
  engine::require_image(engine, name);
  auto request = engine::image_request(engine);
  request.names = {name};
  request.quiet = true;
  engine::push_image(engine, request);
  return nullptr;
}

}  // namespace

void push_images(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                 const PushChoice& choice, ProjectView& view, std::size_t parallel) {
  sys::EventLoop loop;
  Tasks tasks(loop, view, parallel);
  for (const auto& service : project.services) {
    if (!services.contains(service.name)) continue;
    if (!service.build || service.image.empty()) {
      view.done(service.name, "Skipped");  // docker compose's word
      continue;
    }
    Strings names = service.build->tags;
    names.insert(names.begin(), service.image);
    for (const auto& name : names)
      tasks.add({.object = "Image " + name,
                 .doing = "Pushing",
                 .did = "Pushed",
                 .after = {},
                 .gate = {},
                 .body = [&engine, name, choice]() -> Json {
                   try {
                     return push_image(engine, name);
                   } catch (const Error& error) {
                     if (!choice.ignore_failures) throw;
                     log_warn("{}", error.what());
                     return nullptr;
                   }
                 },
                 .done = {},
                 .output = {}});
  }
  tasks.run();
}

}  // namespace lichen::compose
