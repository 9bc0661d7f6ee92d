// Whether the first process of a pid namespace gets a signal.
//
// The kernel drops signals for which that process has no handler (pid_namespaces(7)), so waiting for their effect is
// waiting for nothing. Blocked ones are kept for sigwait or signalfd.
#pragma once

#include <sys/types.h>

namespace lichen::sys {

enum class Notice { yes, no, unclear };

/// One look, before the signal is sent or after it. To kill what would have ended well is worse than to wait: who may
/// not look (ptrace(2), "Ptrace access mode checking") is told yes, and a process that is just at work is unclear.
///
/// @param pid  as seen from here; of any other process than a first one: no = it ignores the signal
Notice notices(pid_t pid, int signal);

}  // namespace lichen::sys
