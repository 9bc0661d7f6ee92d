#include "libpod/sys/capabilities.hh"

#include "libpod/base/error.hh"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

struct CapData {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
};

std::uint32_t low(std::uint64_t bits) { return static_cast<std::uint32_t>(bits); }
std::uint32_t high(std::uint64_t bits) { return static_cast<std::uint32_t>(bits >> 32); }
std::uint64_t both(std::uint32_t low_bits, std::uint32_t high_bits) {
  return std::uint64_t{high_bits} << 32 | low_bits;
}

}  // namespace

int last_capability() {
  int last = -1;
  while (last < 63 && ::prctl(PR_CAPBSET_READ, last + 1) >= 0) ++last;
  return last;
}

CapabilitySets current_capabilities() {
  CapData now;
  if (::syscall(SYS_capget, &now.header, now.data) != 0) throw_errno("read capabilities");
  CapabilitySets sets;
  sets.effective = both(now.data[0].effective, now.data[1].effective);
  sets.permitted = both(now.data[0].permitted, now.data[1].permitted);
  sets.inheritable = both(now.data[0].inheritable, now.data[1].inheritable);
  for (int bit = 0; bit < 64; ++bit) {
    const int bounded = ::prctl(PR_CAPBSET_READ, bit);
    if (bounded < 0) break;
    if (bounded == 1) sets.bounding |= std::uint64_t{1} << bit;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, bit, 0, 0) == 1) sets.ambient |= std::uint64_t{1} << bit;
  }
  return sets;
}

void limit_bounding_set(std::uint64_t keep) {
  for (int bit = 0; bit < 64; ++bit) {
    if ((keep >> bit & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, bit, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break;  // past the last one
    throw_errno("drop capability {} from the bounding set", bit);
  }
}

void set_capabilities(std::uint64_t effective, std::uint64_t permitted, std::uint64_t inheritable) {
  CapData wanted;
  wanted.data[0] = {low(effective), low(permitted), low(inheritable)};
  wanted.data[1] = {high(effective), high(permitted), high(inheritable)};
  if (::syscall(SYS_capset, &wanted.header, wanted.data) != 0) throw_errno("set capabilities");
}

void set_ambient(std::uint64_t ambient) {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) throw_errno("clear ambient capabilities");
  for (int bit = 0; bit < 64; ++bit)
    if ((ambient >> bit & 1) != 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bit, 0, 0) != 0)
      throw_errno("raise ambient capability {}", bit);
}

void keep_capabilities(bool on) {
  if (::prctl(PR_SET_KEEPCAPS, on ? 1 : 0, 0, 0, 0) != 0) throw_errno("keep capabilities over a change of user");
}

void set_no_new_privs() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_errno("set no_new_privs");
}

void set_dumpable(bool on) {
  if (::prctl(PR_SET_DUMPABLE, on ? 1 : 0, 0, 0, 0) != 0) throw_errno("set the process {}dumpable", on ? "" : "not ");
}

}  // namespace lichen::sys
