// What a table of names cannot say stands here: the calls whose arguments decide (clone, personality, socket).
//
// System calls look at 32-bit arguments only, a filter sees all 64 bits: comparing them all would let a caller with
// dirty upper bits past a rule (C17). So every comparison here masks the upper half away.
#include "libpod/spec/seccomp_profile.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/seccomp_table.hh"

#include <sys/utsname.h>

namespace lichen::spec {
namespace {

constexpr std::uint32_t kEperm = 1, kEnosys = 38;
constexpr std::uint64_t kLow = 0xFFFF'FFFF;

SeccompRule rule(std::vector<std::string> names, bool allow) {
  SeccompRule made;
  made.names = std::move(names);
  made.action = allow ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO";
  if (!allow) made.errno_ret = kEperm;
  return made;
}

// (argument & mask) == value
SeccompRule rule_masked(std::string name, bool allow, std::uint32_t index, std::uint64_t mask, std::uint64_t value) {
  SeccompRule made = rule({std::move(name)}, allow);
  made.args.push_back({index, mask, value, "SCMP_CMP_MASKED_EQ"});
  return made;
}

// clone without any new namespace; each CLONE_NEW* bit alone is refused.
void add_clone(std::vector<SeccompRule>& rules) {
#if defined(__s390x__)
  constexpr std::uint32_t kFlags = 1;  // clone(2), "C library/kernel differences"
#else
  constexpr std::uint32_t kFlags = 0;
#endif
  // NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h)
  constexpr std::uint64_t kBits[] = {0x00020000, 0x02000000, 0x04000000, 0x08000000,
                                     0x10000000, 0x20000000, 0x40000000};
  std::uint64_t all = 0;
  for (const auto bit : kBits) {
    all |= bit;
    rules.push_back(rule_masked("clone", false, kFlags, bit, bit));
  }
  rules.push_back(rule_masked("clone", true, kFlags, all, 0));
}

void add_personality(std::vector<SeccompRule>& rules) {
  // LINUX, LINUX32, both with UNAME26, and the question for the current one; ADDR_NO_RANDOMIZE, which debuggers try,
  // gives EPERM.
  for (const std::uint64_t value : {0x0ull, 0x8ull, 0x20000ull, 0x20008ull, 0xFFFFFFFFull})
    rules.push_back(rule_masked("personality", true, 0, kLow, value));
  rules.push_back(rule_masked("personality", false, 0, kLow, 0x40000));
}

// All address families below 64 but AF_ALG (38) and AF_VSOCK (40): ranges as prefixes of bits, since a comparison of
// size cannot mask.
void add_socket(std::vector<SeccompRule>& rules) {
  struct Range {
    std::uint64_t first, size;
  };
  constexpr Range kAllowed[] = {{0, 32}, {32, 4}, {36, 2}, {39, 1}, {41, 1}, {42, 2}, {44, 4}, {48, 16}};
  for (const auto& range : kAllowed)
    rules.push_back(rule_masked("socket", true, 0, kLow & ~(range.size - 1), range.first));
  for (const std::uint64_t family : {38ull, 40ull}) rules.push_back(rule_masked("socket", false, 0, kLow, family));
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

SeccompSpec default_seccomp_profile(const std::vector<std::string>& effective_caps) {
  SeccompSpec profile;
  profile.default_action = "SCMP_ACT_ERRNO";
  profile.default_errno_ret = kEnosys;
  const auto allowed = seccomp_allowed_calls();
  const auto refused = seccomp_refused_calls();
  std::set<std::string> allow(allowed.begin(), allowed.end());
  std::set<std::string> refuse(refused.begin(), refused.end());
  for (const auto& row : seccomp_capability_calls())
    (contains(effective_caps, row.capability) ? allow : refuse).insert(row.calls.begin(), row.calls.end());
  for (const auto& name : allow) refuse.erase(name);
  refuse.erase("clone3");
  profile.syscalls.push_back(rule({allow.begin(), allow.end()}, true));
  refuse.erase("clone");
  profile.syscalls.push_back(rule({refuse.begin(), refuse.end()}, false));
  if (!allow.contains("clone")) add_clone(profile.syscalls);
  add_personality(profile.syscalls);
  add_socket(profile.syscalls);
  return profile;
}

namespace {

// Go's names, which profiles use in `includes` and `excludes`.
constexpr std::string_view kGoArchitecture =
#if defined(__x86_64__)
    "amd64";
#elif defined(__aarch64__)
    "arm64";
#elif defined(__arm__)
    "arm";
#elif defined(__riscv)
    "riscv64";
#elif defined(__powerpc64__)
    "ppc64le";
#elif defined(__s390x__)
    "s390x";
#else
    "";
#endif

constexpr std::string_view kNativeArchitecture =
#if defined(__x86_64__)
    "SCMP_ARCH_X86_64";
#elif defined(__aarch64__)
    "SCMP_ARCH_AARCH64";
#elif defined(__arm__)
    "SCMP_ARCH_ARM";
#elif defined(__riscv)
    "SCMP_ARCH_RISCV64";
#elif defined(__powerpc64__)
    "SCMP_ARCH_PPC64LE";
#elif defined(__s390x__)
    "SCMP_ARCH_S390X";
#else
    "";
#endif

constexpr std::string_view kActions[] = {"SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
                                         "SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",        "SCMP_ACT_TRACE",
                                         "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",          "SCMP_ACT_NOTIFY"};

std::string read_action(const JsonView& view) {
  std::string action = view.as_string();
  if (std::find(std::begin(kActions), std::end(kActions), action) == std::end(kActions))
    throw_error(ErrorKind::invalid, "{}: '{}' is not an action", view.path(), action);
  return action;
}

std::optional<std::uint32_t> read_errno(const JsonView& view) {
  const auto value = view.find_int("errnoRet");
  if (!value) return std::nullopt;
  if (*value < 0 || *value > 4095)
    throw_error(ErrorKind::invalid, "{}.errnoRet: {} is not an error number", view.path(), *value);
  return static_cast<std::uint32_t>(*value);
}

// "5.10" against the running kernel.
bool kernel_is_at_least(const JsonView& view) {
  utsname system{};
  ::uname(&system);
  const auto number = [&](std::string_view text, bool strict) -> std::pair<std::uint64_t, std::uint64_t> {
    const auto parts = split_n(text, '.', 3);
    const auto digits = [](const std::string& part) { return part.substr(0, part.find_first_not_of("0123456789")); };
    const auto major = parts.size() < 2 ? std::nullopt : parse_uint(strict ? parts[0] : digits(parts[0]));
    const auto minor = parts.size() < 2 ? std::nullopt : parse_uint(strict ? parts[1] : digits(parts[1]));
    if (strict && (!major || !minor || parts.size() != 2))
      throw_error(ErrorKind::invalid, "{}: '{}' is not a kernel version", view.path(), text);
    return {major.value_or(0), minor.value_or(0)};
  };
  return number(system.release, false) >= number(view.as_string(), true);
}

bool any_of(const std::vector<std::string>& wanted, const std::vector<std::string>& have) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const auto& word) { return contains(have, word); });
}

// docker's meaning: every condition of `includes` must hold, and none of `excludes`.
bool applies(const JsonView& entry, const std::vector<std::string>& caps) {
  const JsonView includes = entry.at("includes"), excludes = entry.at("excludes");
  const auto included_caps = includes.get_strings("caps");
  if (!std::all_of(included_caps.begin(), included_caps.end(), [&](const auto& cap) { return contains(caps, cap); }))
    return false;
  const auto arches = includes.get_strings("arches");
  if (!arches.empty() && !contains(arches, kGoArchitecture)) return false;
  if (includes.has("minKernel") && !kernel_is_at_least(includes.at("minKernel"))) return false;
  if (any_of(excludes.get_strings("caps"), caps) || contains(excludes.get_strings("arches"), kGoArchitecture))
    return false;
  return !(excludes.has("minKernel") && kernel_is_at_least(excludes.at("minKernel")));
}

SeccompRule read_rule(const JsonView& entry) {
  SeccompRule made;
  made.names = entry.get_strings("names");
  if (const auto name = entry.find_string("name"); name && !name->empty()) {
    if (!made.names.empty()) throw_error(ErrorKind::invalid, "{}: it has both 'name' and 'names'", entry.path());
    made.names = {*name};
  }
  if (made.names.empty()) throw_error(ErrorKind::invalid, "{}.names must have at least one entry", entry.path());
  made.action = read_action(entry.at("action"));
  made.errno_ret = read_errno(entry);
  for (const auto& arg : entry.at("args").as_array()) {
    const auto index = arg.at("index").is_null() ? 0 : arg.at("index").as_uint();
    if (index > 5) throw_error(ErrorKind::invalid, "{}.index: a system call has arguments 0 to 5", arg.path());
    const JsonView value = arg.at("value"), value_two = arg.at("valueTwo");
    made.args.push_back({static_cast<std::uint32_t>(index), value.is_null() ? 0 : value.as_uint(),
                         value_two.is_null() ? 0 : value_two.as_uint(), arg.at("op").as_string()});
  }
  return made;
}

std::vector<std::string> read_architectures(const JsonView& profile) {
  const auto map = profile.at("archMap").as_array();
  if (map.empty()) return profile.get_strings("architectures");
  for (const auto& row : map) {
    if (row.get_string("architecture") != kNativeArchitecture) continue;
    std::vector<std::string> architectures{std::string(kNativeArchitecture)};
    for (auto& sub : row.get_strings("subArchitectures")) architectures.push_back(std::move(sub));
    return architectures;
  }
  return {};
}

}  // namespace

SeccompSpec seccomp_profile_from_json(std::string_view text, std::string_view what,
                                      const std::vector<std::string>& effective_caps) {
  const Json json = parse_json(text, what);
  const JsonView view(json, std::string(what));
  SeccompSpec profile;
  profile.default_action = read_action(view.at("defaultAction"));
  if (const auto number = view.find_int("defaultErrnoRet")) {
    if (*number < 0 || *number > 4095)
      throw_error(ErrorKind::invalid, "{}.defaultErrnoRet: {} is not an error number", view.path(), *number);
    profile.default_errno_ret = static_cast<std::uint32_t>(*number);
  }
  profile.architectures = read_architectures(view);
  profile.flags = view.get_strings("flags");
  profile.listener_path = view.get_string("listenerPath");
  profile.listener_metadata = view.get_string("listenerMetadata");
  for (const auto& entry : view.at("syscalls").as_array())
    if (applies(entry, effective_caps)) profile.syscalls.push_back(read_rule(entry));
  return profile;
}

}  // namespace lichen::spec
