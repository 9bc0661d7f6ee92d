#include "libpod/sys/userns.hh"

#include <algorithm>
#include <cstdlib>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/passwd.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

// Whether /etc/nsswitch.conf sends subordinate ids elsewhere than to the files.
bool has_subid_service() {
  const auto config = read_file_if_exists("/etc/nsswitch.conf", 1 << 20);
  if (!config) return false;
  for (const auto& line : split(*config, '\n'))
    if (trim(line).starts_with("subid:") && trim(trim(line).substr(6)) != "files") return true;
  return false;
}

void add_range(std::string_view first, std::string_view size, std::vector<IdRange>& out) {
  const auto start = parse_uint(trim(first)), count = parse_uint(trim(size));
  if (!start || !count || *count == 0 || *start > 0xFFFF'FFFF || *count > 0xFFFF'FFFF - *start) return;
  out.push_back({0, static_cast<std::uint32_t>(*start), static_cast<std::uint32_t>(*count)});
}

// "name:start:count" or "uid:start:count" lines of subuid(5).
std::vector<IdRange> read_subid_file(const std::string& path, const std::string& name, uid_t uid) {
  std::vector<IdRange> out;
  const auto text = read_file_if_exists(path);
  if (!text) return out;
  for (const auto& line : split(*text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() != 3 || fields[0].empty() || (fields[0] != name && fields[0] != std::to_string(uid))) continue;
    add_range(fields[1], fields[2], out);
  }
  return out;
}

// "0: anna 100000 65536" lines of getsubids(1), libsubid's own program: LDAP and the like answer through it.
std::vector<IdRange> ranges_of(const std::string& text) {
  std::vector<IdRange> out;
  for (const auto& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 4) add_range(words[2], words[3], out);
  }
  return out;
}

// Both kinds; false when the program is not there.
bool ask_getsubids(const std::string& name, SubordinateIds& ids) {
  try {
    ids.uids = ranges_of(run_program({"getsubids", name}).out);
    ids.gids = ranges_of(run_program({"getsubids", "-g", name}).out);
    return true;
  } catch (const Error& error) {
    log_debug("{}", error.what());
    return false;
  }
}

// Ranges that overlap would make newuidmap refuse the whole map.
void drop_overlaps(std::vector<IdRange>& ranges, std::uint32_t own) {
  std::vector<IdRange> kept;
  for (const auto& range : ranges) {
    const auto clash = [&](std::uint32_t first, std::uint32_t count) {
      return first < range.outside + range.count && range.outside < first + count;
    };
    const bool bad = clash(own, 1) ||
                     std::any_of(kept.begin(), kept.end(), [&](const IdRange& k) { return clash(k.outside, k.count); });
    if (!bad) kept.push_back(range);
  }
  ranges = kept;
}

std::vector<IdRange> stack_ranges(std::uint32_t own, const std::vector<IdRange>& ranges) {
  std::vector<IdRange> map = {{0, own, 1}};
  std::uint32_t next = 1;
  for (const auto& range : ranges) {
    if (map.size() == 340) break;  // the kernel's limit of lines (user_namespaces(7))
    map.push_back({next, range.outside, range.count});
    next += range.count;
  }
  return map;
}

}  // namespace

std::string user_name(uid_t uid) {
  const auto user = find_user(uid);
  return user ? user->name : "";
}

std::string home_directory(uid_t uid) {
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return home;
  const auto user = find_user(uid);
  if (!user || !user->home.starts_with('/'))
    throw Error(ErrorKind::not_found,
                format("find the home directory of uid {}: neither HOME nor the password database has it", uid))
        .with_hint("set HOME, or give --root DIR");
  return user->home;
}

SubordinateIds subordinate_ids(uid_t uid) {
  SubordinateIds ids;
  const std::string name = user_name(uid);
  if (!has_subid_service() || !ask_getsubids(name, ids)) {
    ids.uids = read_subid_file("/etc/subuid", name, uid);
    ids.gids = read_subid_file("/etc/subgid", name, uid);
  }
  drop_overlaps(ids.uids, uid);
  const std::string who = name.empty() ? std::to_string(uid) : name;
  if (ids.uids.empty() || ids.gids.empty())
    ids.problem = format("no range for '{}' in {}", who, ids.uids.empty() ? "/etc/subuid" : "/etc/subgid");
  return ids;
}

IdMaps default_maps(uid_t uid, gid_t gid, const SubordinateIds& ids) {
  if (ids.uids.empty() || ids.gids.empty()) return {{{0, uid, 1}}, {{0, gid, 1}}};
  auto gids = ids.gids;
  drop_overlaps(gids, gid);
  return {stack_ranges(uid, ids.uids), stack_ranges(gid, gids)};
}

