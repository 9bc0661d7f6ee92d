#include "buildah/git_program.hh"

#include <algorithm>

#include "buildah/language/remote.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/clone.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20, kKeptWords = 4096;
constexpr std::size_t kShownLines = 6;
constexpr rlim_t kSpaceReserve = rlim_t{64} << 20;  // as unpacking leaves free

// What of the user's environment has a meaning for the way to the server, and can start nothing.
constexpr std::string_view kTaken[] = {"PATH",         "http_proxy",     "https_proxy",   "no_proxy",  "all_proxy",
                                       "HTTP_PROXY",   "HTTPS_PROXY",    "NO_PROXY",      "ALL_PROXY", "SSL_CERT_FILE",
                                       "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"};

// A repository on https leads to no plain http: not by a redirect, and not by a submodule.
std::string protocols(const std::string& scheme) {
  return scheme == "https" || scheme == "ssh" ? "https:ssh" : "http:https:git:ssh";
}

std::string ssh_command(const GitAccess& access) {
  // No configuration, so no ProxyCommand; a host that is not known is refused and not learned.
  std::string command = "ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no";
  // ssh splits the value at spaces, unless it is quoted for ssh too.
  command += " -o " + shell_quote(format("UserKnownHostsFile=\"{}/.ssh/known_hosts\"", access.home));
  if (access.agent.empty()) command += " -o IdentityAgent=none";
  return command;
}

void add_settings(const GitAccess& access, std::vector<std::string>& environment) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"core.hooksPath", "/dev/null"},
      {"core.fsmonitor", "false"},
      {"core.logAllRefUpdates", "false"},
      {"credential.helper", ""},
      {"gc.auto", "0"},
      {"maintenance.auto", "false"},
      {"advice.detachedHead", "false"},
      {"init.defaultBranch", "main"},
      {"http.lowSpeedLimit", "1"},
      {"http.lowSpeedTime", "60"},
      {"http.sslVerify", access.verifies_tls ? "true" : "false"},
      {"submodule.fetchJobs", "1"}};
  if (!access.authorization.empty())
    settings.emplace_back("http." + access.server + ".extraHeader", "Authorization: " + access.authorization);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    environment.push_back(format("GIT_CONFIG_KEY_{}={}", i, settings[i].first));
    environment.push_back(format("GIT_CONFIG_VALUE_{}={}", i, settings[i].second));
  }
  environment.push_back(format("GIT_CONFIG_COUNT={}", settings.size()));
}

// In the child: an endless repository ends when the disk is nearly full, with a word about it.
void limit_files(const std::string& directory) {
  ::umask(022);
  struct statvfs info {};
  if (::statvfs(directory.c_str(), &info) != 0) return;
  const rlim_t left = static_cast<rlim_t>(info.f_bavail) * info.f_frsize;
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_cur, left > 2 * kSpaceReserve ? left - kSpaceReserve : left / 2);
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

// Both outputs at once, so that neither can block the program; of the words only the last are kept.
struct Outputs {
  std::string out, words;
  void read(int out_fd, int words_fd) {
    pollfd fds[2] = {{out_fd, POLLIN, 0}, {words_fd, POLLIN, 0}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
      if (::poll(fds, 2, -1) < 0 && errno != EINTR) throw_errno("wait for git");
      for (auto& each : fds)
        if (each.fd >= 0 && each.revents != 0 && !take(each.fd, each.fd == out_fd)) each.fd = -1;
    }
  }

 private:
  bool take(int fd, bool is_out) {
    char buffer[16384];
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0) return errno == EINTR;
    if (count == 0) return false;
    std::string& text = is_out ? out : words;
    text.append(buffer, static_cast<std::size_t>(count));
    if (is_out && text.size() > kMaxOutput)
      throw_error(ErrorKind::invalid, "git says more than the {} bytes allowed", kMaxOutput);
    if (!is_out && text.size() > 2 * kKeptWords) text.erase(0, text.size() - kKeptWords);
    return true;
  }
};

