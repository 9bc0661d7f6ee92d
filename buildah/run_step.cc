// RUN (file_step.hh): its command, its mounts, and what of them the cache must know.
#include <algorithm>

#include "buildah/cache_mount.hh"
#include "buildah/copy_files.hh"
#include "buildah/file_step.hh"
#include "buildah/language/mount.hh"
#include "buildah/language/place.hh"
#include "buildah/secrets.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cdi_devices.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/engine/step_process.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

using language::Instruction;
using language::MountType;
using language::ResolvedMount;

constexpr const char* kScript = "/run/lichen-script";
constexpr const char* kAgentPath = "/run/buildkit/ssh_agent.";

// A mount and what it shows.
struct RunMountPlan {
  ResolvedMount mount;
  Content content;                    // bind; what a cache begins with
  std::optional<std::string> secret;  // its value
  std::string agent;                  // ssh: the socket
};

struct RunWork {
  engine::Engine& engine;
  std::string driver;
  spec::ContainerConfig config;
  std::vector<RunMountPlan> mounts;
  std::string script;
  const engine::StepNetwork* network;
  LayerStack stack;
};

std::string find_agent(const StepContext& context, const std::string& id) {
  for (const auto& ssh : context.options.ssh)
    if (ssh.id == id) return ssh.socket;
  return "";
}

class MountPlanner {
 public:
  MountPlanner(const StepContext& context, const Instruction& instruction, const StageState& state, FileStep& step)
      : context_(context), instruction_(instruction), state_(state), step_(step) {}

  RunMountPlan plan(const language::RunMount& written) {
    RunMountPlan plan;
    plan.mount = language::resolve_mount(written, *instruction_.source, [&](const std::string& word) {
      return expand_word({word, written.position}, instruction_, state_, context_.escape);
    });
    ResolvedMount& mount = plan.mount;
    if (mount.is_chowned)
      fail(written, "--mount=type=bind,U: it would change the owner of the source",
           "COPY --chown gives files to a user");
    if (!mount.propagation.empty() && !mount.propagation.ends_with("private"))
      fail(written, "--mount=type=bind: mounts of a step are seen by nobody else", "leave bind-propagation out");
    set_defaults(mount);
    step_.key.add("mount", written.text);
    step_.key.add("mount target", mount.target);
    if (mount.type == MountType::bind || !mount.from.empty()) add_content(written, plan);
    if (mount.type == MountType::secret) add_secret(written, plan);
    if (mount.type == MountType::ssh) add_agent(written, plan);
    return plan;
  }

 private:
  void set_defaults(ResolvedMount& mount) const {
    if (mount.type == MountType::secret && mount.id.empty()) mount.id = base_name(mount.target);
    if (mount.type == MountType::secret && mount.target.empty() && mount.env.empty())
      mount.target = "/run/secrets/" + mount.id;
    if (mount.type == MountType::ssh && mount.id.empty()) mount.id = "default";
    if (mount.type == MountType::cache && mount.id.empty()) mount.id = mount.target;
    if (!mount.target.empty() && !mount.target.starts_with('/')) {
      const std::string base = state_.config.working_dir.empty() ? "/" : state_.config.working_dir;
      mount.target = clean_path(base + "/" + mount.target);
    }
  }

  [[noreturn]] void fail(const language::RunMount& written, const std::string& why, const std::string& hint) const {
    language::fail_at(*instruction_.source, written.position, why, hint);
  }

  void add_content(const language::RunMount& written, RunMountPlan& plan) {
    const ResolvedMount& mount = plan.mount;
    plan.content = context_.find_content(mount.from);
    if (plan.content.tree == nullptr) {
      step_.inputs.push_back(plan.content.stack);
      return;
    }
    try {
      for (const auto& entry : find_entries(*plan.content.tree, mount.source.empty() ? "/" : mount.source)) {
        Sha256 hash;
        hash_entry(*plan.content.tree, entry, {}, hash);
        step_.key.add("mounted " + entry.path, hash.hex());
      }
    } catch (const Error& error) {
      fail(written, error.what(), error.hint());
    }
  }

  // Its id counts for the cache and its value does not (Dockerfile reference, RUN --mount=type=secret).
  void add_secret(const language::RunMount& written, RunMountPlan& plan) {
    plan.secret = read_secret(context_.engine, context_.options, plan.mount.id);
    if (!plan.secret && plan.mount.is_required)
      fail(written, format("secret '{}' is required and was not given", plan.mount.id),
           format("--secret id={},src=FILE", plan.mount.id));
  }

  void add_agent(const language::RunMount& written, RunMountPlan& plan) {
    plan.agent = find_agent(context_, plan.mount.id);
    if (plan.agent.empty() && plan.mount.is_required)
      fail(written, format("ssh agent '{}' is required and was not given", plan.mount.id),
           format("--ssh {}", plan.mount.id));
  }

  const StepContext& context_;
  const Instruction& instruction_;
  const StageState& state_;
  FileStep& step_;
};

