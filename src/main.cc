// The process around the commands: descriptors and signals as they must be, and the only catch-all.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "libpod/base/error.hh"
#include "src/dispatch.hh"
#include "src/exit_code.hh"
#include "src/report.hh"

namespace {

// A process may be started with 0, 1 or 2 closed; the first file that it opens would then become its standard error,
// and an error message would go into a layer or a record.
void open_missing_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    // open(2) gives the lowest free number, which is fd: lower ones are open by now. Not CLOEXEC: children inherit 0
    // to 2.
    if (::open("/dev/null", O_RDWR) != fd) ::_exit(lichen::cli::kExitOurError);  // NOLINT(android-cloexec-open)
  }
}

// `lichen ps | head -1` must end quietly. A parent may have set SIGPIPE to "ignore", which is inherited (Python does
// it).
void restore_sigpipe() { ::signal(SIGPIPE, SIG_DFL); }

int run(int argc, char** argv) {
  try {
    return lichen::cli::dispatch(std::vector<std::string>(argv, argv + argc));
  } catch (const lichen::Error& error) {
    lichen::cli::report(error);
    return lichen::cli::exit_code_of(error);
  } catch (const std::exception& error) {
    lichen::cli::report(lichen::Error(lichen::ErrorKind::internal, std::string("internal error: ") + error.what()));
    return lichen::cli::kExitOurError;
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_missing_standard_descriptors();
  restore_sigpipe();
  const int code = run(argc, argv);
  std::fflush(stdout);
  return code;
}