namespace {

std::vector<std::string> map_command(const char* program, pid_t pid, const std::vector<IdRange>& map) {
  std::vector<std::string> argv = {program, std::to_string(pid)};
  for (const auto& range : map)
    for (const auto number : {range.inside, range.outside, range.count}) argv.push_back(std::to_string(number));
  return argv;
}

// In the helper child, outside the new namespace: both maps at the same time. Returns the error text, "" when all is
// well.
std::string run_map_helpers(pid_t pid, const IdMaps& maps) {
  Pipe err = make_pipe();
  std::vector<Pid> running;
  for (const auto& argv : {map_command("newuidmap", pid, maps.uids), map_command("newgidmap", pid, maps.gids)}) {
    try {
      running.push_back(spawn({.argv = argv, .fds = {{err.write.get(), 2}}}));
    } catch (const Error& error) {
      return std::string(error.saved_errno() == ENOENT ? "M" : "E") + error.what();
    }
  }
  err.write.reset();
  int code = 0;
  for (auto& helper : running) code = std::max(code, helper.wait().code);
  if (code == 0) return "";
  const std::string said(trim(read_all(err.read.get(), "newuidmap", 64 << 10)));
  return "P" + (said.empty() ? format("newuidmap or newgidmap ended with code {}", code) : said);
}

[[noreturn]] void throw_unshare_failure(int error_number) {
  Error error(error_number == EPERM || error_number == EACCES || error_number == EINVAL ? ErrorKind::unsupported
                                                                                        : ErrorKind::system,
              "make a user namespace: " + errno_text(error_number), error_number);
  error.with_hint("run `lichen doctor`: it says what forbids user namespaces on this machine and how to allow them");
  throw error;
}

void write_own_maps(const IdMaps& maps) {
  // Without newgidmap the kernel wants setgroups to be off before a gid map is written (user_namespaces(7),
  // Linux 3.19).
  write_all(open_path("/proc/self/setgroups", O_WRONLY).get(), "deny", "/proc/self/setgroups");
  const auto line = [](const IdRange& range) { return format("{} {} {}", range.inside, range.outside, range.count); };
  write_all(open_path("/proc/self/uid_map", O_WRONLY).get(), line(maps.uids[0]), "/proc/self/uid_map");
  write_all(open_path("/proc/self/gid_map", O_WRONLY).get(), line(maps.gids[0]), "/proc/self/gid_map");
}

[[noreturn]] void throw_map_failure(const std::string& text) {
  if (text[0] == 'M') throw Error(ErrorKind::not_found, text.substr(1)).with_hint("install the package `uidmap`");
  throw Error(text[0] == 'P' ? ErrorKind::permission : ErrorKind::system, "map subordinate ids: " + text.substr(1))
      .with_hint(
          "check /etc/subuid and /etc/subgid with `lichen doctor`; newuidmap must be setuid root or have file "
          "capabilities");
}

}  // namespace

void enter_new_user_namespace(const IdMaps& maps) {
  if (maps.single_id()) {
    if (::unshare(CLONE_NEWUSER) != 0) throw_unshare_failure(errno);
    return write_own_maps(maps);
  }
  Pipe go = make_pipe(), answer = make_pipe();
  const pid_t self = ::getpid();
  Pid helper = fork_child([&] {
    go.write.reset();
    answer.read.reset();
    char byte = 0;
    if (read_full(go.read.get(), &byte, 1) != 1) return 0;
    const std::string text = run_map_helpers(self, maps);
    write_all(answer.write.get(), text, "pipe");
    return 0;
  });
  go.read.reset();
  answer.write.reset();
  if (::unshare(CLONE_NEWUSER) != 0) throw_unshare_failure(errno);
  write_all(go.write.get(), "g", "pipe");
  const std::string text = read_all(answer.read.get(), "newuidmap", 128 << 10);
  helper.wait();
  if (!text.empty()) throw_map_failure(text);
}

void join_user_namespace(int fd) {
  if (::setns(fd, CLONE_NEWUSER) != 0) throw_errno("join a user namespace");
}

bool is_namespace_root() {
  if (::geteuid() != 0) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[0].effective & (1U << CAP_SYS_ADMIN)) != 0;
}

IdMaps current_maps() {
  IdMaps maps;
  for (const auto& [path, out] :
       {std::pair{"/proc/self/uid_map", &maps.uids}, std::pair{"/proc/self/gid_map", &maps.gids}}) {
    for (const auto& line : split(read_file(path), '\n')) {
      std::vector<std::uint64_t> numbers;
      for (const auto& field : split(line, ' '))
        if (const auto number = parse_uint(field)) numbers.push_back(*number);
      if (numbers.size() == 3)
        out->push_back({static_cast<std::uint32_t>(numbers[0]), static_cast<std::uint32_t>(numbers[1]),
                        static_cast<std::uint32_t>(numbers[2])});
    }
  }
  return maps;
}

}  // namespace lichen::sys
