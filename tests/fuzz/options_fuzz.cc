// links: spec base
// The small languages of run's flags. The first byte chooses one, so that one corpus serves all.
#include "libpod/spec/mounts.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/ports.hh"
#include "libpod/spec/resources.hh"
#include "libpod/spec/user_spec.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;

void parse_one(unsigned choice, std::string_view text) {
  switch (choice % 14) {
    case 0:
      spec::parse_volume_option(text);
      break;
    case 1:
      spec::parse_mount_option(text);
      break;
    case 2:
      spec::parse_tmpfs_option(text);
      break;
    case 3:
      spec::parse_port_option(text);
      break;
    case 4:
      spec::parse_expose_option(text);
      break;
    case 5:
      spec::parse_restart_policy(text);
      break;
    case 6:
      spec::parse_sysctl_option(text);
      break;
    case 7:
      spec::parse_add_host(text);
      break;
    case 8:
      spec::parse_detach_keys(text);
      break;
    case 9:
      spec::parse_userns(text);
      break;
    case 10:
      spec::parse_ulimit_option(text);
      break;
    case 11:
      spec::parse_cpus_option(text);
      break;
    case 12:
      spec::parse_network_option(text);
      break;
    default:
      spec::parse_cpuset_option(text, "cpuset-cpus");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  lichen::fuzz::refuse_or_accept([&] { parse_one(data[0], lichen::fuzz::as_text(data + 1, size - 1)); });
  return 0;
}
