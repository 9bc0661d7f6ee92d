#include "libpod/runtime/kernel_settings.hh"

#include <algorithm>
#include <array>
#include <optional>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/namespaces.hh"

#include <grp.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// sysctl(8) keys that belong to a namespace, with the OCI type of that namespace.
struct SysctlRow {
  std::string_view prefix;
  std::string_view name_space;
};

constexpr SysctlRow kNamespaced[] = {
    {"net/", "network"},
    {"fs/mqueue/", "ipc"},
    {"kernel/msgmax", "ipc"},
    {"kernel/msgmnb", "ipc"},
    {"kernel/msgmni", "ipc"},
    {"kernel/sem", "ipc"},
    {"kernel/shmall", "ipc"},
    {"kernel/shmmax", "ipc"},
    {"kernel/shmmni", "ipc"},
    {"kernel/shm_rmid_forced", "ipc"},
    {"kernel/domainname", "uts"},
    {"kernel/hostname", "uts"},
    {"user/", "user"},
};

const SysctlRow* find_row(std::string_view path) {
  for (const auto& row : kNamespaced)
    if (row.prefix.ends_with('/') ? path.starts_with(row.prefix) : path == row.prefix) return &row;
  return nullptr;
}

bool has_namespace(const spec::OciSpec& spec, std::string_view type) {
  const auto& list = spec.linux_->namespaces;
  return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.type == type; });
}

// An inherited namespace may be the container's all the same (its maker put us in): it must only not be the machine's.
bool is_machines_namespace(std::string_view type) {
  const auto* kind = sys::find_namespace_kind(type);
  struct stat ours {
  }, first{};
  const std::string name(kind->proc_name);
  if (::stat(("/proc/self/ns/" + name).c_str(), &ours) != 0) return true;
  if (::stat(("/proc/1/ns/" + name).c_str(), &first) != 0)
    return false;  // not ours to see: the kernel will not let us write either
  return ours.st_ino == first.st_ino;
}

}  // namespace

void set_names(const spec::OciSpec& spec, bool own_uts_namespace) {
  if (spec.hostname.empty() && spec.domainname.empty()) return;
  if (!own_uts_namespace) throw_error(ErrorKind::invalid, "hostname: it needs a uts namespace in linux.namespaces");
  if (!spec.hostname.empty() && ::sethostname(spec.hostname.c_str(), spec.hostname.size()) != 0)
    throw_errno("set the host name");
  if (!spec.domainname.empty() && ::setdomainname(spec.domainname.c_str(), spec.domainname.size()) != 0)
    throw_errno("set the domain name");
}

std::string sysctl_path(const std::string& key) {
  // sysctl.d(5): the first separator decides; after a slash, dots are part of names.
  std::string path = key;
  const auto first = key.find_first_of("./");
  if (first != std::string::npos && key[first] == '.') {
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  }
  for (const auto& part : split(path, '/')) {
    const bool good = !part.empty() && part != "." && part != ".." && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
             c == '.';
    });
    if (!good) throw_error(ErrorKind::invalid, "linux.sysctl '{}': it is malformed", key);
  }
  if (find_row(path) == nullptr)
    throw_error(ErrorKind::invalid, "linux.sysctl '{}': it does not belong to a namespace", key);
  return path;
}

void set_sysctls(const spec::OciSpec& spec, const sys::ProcFs& proc) {
  if (!spec.linux_) return;
  for (const auto& [key, value] : spec.linux_->sysctl) {
    const std::string path = sysctl_path(key);
    const auto type = find_row(path)->name_space;
    if (!has_namespace(spec, type) && is_machines_namespace(type))
      throw_error(ErrorKind::invalid, "linux.sysctl '{}': it needs a {} namespace of the container's own", key, type);
    proc.write("sys/" + path, value);
  }
}

void set_time_offsets(const spec::OciSpec& spec, const sys::ProcFs& proc) {
  if (!spec.linux_ || spec.linux_->time_offsets.empty()) return;
  if (!has_namespace(spec, "time")) throw_error(ErrorKind::invalid, "linux.timeOffsets: it needs a time namespace");
  for (const auto& [clock, offset] : spec.linux_->time_offsets)
    proc.write("self/timens_offsets", format("{} {} {}\n", clock, offset.secs, offset.nanosecs));
}

void set_personality(const spec::OciSpec& spec) {
  if (!spec.linux_ || !spec.linux_->personality) return;
  const auto& wanted = *spec.linux_->personality;
  if (!wanted.flags.empty())
    throw_error(ErrorKind::unsupported, "linux.personality.flags: the specification defines none");
  unsigned long domain = 0;
  if (wanted.domain == "LINUX32") {
    domain = PER_LINUX32;
  } else if (wanted.domain != "LINUX") {
    throw_error(ErrorKind::invalid, "linux.personality.domain: '{}' is neither LINUX nor LINUX32", wanted.domain);
  }
  if (::personality(domain) < 0) throw_errno("set the personality");
}

namespace {

struct MapLine {
  std::uint32_t inside, outside, count;
};

// The map of a process: ids as we see them (user_namespaces(7), "/proc/PID/uid_map").
std::vector<MapLine> read_map(const sys::ProcFs& proc, const std::string& file) {
  std::vector<MapLine> lines;
  for (const auto& line : split(proc.read(file), '\n')) {
    std::vector<std::uint32_t> numbers;
    for (const auto& word : split(line, ' '))
      if (const auto number = parse_uint(word)) numbers.push_back(static_cast<std::uint32_t>(*number));
    if (numbers.size() == 3) lines.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return lines;
}

std::uint32_t lowest_id(const std::vector<MapLine>& map) {
  const auto least =
      std::min_element(map.begin(), map.end(), [](const auto& a, const auto& b) { return a.inside < b.inside; });
  return least == map.end() ? 0 : least->inside;
}

std::optional<std::uint32_t> outside_id(const std::vector<MapLine>& map, std::uint32_t id) {
  for (const auto& line : map)
    if (id >= line.inside && id - line.inside < line.count) return line.outside + (id - line.inside);
  return std::nullopt;
}

}  // namespace

void take_first_id(const sys::ProcFs& proc, bool keep_groups) {
  const uid_t uid = lowest_id(read_map(proc, "self/uid_map"));
  const gid_t gid = lowest_id(read_map(proc, "self/gid_map"));
  if (!keep_groups && ::setgroups(0, nullptr) != 0 && errno != EPERM) throw_errno("drop the supplementary groups");
  if (::setresgid(gid, gid, gid) != 0) throw_errno("become group {} of the new user namespace", gid);
  if (::setresuid(uid, uid, uid) != 0) throw_errno("become user {} of the new user namespace", uid);
}

void give_streams_from_outside(const sys::ProcFs& proc, pid_t process, const spec::OciUser& user) {
  const auto uid = outside_id(read_map(proc, format("{}/uid_map", process)), user.uid);
  const auto gid = outside_id(read_map(proc, format("{}/gid_map", process)), user.gid);
  if (!uid || !gid) return;
  for (int fd = 0; fd <= 2; ++fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)) || info.st_uid == *uid) continue;
    // Best effort, as for those of our own namespace: a pipe of somebody else stays theirs.
    [[maybe_unused]] const int ignored = ::fchown(fd, *uid, *gid);
  }
}

}  // namespace lichen::runtime
