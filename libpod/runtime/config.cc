#include "libpod/runtime/config.hh"

#include <algorithm>
#include <array>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"

#include <limits.h>
#include <stdlib.h>

namespace lichen::runtime {
namespace {

std::string absolute(const std::string& path) {
  std::array<char, PATH_MAX> buffer;
  if (::realpath(path.c_str(), buffer.data()) == nullptr) throw_errno("find '{}'", path);
  return buffer.data();
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

void validate_process(const spec::OciProcess& process) {
  if (process.args.empty()) throw_error(ErrorKind::invalid, "process.args: it must have at least one entry");
  if (!process.cwd.starts_with('/'))
    throw_error(ErrorKind::invalid, "process.cwd '{}': it must be absolute", process.cwd);
  // execve(2) would cut them off: what runs would differ from what was checked.
  if (std::any_of(process.args.begin(), process.args.end(), has_nul))
    throw_error(ErrorKind::invalid, "process.args: an argument holds a NUL byte");
  if (std::any_of(process.env.begin(), process.env.end(), has_nul))
    throw_error(ErrorKind::invalid, "process.env: an entry holds a NUL byte");
}

void validate_namespaces(const spec::OciLinux& linux) {
  std::set<std::string> seen;
  for (const auto& entry : linux.namespaces) {
    if (sys::find_namespace_kind(entry.type) == nullptr)
      throw_error(ErrorKind::invalid, "linux.namespaces: '{}' is not a type", entry.type);
    if (!seen.insert(entry.type).second)
      throw_error(ErrorKind::invalid, "linux.namespaces: '{}' is there twice", entry.type);
  }
  if (!seen.contains("mount"))
    throw Error(ErrorKind::unsupported, "linux.namespaces: there is no mount namespace")
        .with_hint("a container needs one of its own");
  const auto user = std::find_if(linux.namespaces.begin(), linux.namespaces.end(),
                                 [](const auto& entry) { return entry.type == "user"; });
  const bool new_user = user != linux.namespaces.end() && user->path.empty();
  if (new_user && (linux.uid_mappings.empty() || linux.gid_mappings.empty()))
    throw_error(ErrorKind::invalid, "linux.uidMappings and linux.gidMappings are needed for a new user namespace");
}

}  // namespace

Config read_bundle(const std::string& bundle) {
  Config config;
  config.bundle = absolute(bundle);
  const std::string path = config.bundle + "/config.json";
  config.text = sys::read_file(path);
  JsonLimits limits;
  limits.max_bytes = sys::kSmallFile;
  config.spec = spec::oci_spec_from_json(parse_json(config.text, path, limits), "config.json");
  validate(config.spec);
  const std::string& root = config.spec.root->path;
  config.rootfs = absolute(root.starts_with('/') ? root : config.bundle + "/" + root);
  return config;
}

spec::OciSpec read_copy(const std::string& container_dir) {
  const std::string path = container_dir + "/config.json";
  JsonLimits limits;
  limits.max_bytes = sys::kSmallFile;
  return spec::oci_spec_from_json(parse_json(sys::read_file(path), path, limits), path);
}

void save_copy(const std::string& container_dir, const std::string& text) {
  sys::write_file(container_dir + "/config.json", text, 0600);
}

void validate(const spec::OciSpec& spec) {
  if (!spec.root || spec.root->path.empty()) throw_error(ErrorKind::invalid, "config.json: root.path is missing");
  if (!spec.process) throw_error(ErrorKind::invalid, "config.json: process is missing");
  if (!spec.linux_) throw_error(ErrorKind::invalid, "config.json: linux is missing");
  validate_process(*spec.process);
  validate_namespaces(*spec.linux_);
  if (!spec.linux_->mount_label.empty())
    throw_error(ErrorKind::unsupported, "linux.mountLabel: lichen-oci does not label mounts");
  if (!spec.linux_->intel_rdt.is_null())
    throw_error(ErrorKind::unsupported, "linux.intelRdt: lichen-oci does not set it");
  for (const auto& mount : spec.mounts)
    if (mount.destination.empty() || has_nul(mount.destination) || has_nul(mount.source))
      throw_error(ErrorKind::invalid, "mounts: '{}' is not a destination", mount.destination);
}

}  // namespace lichen::runtime
