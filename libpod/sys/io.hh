// Whole reads and writes; EINTR and short counts end here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lichen::sys {

inline constexpr std::size_t kSmallFile = 16u << 20;  // more than any file that we read whole may hold

/// Read up to `size` bytes, less only at the end of the file. @return bytes read. @throws Error{system}
std::size_t read_full(int fd, void* data, std::size_t size);
/// Everything up to the end. @throws Error{invalid} it is longer than `limit` bytes
std::string read_all(int fd, std::string_view what, std::size_t limit = kSmallFile);
/// @throws Error{system} what and errno; EPIPE included
void write_all(int fd, std::string_view data, std::string_view what);

/// Content of a file of the host. @throws Error{not_found|permission|system|invalid (longer than limit)}
std::string read_file(const std::string& path, std::size_t limit = kSmallFile);
/// nullopt when it does not exist (ENOENT, ENOTDIR).
std::optional<std::string> read_file_if_exists(const std::string& path, std::size_t limit = kSmallFile);
std::string read_file_at(int dirfd, const std::string& name, std::string_view what, std::size_t limit = kSmallFile);
std::optional<std::string> read_file_at_if_exists(int dirfd, const std::string& name, std::string_view what,
                                                  std::size_t limit = kSmallFile);

}  // namespace lichen::sys
