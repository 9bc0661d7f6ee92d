#include "libpod/sys/output_file.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::sys {

OutputFile::OutputFile(const std::string& path) : shown_(path) {
  if (path.empty() || path == "-" || path == "/dev/stdout") {
    shown_ = "standard output";
    fd_ = duplicate(STDOUT_FILENO);
    return;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    if (S_ISDIR(info.st_mode)) throw_error(ErrorKind::conflict, "write '{}': it is a directory", path);
    fd_ = open_path(path, O_WRONLY | O_NOCTTY);
    return;
  }
  // Not the lexical parent_path(): what stands before the last slash may hold symlinks and "..".
  const auto slash = path.rfind('/');
  name_ = path.substr(slash + 1);  // npos + 1 is 0
  if (name_.empty()) throw_error(ErrorKind::not_found, "write '{}': there is no such directory", path);
  directory_ = open_path(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
  const std::string temporary = format(".{}.{}", name_, random_hex(8));
  fd_ = open_at(directory_.get(), temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
  temporary_ = temporary;
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlinkat(directory_.get(), temporary_.c_str(), 0);
}

void OutputFile::finish(Durability durability) {
  if (temporary_.empty()) return;
  if (durability == Durability::synced) sync_fd(fd_.get(), shown_);
  fd_.reset();
  if (::renameat(directory_.get(), temporary_.c_str(), directory_.get(), name_.c_str()) != 0)
    throw_errno("write '{}'", shown_);
  temporary_.clear();
  if (durability == Durability::synced) sync_fd(directory_.get(), shown_);
}

}  // namespace lichen::sys
