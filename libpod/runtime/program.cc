#include "libpod/runtime/program.hh"

#include <algorithm>
#include <map>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/handshake.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/runtime_cli.hh"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

[[noreturn]] void not_found(const std::string& name) {
  if (name.find('/') != std::string::npos)
    throw StartError(ErrorKind::not_found, format("exec: \"{}\": stat {}: no such file or directory", name, name),
                     wire::kExitNotFound, ENOENT);
  throw StartError(ErrorKind::not_found, format("exec: \"{}\": executable file not found in $PATH", name),
                   wire::kExitNotFound, ENOENT);
}

[[noreturn]] void not_executable(const std::string& name, int error_number) {
  std::string cause = error_number == EISDIR ? "is a directory" : to_lower(errno_text(error_number));
  throw StartError(ErrorKind::permission, format("exec: \"{}\": {}", name, cause), wire::kExitCannotExecute,
                   error_number);
}

// 0, or why not.
int check_executable(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return errno;
  if (S_ISDIR(info.st_mode)) return EISDIR;
  return S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0 ? 0 : EACCES;
}

std::string_view value_of(const std::vector<std::string>& env, std::string_view name) {
  for (const auto& entry : env)
    if (entry.size() > name.size() && entry.compare(0, name.size(), name) == 0 && entry[name.size()] == '=')
      return std::string_view(entry).substr(name.size() + 1);
  return {};
}

// Home of `uid` in the container's /etc/passwd, which the image controls: a regular file, read at most 1 MiB (C14).
std::string home_of(std::uint32_t uid) {
  const sys::UniqueFd file(::open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return "/";
  std::string text(static_cast<std::size_t>(std::min<off_t>(info.st_size, 1 << 20)), '\0');
  const ssize_t count = ::read(file.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  for (const auto& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() >= 7 && parse_uint(fields[2]) == uid && fields[5].starts_with('/') &&
        fields[5].find('\0') == std::string::npos)
      return fields[5];
  }
  return "/";
}

// Ignored and blocked signals survive execve: the program begins with none.
void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::vector<std::string> final_environment(const spec::OciProcess& process) {
  std::vector<std::string> env;
  std::map<std::string, std::size_t, std::less<>> places;
  for (const auto& entry : process.env) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) {
      env.push_back(entry);
      continue;
    }
    const auto [place, fresh] = places.emplace(entry.substr(0, equals), env.size());
    if (fresh) {
      env.push_back(entry);
    } else {
      env[place->second] = entry;
    }
  }
  if (!places.contains("HOME")) env.push_back("HOME=" + home_of(process.user.uid));
  return env;
}

std::string find_program(const spec::OciProcess& process, const std::vector<std::string>& env) {
  if (process.args.empty()) throw_error(ErrorKind::invalid, "process.args is empty: there is nothing to run");
  const std::string& name = process.args[0];
  if (name.empty()) not_found(name);
  if (name.find('/') != std::string::npos) {
    const int why = check_executable(name);
    if (why == ENOENT || why == ENOTDIR) not_found(name);
    if (why != 0) not_executable(name, why);
    return name;
  }
  const std::string_view from_env = value_of(env, "PATH");
  int why_not = 0;
  for (const auto& directory : split(from_env.empty() ? kDefaultPath : from_env, ':')) {
    std::string path = (directory.empty() ? "." : directory) + "/" + name;
    const int why = check_executable(path);
    if (why == 0) return path;
    if (why == EACCES) why_not = why;
  }
  if (why_not != 0) not_executable(name, why_not);
  not_found(name);
}

void enter_working_directory(const std::string& cwd) {
  if (!cwd.starts_with('/')) throw_error(ErrorKind::invalid, "process.cwd '{}': it must be absolute", cwd);
  if (::chdir(cwd.c_str()) != 0) {
    const int saved = errno;
    throw StartError(saved == ENOENT || saved == ENOTDIR ? ErrorKind::not_found : ErrorKind::permission,
                     format("chdir to cwd (\"{}\") set in config.json failed: {}", cwd, to_lower(errno_text(saved))),
                     saved == ENOENT || saved == ENOTDIR ? wire::kExitNotFound : wire::kExitCannotExecute, saved);
  }
  // The system call and not the library's function: glibc hides "(unreachable)".
  char here[PATH_MAX];
  if (::syscall(SYS_getcwd, here, sizeof here) <= 0 || here[0] != '/')
    throw StartError(ErrorKind::permission, format("process.cwd '{}': it leads out of the container", cwd),
                     wire::kExitCannotExecute);
}

void execute(const std::string& program, const std::vector<std::string>& args, const std::vector<std::string>& env) {
  const auto argv = pointers(args), envp = pointers(env);
  reset_signals();
  ::execve(program.c_str(), argv.data(), envp.data());
  const int saved = errno;
  if (saved == ENOENT || saved == ENOTDIR) {
    // The file was found before: its interpreter is missing.
    throw StartError(ErrorKind::not_found, format("exec: \"{}\": {}", args[0], to_lower(errno_text(saved))),
                     wire::kExitNotFound, saved);
  }
  not_executable(args[0], saved);
}

void close_all_but(int preserve, std::vector<int> keep) {
  std::sort(keep.begin(), keep.end());
  unsigned next = 3 + static_cast<unsigned>(preserve);
  for (const int fd : keep) {
    const auto number = static_cast<unsigned>(fd);
    if (fd < 0 || number < next) continue;
    if (number > next) ::close_range(next, number - 1, 0);
    next = number + 1;
  }
  ::close_range(next, ~0U, 0);
}

int close_other_descriptors(int preserve, int keep) {
  const int place = 3 + preserve;
  if (keep != place) {
    if (::dup3(keep, place, O_CLOEXEC) < 0) throw_errno("move a descriptor");
  }
  if (::close_range(static_cast<unsigned>(place) + 1, ~0U, 0) != 0) throw_errno("close descriptors");
  for (int fd = 3; fd < place; ++fd) sys::set_cloexec(fd, false);
  return place;
}

}  // namespace lichen::runtime
