// `features` (OCI features.md): what this program understands, not what the machine allows.
#include "libpod/runtime/commands.hh"

#include "libpod/base/json.hh"
#include "libpod/runtime/mount_options.hh"
#include "libpod/runtime/seccomp.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"

#include <unistd.h>

namespace lichen::runtime {

int features_command(const Options&) {
  Json features;
  features["ociVersionMin"] = "1.0.0";
  features["ociVersionMax"] = spec::kOciVersion;
  features["hooks"] = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};
  features["mountOptions"] = known_mount_options();
  Json& linux = features["linux"];
  for (const auto& kind : sys::namespace_kinds()) linux["namespaces"].push_back(kind.oci_type);
  for (const auto name : spec::all_capabilities()) linux["capabilities"].push_back(name);
  linux["cgroup"] = {{"v1", false}, {"v2", true}, {"systemd", false}, {"systemdUser", false}, {"rdma", false}};
  Json& seccomp = linux["seccomp"];
  seccomp["enabled"] = true;
  seccomp["actions"] = seccomp_actions();
  seccomp["operators"] = seccomp_operators();
  seccomp["archs"] = seccomp_architectures();
  seccomp["knownFlags"] = seccomp["supportedFlags"] = seccomp_flags();
  linux["apparmor"]["enabled"] = true;
  linux["selinux"]["enabled"] = true;
  linux["intelRdt"]["enabled"] = false;
  linux["mountExtensions"]["idmap"]["enabled"] = true;
  features["annotations"] = Json::object();
  sys::write_all(STDOUT_FILENO, dump_json_pretty(features), "standard output");
  return 0;
}

}  // namespace lichen::runtime
