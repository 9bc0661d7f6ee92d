#include "libpod/engine/pretended_ids.hh"

#include <algorithm>
#include <set>

#include "libpod/sys/userns.hh"

namespace lichen::engine {
namespace {

// The names of 32-bit programs too.
const std::set<std::string, std::less<>>& pretended_calls() {
  static const std::set<std::string, std::less<>> kCalls = {
      "chown",      "chown32",   "fchown",      "fchown32",  "fchownat",    "lchown",     "lchown32",
      "setuid",     "setuid32",  "setgid",      "setgid32",  "setreuid",    "setreuid32", "setregid",
      "setregid32", "setresuid", "setresuid32", "setresgid", "setresgid32", "setgroups",  "setgroups32",
      "setfsuid",   "setfsgid",  "setfsuid32",  "setfsgid32"};
  return kCalls;
}

}  // namespace

bool has_single_id() {
  const auto maps = sys::current_maps();
  return maps.uids.size() == 1 && maps.uids[0].count == 1;
}

void pretend_ids(spec::OciSpec& spec) {
  if (!spec.linux_ || !spec.linux_->seccomp) return;
  auto& rules = spec.linux_->seccomp->syscalls;
  for (auto& rule : rules)
    std::erase_if(rule.names, [](const std::string& name) { return pretended_calls().contains(name); });
  std::erase_if(rules, [](const spec::SeccompRule& rule) { return rule.names.empty(); });
  spec::SeccompRule answer;
  answer.names.assign(pretended_calls().begin(), pretended_calls().end());
  answer.action = "SCMP_ACT_ERRNO";
  answer.errno_ret = 0;
  rules.push_back(std::move(answer));
}

std::string apt_configuration() { return "APT::Sandbox::User \"root\";\n"; }

}  // namespace lichen::engine
