// A file that appears whole or not at all.
//
// It is written under a temporary name beside its place, `.<name>.<random>`, and renamed when it is finished; one that
// is not finished is removed. Its directory is held open, so that finish() works after this process has changed its
// root or mount namespace. Standard output, and what is no regular file (a fifo, a device), is written as it is: there
// is nothing to rename.
#pragma once

#include <string>

#include "libpod/sys/fs.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

class OutputFile {
 public:
  /// @param path  "-", "/dev/stdout" or "": standard output
  /// @throws Error{conflict} it is a directory; Error{not_found|permission|system}
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int fd() const { return fd_.get(); }
  /// For messages: the path as it was given, or "standard output".
  const std::string& name() const { return shown_; }
  /// Make it visible; it replaces what has the name. Nothing may be written afterwards.
  void finish(Durability durability);

 private:
  std::string shown_, name_, temporary_;  // empty temporary: written as it is, or finished
  UniqueFd directory_, fd_;
};

}  // namespace lichen::sys
