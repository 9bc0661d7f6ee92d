#include "libpod/sys/io.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/unique_fd.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::sys {

std::size_t read_full(int fd, void* data, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(fd, static_cast<char*>(data) + done, size - done);
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno("read file descriptor {}", fd);
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

std::string read_all(int fd, std::string_view what, std::size_t limit) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) return text;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno("read '{}'", what);
    }
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > limit)
      throw_error(ErrorKind::invalid, "read '{}': longer than the {} bytes allowed", what, limit);
  }
}

void write_all(int fd, std::string_view data, std::string_view what) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno("write '{}'", what);
    }
    data.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::optional<std::string> read_file_at_if_exists(int dirfd, const std::string& name, std::string_view what,
                                                  std::size_t limit) {
  const UniqueFd fd(::openat(dirfd, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno("open '{}'", what);
  }
  return read_all(fd.get(), what, limit);
}

std::string read_file_at(int dirfd, const std::string& name, std::string_view what, std::size_t limit) {
  auto text = read_file_at_if_exists(dirfd, name, what, limit);
  if (!text) throw_errno_value(ENOENT, "open '{}'", what);
  return *std::move(text);
}

std::string read_file(const std::string& path, std::size_t limit) { return read_file_at(AT_FDCWD, path, path, limit); }

std::optional<std::string> read_file_if_exists(const std::string& path, std::size_t limit) {
  return read_file_at_if_exists(AT_FDCWD, path, path, limit);
}

}  // namespace lichen::sys
