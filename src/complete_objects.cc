// What completion knows about the world: closed lists from the kernel here, objects from the stores.
#include "libpod/base/strings.hh"
#include "libpod/spec/capabilities.hh"
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

}  // namespace

std::vector<std::string> complete_objects(CompletionKind kind) {
  switch (kind) {
    case CompletionKind::signal:
      return split(kSignals, ' ');
    case CompletionKind::capability:
      return capability_names();
    default:
      return {};  // containers, images and volumes: none are known without the stores
  }
}

}  // namespace lichen::cli
