#include "conmon/runtime.hh"

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"

#include <fcntl.h>

namespace lichen::conmon {
namespace {

constexpr std::string_view kNotExecutable = "not_executable";
constexpr std::string_view kNotFoundExecutable = "not_found_executable";

// crun and runc tell a program that cannot be executed only by their words.
std::string foreign_kind(std::string_view text) {
  const auto has = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
  if (has("executable file") && has("not found")) return std::string(kNotFoundExecutable);
  if (has("exec") && has("o such file or directory")) return std::string(kNotFoundExecutable);
  if (has("exec") && (has("ermission denied") || has("xec format error") || has("s a directory")))
    return std::string(kNotExecutable);
  return "system";
}

void take_plain_line(RuntimeFailure& failure, std::string_view line) {
  if (line.starts_with("hint: ")) {
    failure.hint = line.substr(6);
    return;
  }
  for (const std::string_view prefix : {"lichen-oci: ", "error: "})
    if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
  failure.text = line;
}

void take_json_line(RuntimeFailure& failure, std::string_view line) {
  const Json json = parse_json(line, "runtime log");
  const JsonView view(json, "runtime log");
  const std::string level = view.get_string("level", "error");
  if (level != "error" && level != "fatal") return;
  failure = {view.get_string("kind"), view.get_string("msg"), view.get_string("hint")};
}

}  // namespace

RuntimeFailure parse_runtime_log(std::string_view log, int exit_code, bool is_ours) {
  RuntimeFailure failure;
  for (const auto& line : split(log, '\n')) {
    if (trim(line).empty()) continue;
    try {
      if (line.front() == '{') {
        take_json_line(failure, line);
      } else {
        take_plain_line(failure, line);
      }
    } catch (const Error&) {
      failure.text = line;
    }
  }
  if (is_ours && exit_code == 127) failure.kind = kNotFoundExecutable;
  if (is_ours && exit_code == 126) failure.kind = kNotExecutable;
  if (failure.kind.empty()) failure.kind = is_ours ? "system" : foreign_kind(failure.text);
  return failure;
}

void Runtime::call(const std::string& verb, const std::vector<std::string>& args, std::vector<std::pair<int, int>> fds,
                   Done done) {
  execute(verb, args, std::move(fds),
          [this, verb, done = std::move(done)](const sys::ExitStatus& status, std::optional<RuntimeFailure> failure) {
            if (status.code != 0 && !failure) failure = silent_failure(verb, status);
            done(status.code == 0 ? std::nullopt : failure);
          });
}

pid_t Runtime::execute(const std::string& verb, const std::vector<std::string>& args,
                       std::vector<std::pair<int, int>> fds, Ended ended) {
  const std::string log = config_.run_dir + "/runtime-" + std::to_string(++calls_) + ".log";
  sys::SpawnOptions options;
  options.program = config_.runtime;
  options.argv = {config_.runtime};
  if (!config_.runtime_root.empty()) options.argv.insert(options.argv.end(), {"--root", config_.runtime_root});
  options.argv.insert(options.argv.end(), {"--log", log, "--log-format", "json"});
  options.argv.insert(options.argv.end(), config_.runtime_args.begin(), config_.runtime_args.end());
  options.argv.push_back(verb);
  options.argv.insert(options.argv.end(), args.begin(), args.end());
  sys::UniqueFd null;
  if (fds.empty()) {
    null = sys::open_path("/dev/null", O_RDWR);
    fds = {{null.get(), 0}, {null.get(), 1}, {null.get(), 2}};
  }
  options.fds = std::move(fds);
  // Executed where nobody can write to it (CVE-2019-5736); ours would else do that itself by executing itself again.
  sys::UniqueFd program;
  if (config_.runtime_is_ours) {
    program = sys::open_program_readonly(config_.runtime);
    options.program_fd = program.get();
  }
  sys::Pid child = sys::spawn(options);
  ++running_;
  const pid_t pid = child.release();
  children_.expect(pid, [this, log, ended = std::move(ended)](sys::ExitStatus status) {
    --running_;
    const auto failed = logged_failure(status, log);
    sys::remove_file(log);
    ended(status, failed);
  });
  return pid;
}

std::optional<RuntimeFailure> Runtime::logged_failure(const sys::ExitStatus& status, const std::string& log) const {
  if (status.code == 0) return std::nullopt;
  std::string text;
  try {
    text = sys::read_file_if_exists(log).value_or("");
  } catch (const Error&) {
  }
  RuntimeFailure failed = parse_runtime_log(text, status.code, config_.runtime_is_ours);
  if (failed.text.empty()) return std::nullopt;
  return failed;
}

// It failed without a word in its log.
RuntimeFailure Runtime::silent_failure(const std::string& verb, const sys::ExitStatus& status) const {
  RuntimeFailure failed = parse_runtime_log("", status.code, config_.runtime_is_ours);
  failed.text = status.signal != 0
                    ? format("runtime '{}' {}: killed by signal {}", base_name(config_.runtime), verb, status.signal)
                    : format("runtime '{}' {}: exit code {}", base_name(config_.runtime), verb, status.code);
  return failed;
}

}  // namespace lichen::conmon
