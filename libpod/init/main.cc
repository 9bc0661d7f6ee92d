// lichen-init: the first process of a container started with --init.
//
// It starts the command as its child, passes every signal on to it, reaps whatever is re-parented to it (the kernel
// gives all orphans of a pid namespace to its first process), and ends with the command's exit status. No library but
// libc, no allocation: it is bind-mounted into containers of any image and must not depend on what is there.
// `lichen-init --hold` starts nothing: it keeps a pod's namespaces, reaps what is re-parented to it, and ends on
// SIGTERM.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// By the linker (its default script): from here to there are the code and the constants.
extern "C" const char __executable_start[], __preinit_array_start[];

namespace {

void complain(const char* what, const char* object) {
  const char* cause = strerrordesc_np(errno);
  for (const char* part : {"lichen-init: ", what, " '", object, "': ", cause == nullptr ? "?" : cause, "\n"})
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) return;
}

[[noreturn]] void become_command(char** command, const sigset_t& inherited) {
  // A session of its own would take the terminal away; a process group of its own makes ctrl-c reach the command alone.
  if (::isatty(STDIN_FILENO) == 1) {
    ::setpgid(0, 0);
    ::signal(SIGTTOU, SIG_IGN);
    ::tcsetpgrp(STDIN_FILENO, ::getpid());
    ::signal(SIGTTOU, SIG_DFL);
  }
  ::sigprocmask(SIG_SETMASK, &inherited, nullptr);
  ::execvp(command[0], command);
  const bool missing = errno == ENOENT;
  complain("execute", command[0]);
  ::_exit(missing ? 127 : 126);
}

int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Take in all ended children; the command's code, or -1 while it runs.
int reap(pid_t command) {
  int code = -1;
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return code;
    if (pid == command) code = code_of(status);
  }
}

// What it took to get here is needed no more: a pod's holder stays for long, and its pages are the pod's cost.
void drop_program_pages() {
  constexpr std::uintptr_t kPage = 4096;
  const auto begin = reinterpret_cast<std::uintptr_t>(__executable_start) & ~(kPage - 1);
  const auto end = reinterpret_cast<std::uintptr_t>(__preinit_array_start) & ~(kPage - 1);
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // clean pages of the file: they come back
}

[[noreturn]] void hold(const sigset_t& all) {
  drop_program_pages();
  for (;;) {
    const int signal = ::sigwaitinfo(&all, nullptr);
    if (signal == SIGTERM || signal == SIGINT) ::_exit(0);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  char** command = argv + 1;
  if (argc > 1 && std::strcmp(command[0], "--") == 0) ++command;
  if (command[0] == nullptr) {
    std::fputs("usage: lichen-init [--] COMMAND [ARG...]\n", stderr);
    return 125;
  }
  sigset_t all, inherited;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &inherited);
  if (std::strcmp(command[0], "--hold") == 0 && argc == 2) hold(all);
  const pid_t child = ::fork();
  if (child < 0) {
    complain("start", command[0]);
    return 125;
  }
  if (child == 0) become_command(command, inherited);
  for (;;) {
    const int signal = ::sigwaitinfo(&all, nullptr);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      ::kill(child, signal);
      continue;
    }
    const int code = reap(child);
    if (code >= 0) return code;
  }
}
