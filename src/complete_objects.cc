// What completion knows about the world: closed lists from the kernel, and the names in the stores.
//
// A key press must not have effects, so the stores are only looked at: no folder is made, no user namespace entered, no
// record read (names are links and files, and a monitor's lock says what runs), and whatever goes wrong is an empty
// list.
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/engine.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/settings.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/store/container_store.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/network_store.hh"
#include "libpod/store/pod_store.hh"
#include "libpod/store/secret_store.hh"
#include "libpod/store/volume_store.hh"
#include "src/completion.hh"

namespace lichen::cli {
namespace {

constexpr std::string_view kSignals =
    "HUP INT QUIT ABRT KILL USR1 USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG WINCH IO PWR SYS RTMIN RTMAX";

std::vector<std::string> capability_names() {
  std::vector<std::string> names = {"ALL"};
  for (const auto name : spec::all_capabilities()) names.emplace_back(name);
  return names;
}

std::vector<std::string> container_names(const store::ContainerStore& containers, CompletionKind kind) {
  std::vector<std::string> names;
  for (const auto& [name, id] : containers.names())
    if (kind == CompletionKind::container ||
        containers.is_monitor_alive(id) == (kind == CompletionKind::running_container))
      names.push_back(name);
  return names;
}

// As people type them: without the default registry.
std::vector<std::string> image_names(const store::ImageStore& images) {
  std::vector<std::string> names;
  for (const auto& ref : images.refs()) names.push_back(engine::familiar(ref.name));
  return names;
}

std::vector<std::string> stored_names(const GlobalOptions& global, CompletionKind kind) {
  const store::Paths paths = engine::existing_paths(
      {.root = global.root.value_or(""), .run_root = global.runroot.value_or("")}, engine::Environment::capture());
  using enum CompletionKind;
  if (kind == image) return image_names(store::ImageStore(paths));
  if (kind == network) return store::NetworkStore(paths).list();
  if (kind == pod) {
    std::vector<std::string> names;
    for (const auto& [name, id] : store::PodStore(paths).names()) names.push_back(name);
    return names;
  }
  if (kind == secret) return store::SecretStore(paths).list();
  if (kind == volume) return store::VolumeStore(paths).list();
  return container_names(store::ContainerStore(paths), kind);
}

}  // namespace

std::vector<std::string> complete_objects(const GlobalOptions& global, CompletionKind kind) {
  using enum CompletionKind;
  switch (kind) {
    case signal:
      return split(kSignals, ' ');
    case capability:
      return capability_names();
    case container:
    case running_container:
    case stopped_container:
    case image:
    case volume:
    case network:
    case pod:
    case secret:
      try {
        return stored_names(global, kind);
      } catch (const Error&) {
        return {};
      }
    default:
      return {};
  }
}

}  // namespace lichen::cli