class Runner {
 public:
  Runner(const RunWork& work, const StepPlace& place) : work_(work), place_(place) {}

  Json run() {
    step_.config = work_.config;
    step_.driver = work_.driver;
    sys::unshare_namespaces(CLONE_NEWNS, "make a mount namespace");
    const auto directories = work_.stack.directories();
    step_.lower = directories.paths;
    if (step_.lower.empty()) step_.lower.push_back(engine::empty_layer(work_.engine));
    step_.upper = place_.upper;
    step_.workspace = place_.workspace;
    if (place_.is_debug_shell) set_debug_shell();
    step_.network = work_.network;
    for (const auto& mount : work_.mounts) add(mount);
    if (!work_.script.empty()) add_script();
    return {{"code", engine::run_step_process(work_.engine, std::move(step_))}};
  }

 private:
  void add(const RunMountPlan& plan) {
    switch (plan.mount.type) {
      case MountType::bind:
        return add_bind(plan);
      case MountType::cache:
        return add_cache(plan);
      case MountType::tmpfs:
        return add_tmpfs(plan.mount);
      case MountType::secret:
        return add_secret(plan);
      case MountType::ssh:
        return add_agent(plan);
    }
  }

  void bind(sys::UniqueFd source, const std::string& destination, bool read_only, bool discards = false) {
    step_.binds.push_back({std::move(source), destination, read_only, discards});
  }

  SourceTree open_source(const RunMountPlan& plan) {
    if (plan.content.tree == nullptr)
      return mount_stack(work_.engine, work_.driver, plan.content.stack,
                         format("{}/from{}", place_.workspace, ++number_), plan.content.name);
    SourceTree tree;
    tree.root = open_again(plan.content.tree->root.get());
    tree.ignored = plan.content.tree->ignored;
    return tree;
  }

  void add_bind(const RunMountPlan& plan) {
    const std::string source = plan.mount.source.empty() ? "/" : plan.mount.source;
    const SourceTree mounted = open_source(plan);
    bind(sys::open_in_root(mounted.root.get(), source, O_PATH), plan.mount.target, plan.mount.is_read_only,
         /*discards=*/!plan.mount.is_read_only);
  }

  void add_cache(const RunMountPlan& plan) {
    const auto fill = [&](const std::string& directory) {
      const SourceTree source = open_source(plan);
      const mode_t before = ::umask(0);  // FileCopier's is 0 for good; the command's is not
      const sys::UniqueFd root = sys::open_path(directory, O_PATH | O_DIRECTORY);
      FileCopier copier(root.get(), {.destination = "/"});
      for (const auto& entry : find_entries(source, plan.mount.source.empty() ? "/" : plan.mount.source))
        copier.copy(source, entry, /*is_single=*/true, plan.mount.source);
      ::umask(before);
    };
    CacheMount cache =
        open_cache_mount(work_.engine, plan.mount, plan.mount.from.empty() ? nullptr : std::function(fill));
    bind(std::move(cache.directory), plan.mount.target, plan.mount.is_read_only);
    locks_.push_back(std::move(cache.lock));
  }

  void add_tmpfs(const ResolvedMount& mount) {
    spec::MountConfig config;
    config.type = spec::MountType::tmpfs;
    config.destination = mount.target;
    if (mount.size) config.tmpfs_size = static_cast<std::uint64_t>(*mount.size);
    config.tmpfs_mode = mount.mode;
    step_.config.mounts.push_back(std::move(config));
  }

  void add_secret(const RunMountPlan& plan) {
    if (!plan.secret) return;
    const ResolvedMount& mount = plan.mount;
    if (!mount.env.empty()) step_.secret_env.push_back(mount.env + "=" + *plan.secret);
    if (!mount.target.empty())
      step_.secrets.push_back(
          {*plan.secret, mount.target, mount.mode.value_or(0400), mount.uid.value_or(0), mount.gid.value_or(0)});
  }

  void add_agent(const RunMountPlan& plan) {
    if (plan.agent.empty()) return;
    const std::string target = plan.mount.target.empty() ? format("{}{}", kAgentPath, agents_) : plan.mount.target;
    bind(sys::open_path(plan.agent, O_PATH), target, /*read_only=*/false);
    if (agents_++ == 0) step_.config.env.push_back("SSH_AUTH_SOCK=" + target);
  }

  // In the place of a command that failed, with its changes, its mounts and its user.
  void set_debug_shell() {
    step_.config.command = {"/bin/sh"};
    step_.config.tty = true;
  }

  void add_script() {
    const std::string path = place_.workspace + "/script";
    sys::write_file(path, work_.script, 0755);
    ::chmod(path.c_str(), 0755);
    bind(sys::open_path(path, O_PATH), kScript, /*read_only=*/true);
  }

  const RunWork& work_;
  const StepPlace& place_;
  engine::StepProcess step_;
  std::vector<sys::FileLock> locks_;
  int number_ = 0, agents_ = 0;
};