std::string last_words(const std::string& words) {
  std::vector<std::string> lines;
  for (const auto& line : split(replace_all(words, "\r", "\n"), '\n')) {
    const auto text = trim(line);
    if (!text.empty() && !text.starts_with("hint:")) lines.push_back(printable(text));
  }
  if (lines.size() > kShownLines) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kShownLines));
  return language::without_credentials(join(lines, "; "));
}

std::string way_out(const std::string& said) {
  const auto has = [&](std::string_view text) { return said.find(text) != std::string::npos; };
  if (has("Host key verification failed") || has("No ED25519 host key is known"))
    return "when you trust the host: ssh-keyscan HOST >> ~/.ssh/known_hosts";
  if (has("Permission denied (publickey"))
    return "give the build an agent that has the key: eval $(ssh-agent); ssh-add; lichen build --ssh default";
  if (has("certificate"))
    return "name the certificate of its authority by the variable GIT_SSL_CAINFO, or use --tls-verify=false";
  if (has("terminal prompts disabled") || has("Authentication failed"))
    return "a token can come as a secret: --secret id=GIT_AUTH_TOKEN,src=FILE";
  if (has("not allowed"))
    return "repositories and their submodules come by https, ssh, http or git, and never down from https";
  if (has("No space left") || has("File too large") || has("signal 25"))
    return "free space, for instance with 'lichen system prune', or choose another place with --root";
  return "";
}

// git starts helpers that outlive it. Here they are in a pid namespace whose first process this is: when it ends, or
// its parent does, the kernel ends all of them (pid_namespaces(7)).
int supervise(const sys::SpawnOptions& options, int parent, int words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd gone{parent, POLLIN, 0};
  if (::poll(&gone, 1, 0) != 0) return 1;
  try {
    return sys::spawn(options).wait().code;
  } catch (const Error& error) {
    sys::write_all(words, error.what(), "the words of git");
    return 1;
  }
}

}  // namespace

GitProgram::GitProgram(const std::vector<std::string>& environment, GitAccess access) {
  if (!sys::is_program_in_path("git"))
    throw Error(ErrorKind::unsupported, "repositories are fetched by the program git, which is not in PATH")
        .with_hint("install the package git: apt-get install git");
  for (const auto& entry : environment) {
    const auto name = std::string_view(entry).substr(0, entry.find('='));
    if (std::ranges::find(kTaken, name) != std::end(kTaken)) environment_.push_back(entry);
  }
  environment_.insert(environment_.end(),
                      {"HOME=/dev/null", "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
                       "GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_SSH_VARIANT=ssh",
                       "GIT_ALLOW_PROTOCOL=" + protocols(access.scheme), "GIT_SSH_COMMAND=" + ssh_command(access)});
  if (!access.agent.empty()) environment_.push_back("SSH_AUTH_SOCK=" + access.agent);
  add_settings(access, environment_);
}

std::string GitProgram::run(const std::vector<std::string>& arguments, const std::string& directory) const {
  sys::Pipe out = sys::make_pipe(), words = sys::make_pipe();
  const sys::UniqueFd nothing = sys::open_path("/dev/null", O_RDONLY);
  sys::SpawnOptions options{.argv = {"git"}};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.env = environment_;
  options.fds = {{nothing.get(), 0}, {out.write.get(), 1}, {words.write.get(), 2}};
  options.die_with_parent = true;
  options.working_dir = directory;
  options.in_child = [&] { limit_files(directory); };
  const auto self = sys::open_pidfd(::getpid());
  if (!self) throw_errno("open our own process");
  sys::Pid child =
      sys::clone_process({.flags = CLONE_NEWPID}, [&] { return supervise(options, self->get(), words.write.get()); });
  out.write.reset();
  words.write.reset();
  Outputs outputs;
  outputs.read(out.read.get(), words.read.get());
  const auto status = child.wait();
  if (status.code == 0) return outputs.out;
  std::string said = last_words(outputs.words);
  if (said.empty() && status.code > 128) said = format("signal {}", status.code - 128);
  GitError error(ErrorKind::network,
                 format("git {}: {}", arguments.at(0), said.empty() ? "it fails without a word" : said), said);
  error.with_hint(way_out(said));
  throw error;
}

}  // namespace lichen::buildah
