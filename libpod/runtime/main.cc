// lichen-oci: one command, one function, one place where errors become text and exit codes.
#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/runtime/commands.hh"
#include "libpod/runtime/handshake.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/runtime_cli.hh"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

using Command = int (*)(const Options&);

struct Row {
  std::string_view name;
  Command command;
  bool starts_program;  // the container's processes come near our own file: it must be read-only (C02)
};

constexpr Row kCommands[] = {
    {"create", create_command, true},      {"run", run_command, true},        {"exec", exec_command, true},
    {"start", start_command, false},       {"state", state_command, false},   {"kill", kill_command, false},
    {"delete", delete_command, false},     {"list", list_command, false},     {"ps", ps_command, false},
    {"pause", pause_command, false},       {"resume", resume_command, false}, {"update", update_command, false},
    {"features", features_command, false}, {"spec", spec_command, false},
};

std::string default_root() {
  if (const char* runtime_dir = ::getenv("XDG_RUNTIME_DIR"); runtime_dir != nullptr && runtime_dir[0] == '/')
    return std::string(runtime_dir) + "/lichen-oci";
  if (::geteuid() == 0) return "/run/lichen-oci";
  return format("/run/user/{}/lichen-oci", ::geteuid());
}

// Descriptors that the caller left open go neither to hooks nor to our helpers; those for the container are passed on
// at the end.
void close_on_exec_all() { ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); }

// 0, 1 and 2 must be something, or the first file that we open becomes a standard stream of the container.
void fill_standard_streams() {
  struct stat info {};
  for (int fd = 0; fd <= 2; ++fd)
    // NOLINTNEXTLINE(android-cloexec-open): a standard stream is for the programs that we execute, too
    if (::fstat(fd, &info) != 0 && ::open("/dev/null", O_RDWR) != fd) ::_exit(wire::kExitOurError);
}

// Runs from a copy that nobody can write. The mark in the environment ends the loop when even the copy does not look
// right.
void run_readonly(char** argv) {
  constexpr const char* kMark = "_LICHEN_OCI_READONLY";
  if (sys::runs_from_readonly_program()) {
    ::unsetenv(kMark);
    return;
  }
  if (::getenv(kMark) != nullptr)
    throw_error(ErrorKind::system, "run from a read-only copy of ourselves: it is still writable");
  const sys::UniqueFd program = sys::open_program_readonly("/proc/self/exe");
  ::setenv(kMark, "1", 1);
  sys::execute_while_busy([&] { ::syscall(SYS_execveat, program.get(), "", argv, environ, AT_EMPTY_PATH); });
  throw_errno("run from a read-only copy of ourselves");
}

// --log, opened while the host's files are seen: `exec` finds out what is wrong when it is in the container's mount
// namespace already. Above the descriptors that the program keeps (--preserve-fds).
sys::UniqueFd log_file;

void open_log(const Options& options) {
  if (options.log.empty()) return;
  const sys::UniqueFd file(::open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (file) log_file.reset(::fcntl(file.get(), F_DUPFD_CLOEXEC, 3 + options.preserve_fds));
}

void write_log(const Options& options, const Error& error) {
  if (!log_file) open_log(options);  // it went wrong before
  if (!log_file) return;
  std::string line;
  if (options.log_format == "json") {
    Json json;
    json["msg"] = error.what();
    json["level"] = "error";
    json["time"] = to_rfc3339(now());
    json["kind"] = to_string(error.kind());
    if (!error.hint().empty()) json["hint"] = error.hint();
    line = dump_json(json) + "\n";
  } else {
    line = format("lichen-oci: error: {}\n", printable(error.what()));
    if (!error.hint().empty()) line += format("hint: {}\n", printable(error.hint()));
  }
  sys::write_all(log_file.get(), line, options.log);
}

int report(const Options& options, const Error& error) {
  std::string text = format("lichen-oci: error: {}\n", printable(error.what()));
  if (!error.hint().empty()) text += format("hint: {}\n", printable(error.hint()));
  raw_log(text.c_str());
  try {
    if (!options.log.empty()) write_log(options, error);
  } catch (const Error&) {
    // It is on standard error.
  }
  const bool runs_programs = options.command == "create" || options.command == "start" || options.command == "run" ||
                             options.command == "exec";
  if (error.kind() == ErrorKind::usage || runs_programs) return exit_code_of(error);
  return 1;
}

int dispatch(Options& options, char** argv) {
  if (options.version) {
    sys::write_all(STDOUT_FILENO, "lichen-oci version " LICHEN_VERSION "\nspec: 1.2.0\n+SECCOMP\n", "standard output");
    return 0;
  }
  if (options.help) {
    sys::write_all(STDOUT_FILENO, help_text(options.command), "standard output");
    return 0;
  }
  if (options.debug) set_log_level(LogLevel::debug);
  if (options.root.empty()) options.root = default_root();
  for (const auto& row : kCommands) {
    if (row.name != options.command) continue;
    if (row.starts_program) run_readonly(argv);
    close_on_exec_all();
    open_log(options);
    return row.command(options);
  }
  throw_error(ErrorKind::internal, "command '{}' has no function", options.command);
}

}  // namespace

int run_main(int argc, char** argv) {
  Options options;
  ::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write(2), not our death
  try {
    fill_standard_streams();
    options = parse_options({argv + 1, argv + argc});
    return dispatch(options, argv);
  } catch (const Error& error) {
    return report(options, error);
  } catch (const std::exception& error) {
    return report(options, Error(ErrorKind::internal, error.what()));
  }
}

}  // namespace lichen::runtime

int main(int argc, char** argv) { return lichen::runtime::run_main(argc, argv); }
