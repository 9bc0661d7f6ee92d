#include "libpod/engine/engine.hh"

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/runtime_dir.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/process.hh"

namespace lichen::engine {
namespace {

store::Paths make_paths(const Settings& settings, const Environment& environment) {
  const std::string run = find_runtime_dir(settings.root, settings.run_root, environment.xdg_runtime_dir);
  return {settings.root, run, sys::boot_id()};
}

}  // namespace

Engine::Engine(Settings given, Environment captured)
    : settings(std::move(given)),
      environment(std::move(captured)),
      paths(make_paths(settings, environment)),
      containers(paths),
      images(paths),
      layers(paths),
      lists(paths),
      volumes(paths),
      secrets(paths),
      networks(paths),
      pods(paths),
      program_dir_(sys::program_directory()) {
  // Kills and power cuts leave crumbs that nobody stumbles over; looking for them at each command would cost more.
  if (!paths.make()) return;
  containers.sweep_names();
  images.sweep_temporaries();
}

void Engine::enter_userns() {
  if (member_) return;
  member_ = engine::enter_userns(paths);
  store::sweep_staging(paths);
  containers.sweep_unfinished();
}

std::string Engine::program(const std::string& name) const {
  for (const auto& path : {program_dir_ + "/" + name, parent_path(program_dir_) + "/libexec/lichen/" + name})
    if (sys::exists(path)) return path;
  throw Error(ErrorKind::not_found, format("find the program '{}' beside '{}/lichen'", name, program_dir_))
      .with_hint("install all of lichen's programs together: cmake --install build");
}

std::string Engine::runtime_path(const std::string& wanted) const {
  const std::string& name = wanted.empty() ? settings.runtime : wanted;
  if (name.empty() || name == "lichen-oci") return program("lichen-oci");
  if (name.starts_with('/')) {
    if (!sys::exists(name)) throw_error(ErrorKind::not_found, "find the OCI runtime '{}': no such file", name);
    return name;
  }
  // Only from system directories: PATH may lead into places that others can write (C42).
  if (name.find('/') == std::string::npos)
    for (const char* directory : {"/usr/local/bin/", "/usr/local/sbin/", "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"})
      if (sys::exists(directory + name)) return directory + name;
  throw Error(ErrorKind::not_found, format("find the OCI runtime '{}'", name))
      .with_hint("give its absolute path with --runtime");
}

std::vector<std::string> Engine::runtime_arguments(const std::string& runtime) const {
  if (base_name(runtime) == "lichen-oci") return {"--seccomp-cache", paths.cache() + "/seccomp"};
  return {};
}

store::Paths existing_paths(const GlobalSettings& global, const Environment& environment) {
  const auto settings = load_settings(global, environment);
  // Without the pointer nothing has run yet: the path is one where nothing is.
  const std::string pointer = settings.root + "/run";
  const std::string run = settings.run_root.empty() ? sys::read_link(pointer).value_or(pointer) : settings.run_root;
  return {settings.root, run, sys::boot_id()};
}

}  // namespace lichen::engine
