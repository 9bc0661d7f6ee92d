#include "libpod/sys/passwd.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

namespace lichen::sys {
namespace {

constexpr std::size_t kMaxFile = 16u << 20;  // machines with all users of a university in it

}  // namespace

std::optional<UserEntry> find_user_in(std::string_view text, uid_t uid) {
  for (const auto& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() != 7 || fields[0].empty() || parse_uint(fields[2]) != uid) continue;
    return UserEntry{fields[0], fields[5]};
  }
  return std::nullopt;
}

std::optional<UserEntry> find_user(uid_t uid) {
  if (const auto text = read_file_if_exists("/etc/passwd", kMaxFile))
    if (auto user = find_user_in(*text, uid)) return user;
  try {
    const auto result = run_program({"getent", "passwd", std::to_string(uid)});
    if (result.status.code == 0) return find_user_in(result.out, uid);
  } catch (const Error& error) {
    log_debug("{}", error.what());  // no getent: the file was all there is
  }
  return std::nullopt;
}

}  // namespace lichen::sys
