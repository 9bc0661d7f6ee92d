#include "compose/host_files.hh"

#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <unistd.h>

namespace lichen::compose {

std::optional<std::string> HostFiles::read(const std::string& path, std::size_t max_bytes) {
  if (path == "-") return sys::read_all(STDIN_FILENO, "standard input", max_bytes);
  if (sys::is_directory(path)) return std::nullopt;
  return sys::read_file_if_exists(path, max_bytes);
}

bool HostFiles::is_directory(const std::string& path) { return sys::is_directory(path); }

}  // namespace lichen::compose
