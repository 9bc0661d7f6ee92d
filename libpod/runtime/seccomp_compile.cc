// Theory of operation. libseccomp makes the program; three things are ours:
// - Numbers that the profile's author could not know. A profile whose default is EPERM or kill would break programs
// that probe for a
//   newer system call and fall back on ENOSYS only (glibc does). So a few instructions are put in front: a number above
//   all those that the profile or the library can name gives ENOSYS.
// - System calls newer than the library (it knows Linux 5.17): their numbers are the same on all architectures and
// listed here.
// - Another architecture than the listed ones: ENOSYS instead of the library's kill, as if this kernel did not have it,
// unless the
//   profile kills by default.
// The library's binary tree (SCMP_FLTATR_CTL_OPTIMIZE 2) makes a decision in about ten instructions instead of
// hundreds.
#include "libpod/runtime/seccomp_compile.hh"

#include <algorithm>
#include <memory>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/unique_fd.hh"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstddef>

namespace lichen::runtime {
namespace {

template <typename T>
struct Named {
  std::string_view name;
  T value;
};

constexpr std::uint32_t kErrnoAction = SCMP_ACT_ERRNO(0);
constexpr std::uint32_t kTraceAction = SCMP_ACT_TRACE(0);

constexpr Named<std::uint32_t> kActions[] = {
    {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
    {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
    {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
    {"SCMP_ACT_ERRNO", kErrnoAction},
    {"SCMP_ACT_TRACE", kTraceAction},
    {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
    {"SCMP_ACT_LOG", SCMP_ACT_LOG},
};

constexpr Named<scmp_compare> kOperators[] = {
    {"SCMP_CMP_NE", SCMP_CMP_NE},
    {"SCMP_CMP_LT", SCMP_CMP_LT},
    {"SCMP_CMP_LE", SCMP_CMP_LE},
    {"SCMP_CMP_EQ", SCMP_CMP_EQ},
    {"SCMP_CMP_GE", SCMP_CMP_GE},
    {"SCMP_CMP_GT", SCMP_CMP_GT},
    {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

constexpr Named<std::uint32_t> kArchitectures[] = {
    {"SCMP_ARCH_X86", SCMP_ARCH_X86},
    {"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
    {"SCMP_ARCH_X32", SCMP_ARCH_X32},
    {"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
    {"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
    {"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
    {"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
    {"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
    {"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
    {"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
    {"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
    {"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
    {"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
    {"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
    {"SCMP_ARCH_S390", SCMP_ARCH_S390},
    {"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
    {"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
    {"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
    {"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
};

constexpr Named<std::uint32_t> kFlags[] = {
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
};

// Linux 5.18 to 6.13, include/uapi/asm-generic/unistd.h.
constexpr Named<int> kNewerCalls[] = {
    {"cachestat", 451},         {"fchmodat2", 452},         {"map_shadow_stack", 453}, {"futex_wake", 454},
    {"futex_wait", 455},        {"futex_requeue", 456},     {"statmount", 457},        {"listmount", 458},
    {"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},        {"listxattrat", 465},      {"removexattrat", 466},
    {"open_tree_attr", 467},
};

template <typename T, std::size_t N>
const Named<T>* find(const Named<T> (&table)[N], std::string_view name) {
  for (const auto& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

template <typename T, std::size_t N>
std::vector<std::string> names(const Named<T> (&table)[N]) {
  std::vector<std::string> out;
  for (const auto& row : table) out.emplace_back(row.name);
  return out;
}

std::uint32_t action_value(const std::string& name, std::optional<std::uint32_t> errno_ret) {
  if (name == "SCMP_ACT_NOTIFY")
    throw_error(ErrorKind::unsupported,
                "linux.seccomp: SCMP_ACT_NOTIFY needs a listener, which lichen-oci does not have");
  const auto* row = find(kActions, name);
  if (row == nullptr) throw_error(ErrorKind::invalid, "linux.seccomp: '{}' is not an action", name);
  const std::uint32_t number = errno_ret.value_or(EPERM);
  if (row->value == kErrnoAction) return SCMP_ACT_ERRNO(number);
  if (row->value == kTraceAction) return SCMP_ACT_TRACE(number);
  return row->value;
}

struct ReleaseContext {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, ReleaseContext>;

[[noreturn]] void throw_library(int result, std::string_view what) {
  throw_errno_value(-result, "compile the seccomp profile: {}", what);
}

void add_architectures(scmp_filter_ctx context, const spec::SeccompSpec& profile) {
  if (profile.architectures.empty()) return;
  bool native = false;
  for (const auto& name : profile.architectures) {
    const auto* row = find(kArchitectures, name);
    if (row == nullptr) throw_error(ErrorKind::invalid, "linux.seccomp: '{}' is not an architecture", name);
    native = native || row->value == ::seccomp_arch_native();
    const int result = ::seccomp_arch_add(context, row->value);
    if (result != 0 && result != -EEXIST) throw_library(result, name);
  }
  if (!native) ::seccomp_arch_remove(context, ::seccomp_arch_native());
}

std::vector<scmp_arg_cmp> compare_list(const spec::SeccompRule& rule) {
  std::vector<scmp_arg_cmp> list;
  for (const auto& arg : rule.args) {
    const auto* op = find(kOperators, arg.op);
    if (op == nullptr || arg.index > 5)
      throw_error(ErrorKind::invalid, "linux.seccomp: '{}' of argument {} is not a comparison", arg.op, arg.index);
    list.push_back({arg.index, op->value, arg.value, arg.value_two});
  }
  return list;
}

bool same_index_twice(const std::vector<scmp_arg_cmp>& list) {
  for (std::size_t i = 0; i < list.size(); ++i)
    for (std::size_t j = i + 1; j < list.size(); ++j)
      if (list[i].arg == list[j].arg) return true;
  return false;
}

int call_number(const std::string& name) {
  const int number = ::seccomp_syscall_resolve_name(name.c_str());
  if (number != __NR_SCMP_ERROR) return number;
  const auto* newer = find(kNewerCalls, name);
  return newer != nullptr ? newer->value : __NR_SCMP_ERROR;
}

class Compiler {
 public:
  explicit Compiler(const spec::SeccompSpec& profile)
      : profile_(profile),
        default_(action_value(profile.default_action, profile.default_errno_ret)),
        context_(::seccomp_init(default_)) {
    if (!context_) throw_error(ErrorKind::system, "compile the seccomp profile: out of memory");
  }

  SeccompFilter compile() {
    SeccompFilter filter;
    for (const auto& name : profile_.flags) {
      const auto* row = find(kFlags, name);
      if (row == nullptr) throw_error(ErrorKind::unsupported, "linux.seccomp.flags: '{}' is not supported", name);
      filter.flags |= row->value;
    }
    add_architectures(context_.get(), profile_);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);
    set(SCMP_FLTATR_ACT_BADARCH,
        denies_softly() || default_ == SCMP_ACT_ALLOW || default_ == SCMP_ACT_LOG ? SCMP_ACT_ERRNO(ENOSYS) : default_);
    for (const auto& rule : profile_.syscalls) add_rule(rule);
    filter.program = prologue() + export_program();
    if (filter.program.size() / sizeof(sock_filter) > BPF_MAXINSNS)
      throw_error(ErrorKind::invalid, "compile the seccomp profile: it needs more than {} instructions", BPF_MAXINSNS);
    return filter;
  }

 private:
  bool denies_softly() const { return (default_ & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO; }

  void set(scmp_filter_attr attribute, std::uint32_t value) {
    if (const int result = ::seccomp_attr_set(context_.get(), attribute, value); result != 0)
      throw_library(result, "set an attribute");
  }

  void add_rule(const spec::SeccompRule& rule) {
    const std::uint32_t action = action_value(rule.action, rule.errno_ret);
    const auto list = compare_list(rule);
    // A rule that says what the default says is an error to the library.
    const bool same_as_default = action == default_;
    for (const auto& name : rule.names) {
      const int number = call_number(name);
      if (number == __NR_SCMP_ERROR)
        continue;  // not of this architecture, or newer than all that we know: the prologue answers
      highest_ = std::max(highest_, number);
      if (same_as_default) continue;
      if (same_index_twice(list)) {
        // One rule cannot compare an argument twice; docker's meaning is "or" then.
        for (const auto& one : list) add(action, number, &one, 1, name);
      } else {
        add(action, number, list.data(), list.size(), name);
      }
    }
  }

  void add(std::uint32_t action, int number, const scmp_arg_cmp* list, std::size_t count, const std::string& name) {
    const int result = ::seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(count), list);
    // EDOM, EFAULT: the call does not exist on one of the further architectures.
    if (result != 0 && result != -EEXIST && result != -EDOM && result != -EFAULT) throw_library(result, name);
  }

  std::string export_program() {
    const sys::UniqueFd file(::memfd_create("bpf", MFD_CLOEXEC));
    if (!file) throw_errno("make a memory file");
    if (const int result = ::seccomp_export_bpf(context_.get(), file.get()); result != 0)
      throw_library(result, "export");
    if (::lseek(file.get(), 0, SEEK_SET) != 0) throw_errno("rewind a memory file");
    return sys::read_all(file.get(), "the seccomp program");
  }

  // Instructions for "native architecture, number above all known: ENOSYS", else on to the library's program.
  std::string prologue() const {
#if defined(__x86_64__) || defined(__aarch64__)
#if defined(__x86_64__)
    constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
#else
    constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
#endif
    constexpr std::uint32_t kX32Bit = 0x40000000;
    const bool allows = default_ == SCMP_ACT_ALLOW || default_ == SCMP_ACT_LOG;
    if (allows || default_ == SCMP_ACT_ERRNO(ENOSYS) || (default_ & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE)
      return {};
    const auto last = static_cast<std::uint32_t>(std::max(highest_, kNewerCalls[0].value - 1));
    const sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNative, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    return {reinterpret_cast<const char*>(code), sizeof code};
#else
    return {};
#endif
  }

  const spec::SeccompSpec& profile_;
  std::uint32_t default_;
  Context context_;
  int highest_ = 0;
};

}  // namespace

SeccompFilter compile_seccomp(const spec::SeccompSpec& profile) {
  if (!profile.listener_path.empty() || !profile.listener_metadata.empty())
    throw_error(ErrorKind::unsupported, "linux.seccomp.listenerPath: notifications are not supported");
  if (profile.default_action.empty()) throw_error(ErrorKind::invalid, "linux.seccomp.defaultAction is missing");
  return Compiler(profile).compile();
}

std::string seccomp_library_version() {
  const scmp_version* version = ::seccomp_version();
  return format("{}.{}.{}", version->major, version->minor, version->micro);
}

std::vector<std::string> seccomp_actions() { return names(kActions); }
std::vector<std::string> seccomp_operators() { return names(kOperators); }
std::vector<std::string> seccomp_architectures() { return names(kArchitectures); }
std::vector<std::string> seccomp_flags() { return names(kFlags); }

}  // namespace lichen::runtime
