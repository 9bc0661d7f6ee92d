// What tests of system wrappers share: a directory that goes with its owner, the open descriptors of this process, and
// a child in namespaces of its own for tests that mount.
#pragma once

#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/userns.hh"
#include "tests/unit/engine/temp_dir.hh"

#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lichen::test {

/// Numbers of all open descriptors.
inline std::set<std::string> open_descriptors() {
  std::set<std::string> all;
  DIR* const stream = ::opendir("/proc/self/fd");
  const std::string own = std::to_string(::dirfd(stream));
  while (const dirent* entry = ::readdir(stream))
    if (entry->d_name[0] != '.' && entry->d_name != own) all.insert(entry->d_name);
  ::closedir(stream);
  return all;
}

/// Run `body` as the root of a new user and mount namespace, in a child. Its failures are seen by the caller as a
/// status that is not 0. 77: namespaces are forbidden here.
inline int in_mount_namespace(const std::function<void()>& body) {
  auto child = sys::fork_child([&] {
    try {
      if (::geteuid() == 0) {
        if (::unshare(CLONE_NEWNS) != 0) return 77;
      } else {
        sys::enter_new_user_namespace({{{0, ::getuid(), 1}}, {{0, ::getgid(), 1}}});
        if (::unshare(CLONE_NEWNS) != 0) return 77;
      }
      if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    } catch (const Error&) {
      return 77;
    }
    body();
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  return child.wait().code;
}

}  // namespace lichen::test
