// A directory that goes with its owner, for tests that need real files.
#pragma once

#include <string>

#include "libpod/base/id.hh"
#include "libpod/sys/fs.hh"

namespace lichen::test {

class TempDir {
 public:
  TempDir() : path_("/tmp/lichen-test-" + random_hex(12)) { sys::make_directory(path_, 0700); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { sys::remove_tree(path_); }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lichen::test
