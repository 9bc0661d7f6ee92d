// The program inside the container for questions that busybox cannot ask: raw system calls and their answers.
//
//   payload fds                     numbers of the open descriptors
//   payload syscalls FIRST LAST     "NUMBER RESULT" for each, called with bad arguments in a process of its own
//   payload call NUMBER [ARG...]    "RESULT": 0, or the errno; arguments are hexadecimal
//   payload int80 NUMBER            the same through the 32-bit entry
//   payload int80 FIRST LAST        "NUMBER RESULT" for each
//   payload write-exe PID           errno of opening /proc/PID/exe for writing
//   payload write-exes              for ever, of all processes; /tmp/tries and /tmp/caught count, /tmp/written tells a
//   success payload look PATH...            "PATH TYPE MAJOR:MINOR", "PATH - writable|closed" of a file, "PATH none"
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kBlocked = -1, kKilled = -2;

int print_descriptors() {
  DIR* listing = ::opendir("/proc/self/fd");
  if (listing == nullptr) return 1;
  while (const dirent* entry = ::readdir(listing))
    if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != ::dirfd(listing)) std::printf("%s\n", entry->d_name);
  return 0;
}

// These end or stop the caller whatever their arguments are, or never come back.
bool has_no_answer(long number) {
  switch (number) {
    case SYS_exit:
    case SYS_exit_group:
    case SYS_rt_sigreturn:
    case SYS_pause:
    case SYS_vfork:
    case SYS_fork:
      return true;
    default:
      return false;
  }
}

int answer_of(long number, volatile int* shared) {
  *shared = kKilled;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(2);
    const long result = ::syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
    *shared = result < 0 && result > -4096 ? errno : 0;
    ::syscall(SYS_exit_group, 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return kBlocked;
  return *shared;
}

int print_system_calls(long first, long last) {
  auto* shared =
      static_cast<volatile int*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (long number = first; number <= last; ++number)
    if (!has_no_answer(number)) std::printf("%ld %d\n", number, answer_of(number, shared));
  return 0;
}

int print_call(int count, char** words) {
  long arguments[7] = {};
  for (int i = 0; i < count && i < 7; ++i)
    arguments[i] = static_cast<long>(std::strtoul(words[i], nullptr, i == 0 ? 10 : 16));
  const long result =
      ::syscall(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6]);
  std::printf("%d\n", result < 0 ? errno : 0);
  return 0;
}

int print_int80(int number) {
#if defined(__x86_64__)
  int result = number;
  __asm__ volatile("int $0x80" : "+a"(result) : "b"(-1), "c"(-1), "d"(-1) : "memory", "r8", "r9", "r10", "r11");
  std::printf("%d\n", result < 0 ? -result : 0);
  return 0;
#else
  return number == 0 ? 77 : 77;
#endif
}

int print_int80s(int first, int last) {
  // These end or stop the caller: exit, fork, pause, sigreturn, vfork, exit_group and both sigreturns of i386.
  constexpr int kNoAnswer[] = {1, 2, 29, 119, 173, 190, 252};
  for (int number = first; number <= last; ++number) {
    bool ask = true;
    for (const int no : kNoAnswer) ask = ask && number != no;
    if (!ask) continue;
    std::printf("%d ", number);
    print_int80(number);
  }
  return 0;
}

int look(int count, char** paths) {
  for (int i = 0; i < count; ++i) {
    struct stat info {};
    if (::lstat(paths[i], &info) != 0) {
      std::printf("%s none\n", paths[i]);
    } else if (S_ISCHR(info.st_mode)) {
      std::printf("%s c %u:%u\n", paths[i], major(info.st_rdev), minor(info.st_rdev));
    } else if (S_ISREG(info.st_mode)) {
      std::printf("%s - %s\n", paths[i], ::open(paths[i], O_WRONLY | O_CLOEXEC) >= 0 ? "writable" : "closed");
    } else {
      std::printf("%s %o\n", paths[i], info.st_mode & S_IFMT);
    }
  }
  return 0;
}

int print_write_exe(const char* pid) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%s/exe", pid);
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  std::printf("%d\n", fd < 0 ? errno : 0);
  return 0;
}

void put(const char* path, long value) {
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  ::dprintf(fd, "%ld", value);
  ::close(fd);
}

// A program that runs cannot be opened for writing (ETXTBSY). So each that is not the container's own is caught by an
// O_PATH descriptor while it runs and tried again and again, also when it has ended.
int write_exes() {
  struct stat shell {
  }, own{};
  if (::stat("/bin/busybox", &shell) != 0 || ::stat("/proc/self/exe", &own) != 0) return 1;
  constexpr int kMost = 64;
  int caught[kMost], count = 0;
  for (long tries = 1;; ++tries) {
    DIR* listing = ::opendir("/proc");
    while (const dirent* entry = ::readdir(listing)) {
      char path[300];
      std::snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
      const int fd = std::atoi(entry->d_name) > 0 ? ::open(path, O_PATH | O_CLOEXEC) : -1;
      if (fd < 0) continue;
      struct stat info {};
      const bool foreign = ::fstat(fd, &info) == 0 && info.st_ino != shell.st_ino && info.st_ino != own.st_ino;
      if (!foreign || count == kMost) {
        ::close(fd);
      } else {
        caught[count++] = fd;
        put("/tmp/caught", count);
      }
    }
    ::closedir(listing);
    for (int i = 0; i < count; ++i) {
      char path[64];
      std::snprintf(path, sizeof path, "/proc/self/fd/%d", caught[i]);
      const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
      if (fd < 0) continue;
      put("/tmp/written", 1);
      ::close(fd);
    }
    put("/tmp/tries", tries);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "fds") == 0) return print_descriptors();
  if (argc == 4 && std::strcmp(argv[1], "syscalls") == 0)
    return print_system_calls(std::atol(argv[2]), std::atol(argv[3]));
  if (argc >= 3 && std::strcmp(argv[1], "call") == 0) return print_call(argc - 2, argv + 2);
  if (argc == 3 && std::strcmp(argv[1], "int80") == 0) return print_int80(std::atoi(argv[2]));
  if (argc == 4 && std::strcmp(argv[1], "int80") == 0) return print_int80s(std::atoi(argv[2]), std::atoi(argv[3]));
  if (argc == 2 && std::strcmp(argv[1], "write-exes") == 0) return write_exes();
  if (argc >= 3 && std::strcmp(argv[1], "look") == 0) return look(argc - 2, argv + 2);
  if (argc == 3 && std::strcmp(argv[1], "write-exe") == 0) return print_write_exe(argv[2]);
  return 2;
}
