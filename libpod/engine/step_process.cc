#include "libpod/engine/step_process.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/cdi_devices.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/engine/mount_points.hh"
#include "libpod/engine/pretended_ids.hh"
#include "libpod/engine/private_place.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/spec/generate.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr const char* kAptConfiguration = "/run/lichen-apt.conf";

// Each is bound to a path of our own first: nothing that a step or an image has named is looked up by the runtime.
void attach_binds(const Engine& engine, StepProcess& step) {
  std::size_t number = 0;
  for (auto& bind : step.binds) {
    const std::string place = format("{}/bind{}", step.workspace, ++number);
    struct stat info {};
    if (::fstat(bind.source.get(), &info) != 0) throw_errno("look at the source of mount '{}'", bind.destination);
    if (S_ISDIR(info.st_mode))
      sys::make_directory(place, 0755);
    else
      sys::write_file(place, "", 0644);
    const auto mount = sys::clone_mount(bind.source.get(), "", /*recursive=*/true, bind.destination);
    sys::attach_mount_at(mount.get(), place);
    std::string source = place;
    if (bind.discards_writes && S_ISDIR(info.st_mode)) {
      for (const char* name : {"-upper", "-work", "-over"}) sys::make_directory(place + name, 0755);
      make_upper(place + "-upper", place);
      source = place + "-over";
      mount_layers(engine, step.driver, {.lower = {place}, .upper = place + "-upper", .work = place + "-work"}, source);
    }
    spec::MountConfig mounted;
    mounted.type = spec::MountType::bind;
    mounted.source = source;
    mounted.destination = bind.destination;
    mounted.read_only = bind.read_only;
    step.config.mounts.push_back(std::move(mounted));
  }
}

void add_apt_configuration(StepProcess& step) {
  const auto is_set = [](const std::string& entry) { return entry.starts_with("APT_CONFIG="); };
  if (std::ranges::any_of(step.config.env, is_set)) return;
  const std::string path = step.workspace + "/apt.conf";
  sys::write_file(path, apt_configuration(), 0644);
  step.binds.push_back({sys::open_path(path, O_PATH), kAptConfiguration});
  step.config.env.push_back(std::string("APT_CONFIG=") + kAptConfiguration);
}

void write_secrets(const StepProcess& step, PrivatePlace& place, spec::HostFacts& facts) {
  std::size_t number = 0;
  for (const auto& secret : step.secrets) {
    const std::string path = format("{}/step{}", place.path(), ++number);
    sys::write_file(path, secret.value, 0600);
    if (::chown(path.c_str(), secret.uid, secret.gid) != 0)
      throw_errno("give secret '{}' to {}:{}", secret.destination, secret.uid, secret.gid);
    if (::chmod(path.c_str(), secret.mode) != 0) throw_errno("set the mode of secret '{}'", secret.destination);
    facts.secret_files.emplace_back(path, secret.destination);
  }
  facts.secret_env = step.secret_env;
}

spec::HostFacts facts_of(Engine& engine, const StepProcess& step, const std::string& rootfs, int root,
                         PrivatePlace& place) {
  spec::HostFacts facts = collect_host_facts(engine, step.config);
  facts.rootfs = rootfs;
  write_secrets(step, place, facts);
  facts.device_edits = find_device_edits(engine, step.config);
  facts.user = resolve_container_user(root, step.config, step.config.user, {});
  if (step.network != nullptr)
    step.network->write_files(spec::container_hostname(step.config, facts), step.workspace, facts);
  return facts;
}

std::vector<std::string> destinations_of(const spec::OciSpec& spec) {
  std::vector<std::string> destinations;
  for (const auto& mount : spec.mounts) destinations.push_back(mount.destination);
  return destinations;
}

// @param bundle  with config.json; the runtime keeps its state there too
int run_bundle(Engine& engine, const StepProcess& step, const std::string& bundle) {
  const std::string program = engine.runtime_path(step.config.runtime);
  sys::SpawnOptions options{.argv = {"lichen-oci"}, .program = program};
  for (auto& argument : engine.runtime_arguments(program)) options.argv.push_back(std::move(argument));
  for (const std::string& argument :
       {std::string("--root"), bundle + "/oci", std::string("run"), std::string("--die-with-parent"),
        std::string("--bundle"), bundle, step.config.id})
    options.argv.push_back(argument);
  options.die_with_parent = true;
  options.fds = {{0, 0}, {1, 1}, {2, 2}};
  sys::make_directory(bundle + "/oci", 0700);
  return sys::spawn(options).wait().code;
}

}  // namespace

int run_step_process(Engine& engine, StepProcess step) {
  if (step.config.id.empty()) step.config.id = random_id();
  if (step.network != nullptr)
    step.network->enter();
  else
    sys::unshare_namespaces(CLONE_NEWNET, "make a network for the step");
  const std::string rootfs = step.workspace + "/rootfs";
  for (const char* name : {"/rootfs", "/work"}) sys::make_directory(step.workspace + name, 0755);
  mount_layers(engine, step.driver,
               {.lower = step.lower, .upper = step.upper, .work = step.workspace + "/work", .volatile_upper = true},
               rootfs);
  sys::UniqueFd root = sys::open_path(rootfs, O_PATH | O_DIRECTORY);
  if (has_single_id()) add_apt_configuration(step);
  attach_binds(engine, step);
  PrivatePlace place(engine);
  const spec::HostFacts facts = facts_of(engine, step, rootfs, root.get(), place);
  spec::OciSpec spec = spec::generate(step.config, facts);
  if (has_single_id()) pretend_ids(spec);
  // Values of secrets (env=) stand in it: never on a disk.
  const std::string bundle = step.secret_env.empty() ? step.workspace : place.path();
  sys::write_file(bundle + "/config.json", dump_json(spec::to_json(spec)), 0600);
  const MountPoints points(root.get(), destinations_of(spec));
  root.reset();
  const int code = run_bundle(engine, step, bundle);
  // An upper directory must not be touched beneath a mount.
  ::umount2(rootfs.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  points.remove_from(step.upper);
  return code;
}

}  // namespace lichen::engine
