// lichen-hub DIRECTORY USERNS-MEMBERS USERNS-LOCK READY-FD rules|no-rules: keeps a user's bridge networks (hub.hh).
// Started by lichen in U0, never by hand. READY-FD is closed as soon as the socket listens, which is before the
// namespace is there: clients wait in its queue.
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/hub/hub.hh"
#include "libpod/hub/hub_namespace.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace lichen;

constexpr std::chrono::seconds kTakeOver{10};

void leave_callers_streams() {
  const sys::UniqueFd null = sys::open_path("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) ::dup2(null.get(), fd);
  if (::chdir("/") != 0) throw_errno("change to directory '/'");
}

int run(const std::string& directory, const std::string& userns_members, const std::string& userns_lock,
        sys::UniqueFd ready, bool has_rules) {
  sys::make_directories(directory + "/members", 0700);
  // One that ends holds it until its children are gone.
  auto lock = sys::wait_lock(directory + "/lock", sys::LockMode::exclusive, kTakeOver, /*create=*/true);
  hub::Holdings holdings{
      directory, userns_members, userns_lock, lock.release(), sys::listen_unix(directory + "/hub.sock", SOCK_SEQPACKET),
      {},        has_rules};
  leave_callers_streams();
  ready.reset();
  holdings.netns = hub::make_hub_namespace(has_rules);
  hub::Hub(holdings).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  try {
    const auto ready = argc == 6 ? lichen::parse_uint(argv[4]) : std::nullopt;
    if (!ready || *ready < 3 || argv[1][0] != '/')
      throw lichen::Error(lichen::ErrorKind::usage,
                          "usage: lichen-hub DIRECTORY USERNS-MEMBERS USERNS-LOCK READY-FD rules|no-rules");
    return run(argv[1], argv[2], argv[3], lichen::sys::UniqueFd(static_cast<int>(*ready)),
               argv[5] != std::string_view("no-rules"));
  } catch (const lichen::Error& error) {
    const std::string text = std::string("lichen-hub: ") + error.what() + "\n";
    [[maybe_unused]] const auto written = ::write(2, text.data(), text.size());
    return 1;
  }
}