std::string network_mode(const StepContext& context, const Instruction& instruction, const language::Run& run) {
  if (run.network.empty() || run.network == "default") return "default";
  if (run.network == "host" && context.options.container.network.mode != "host" &&
      !context.options.entitlements.contains("network.host"))
    language::fail_at(*instruction.source, instruction.position,
                      "RUN --network=host: the build was not allowed the host's network",
                      "allow it for this build: lichen build --allow network.host");
  return run.network;
}

void set_security(const StepContext& context, const Instruction& instruction, const language::Run& run,
                  spec::ContainerConfig& config) {
  if (run.security != "insecure") return;
  if (!context.options.entitlements.contains("security.insecure"))
    language::fail_at(*instruction.source, instruction.position,
                      "RUN --security=insecure: the build was not allowed to run without protection",
                      "allow it for this build: lichen build --allow security.insecure");
  config.privileged = true;
}

// RUN --device=NAME[,required]: by a description of the host (CDI). One that is not required may be missing.
void set_devices(const StepContext& context, const Instruction& instruction, const StageState& state,
                 const language::Run& run, spec::ContainerConfig& config) {
  for (const auto& written : run.devices) {
    const auto fields = split(expand_word(written, instruction, state, context.escape), ',');
    const auto fail = [&](const std::string& why, const std::string& hint) {
      language::fail_at(*instruction.source, written.position, why, hint);
    };
    const bool is_required = fields.size() == 2 && fields[1] == "required";
    if (fields.size() > 2 || (fields.size() == 2 && !is_required) || !spec::looks_like_cdi_name(fields[0]))
      fail(format("RUN --device={}: it is vendor.com/class=name, and perhaps ,required", written.text), "");
    if (!context.options.entitlements.contains("device") &&
        !context.options.entitlements.contains("device=" + fields[0]))
      fail(format("RUN --device={}: the build was not allowed this device", fields[0]),
           format("allow it for this build: lichen build --allow device={}", fields[0]));
    spec::ContainerConfig one;
    one.device_requests.push_back({.driver = "cdi", .ids = {spec::parse_cdi_name(fields[0]).str()}});
    try {
      engine::find_device_edits(context.engine, one);
      config.device_requests.push_back(std::move(one.device_requests[0]));
    } catch (const Error& error) {
      if (is_required || error.kind() != ErrorKind::not_found) fail(error.what(), error.hint());
    }
  }
}

}  // namespace

FileStep make_run_step(const StepContext& context, const Instruction& instruction, const StageState& state) {
  const auto& run = std::get<language::Run>(instruction.body);
  FileStep step;
  RunWork work{context.engine, context.driver, context.options.container, {}, "", nullptr, state.stack};
  work.config.command = run.is_script_file ? std::vector<std::string>{kScript} : command_words(run.command, state);
  if (run.is_script_file) work.script = run.heredocs.at(0).body;
  work.config.env = run_environment(state, context.scope, /*with_proxies=*/true);
  work.config.user = state.config.user;
  work.config.working_dir = state.config.working_dir.empty() ? "/" : state.config.working_dir;
  work.config.hostname = "lichen-build";
  set_security(context, instruction, run, work.config);
  set_devices(context, instruction, state, run, work.config);
  const std::string mode = network_mode(context, instruction, run);
  if (mode != "default") work.config.network.mode = mode;  // what lichen sets in a network of its own is not the host's

  step.created_by = "RUN " + (run.command.is_shell ? [&] {
    std::string text;
    for (const auto& word : work.config.command) text += (text.empty() ? "" : " ") + word;
    return text;
  }() : instruction.text.substr(std::min<std::size_t>(instruction.text.size(), 4)));
  step.key.add("kind", "RUN");
  step.key.add("word", work.config.command);
  step.key.add("script", work.script);
  step.key.add("env", run_environment(state, context.scope, /*with_proxies=*/false));
  step.key.add("user", work.config.user);
  step.key.add("directory", work.config.working_dir);
  step.key.add("network", mode == "default" ? spec::format_network_option(work.config.network) : mode);
  for (const auto& [name, address] : work.config.network.extra_hosts) step.key.add("host", name + ":" + address);
  step.key.add("cap-add", work.config.cap_add);
  step.key.add("cap-drop", work.config.cap_drop);
  for (const auto& mount : work.config.mounts) step.key.add("volume", mount.source + ":" + mount.destination);
  step.key.add("security", run.security);
  for (const auto& device : work.config.devices) step.key.add("device", device.host_path);
  for (const auto& request : work.config.device_requests) step.key.add("device", request.ids);
  MountPlanner planner(context, instruction, state, step);
  for (const auto& mount : run.mounts) work.mounts.push_back(planner.plan(mount));
  // The network is made when the step is done, not when it is only looked up.
  step.prepare = [network = context.network, mode, work = std::make_shared<RunWork>(std::move(work))](FileStep& self) {
    work->network = network(mode);
    self.work = [work](const StepPlace& place) { return Runner(*work, place).run(); };
  };
  return step;
}

}  // namespace lichen::buildah
