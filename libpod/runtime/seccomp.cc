#include "libpod/runtime/seccomp.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/runtime/seccomp_compile.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// Version of the file format and of what compile_seccomp makes of a profile: a new number makes old entries misses.
constexpr std::string_view kMagic = "lichen-seccomp-3\n";

void put_number(std::string& out, std::uint64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

std::optional<std::uint64_t> take_number(std::string_view& in) {
  std::uint64_t value = 0;
  if (in.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

std::optional<std::string_view> take_text(std::string_view& in) {
  const auto size = take_number(in);
  if (!size || *size > in.size()) return std::nullopt;
  const std::string_view text = in.substr(0, *size);
  in.remove_prefix(*size);
  return text;
}

// Everything that the filter depends on, unambiguous because lengths precede texts.
std::string cache_key(const spec::SeccompSpec& profile) {
  std::string key;
  key.reserve(16384);
  put_text(key, seccomp_library_version());
  put_text(key, profile.default_action);
  put_number(key, profile.default_errno_ret.value_or(~0u));
  for (const auto* list : {&profile.architectures, &profile.flags}) {
    put_number(key, list->size());
    for (const auto& word : *list) put_text(key, word);
  }
  for (const auto& rule : profile.syscalls) {
    put_number(key, rule.names.size());
    for (const auto& name : rule.names) put_text(key, name);
    put_text(key, rule.action);
    put_number(key, rule.errno_ret.value_or(~0u));
    put_number(key, rule.args.size());
    for (const auto& arg : rule.args) {
      put_number(key, arg.index);
      put_number(key, arg.value);
      put_number(key, arg.value_two);
      put_text(key, arg.op);
    }
  }
  return key;
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::optional<SeccompFilter> decode_filter(std::string_view text) {
  if (!text.starts_with(kMagic)) return std::nullopt;
  text.remove_prefix(kMagic.size());
  const auto flags = take_number(text);
  const auto program = take_text(text);
  const auto sum = take_number(text);
  if (!flags || !program || !sum || *sum != fnv1a(*program) || !text.empty() ||
      program->size() % sizeof(sock_filter) != 0)
    return std::nullopt;
  return SeccompFilter{std::string(*program), static_cast<std::uint32_t>(*flags)};
}

// A directory of our own that nobody else may write; nullopt: it is used as if there were none.
std::optional<sys::UniqueFd> open_cache(const std::string& directory) {
  ::mkdir(directory.c_str(), 0700);
  sys::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || info.st_uid != ::geteuid() || (info.st_mode & 0022) != 0)
    return std::nullopt;
  return fd;
}

// An entry that cannot be read is as good as none: it costs time, nothing else.
std::optional<SeccompFilter> read_entry(int cache, const std::string& name, std::string_view key) {
  std::string text;
  try {
    text = sys::read_file_at_if_exists(cache, name, name, 1 << 20).value_or("");
  } catch (const Error&) {
    return std::nullopt;
  }
  std::string_view rest = text;
  const auto stored = take_text(rest);
  return stored && *stored == key ? decode_filter(rest) : std::nullopt;
}

}  // namespace

SeccompFilter seccomp_filter(const spec::SeccompSpec& profile, const std::string& cache_dir) {
  const auto cache = cache_dir.empty() ? std::nullopt : open_cache(cache_dir);
  if (!cache) return compile_seccomp(profile);
  const std::string key = cache_key(profile);
  const std::string name = format("{:016x}.bpf", fnv1a(key));
  if (auto hit = read_entry(cache->get(), name, key)) return *std::move(hit);
  SeccompFilter filter = compile_seccomp(profile);
  std::string entry;
  put_text(entry, key);
  entry += encode(filter);
  sys::write_cached(cache_dir + "/" + name, entry);
  return filter;
}

std::string encode(const SeccompFilter& filter) {
  std::string out(kMagic);
  put_number(out, filter.flags);
  put_text(out, filter.program);
  put_number(out, fnv1a(filter.program));  // one turned bit could allow what must not be
  return out;
}

SeccompFilter decode_seccomp(std::string_view text, const std::string& what) {
  auto filter = decode_filter(text);
  if (!filter) throw_error(ErrorKind::invalid, "read '{}': not a filter that this version wrote", what);
  return *std::move(filter);
}

void install_seccomp(const SeccompFilter& filter) {
  if (filter.program.empty()) return;
  std::vector<sock_filter> program(filter.program.size() / sizeof(sock_filter));
  std::memcpy(program.data(), filter.program.data(), filter.program.size());
  sock_fprog code{};
  code.len = static_cast<unsigned short>(program.size());
  code.filter = program.data();
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter.flags, &code) != 0)
    throw_errno("install the seccomp filter");
}

}  // namespace lichen::runtime
