// Processes of the hub that handle what strangers send: names (name_answers.hh) and published ports
// (port_forwarder.hh). Each lives in the hub's network namespace, has nothing of the hub's but one socket, and ends
// with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "libpod/sys/process.hh"

namespace lichen::hub {

/// Then memory that is not used is given back: also what the hub had in use when it forked.
inline constexpr std::chrono::milliseconds kQuiet{1000};

struct HubChild {
  sys::Pid process;
  sys::UniqueFd control;  // SOCK_SEQPACKET; the child's end of it ends when the hub does
};

/// @param name  as ps shows it @param body  in the hub's namespace, with the child's end; calls give_up_powers() as
/// soon as it has opened what needs any
HubChild fork_hub_child(const char* name, int hub_netns, const std::function<void(sys::UniqueFd control)>& body);
/// No capabilities but these (bits by their numbers), no way to get any.
void give_up_powers(std::uint64_t kept = 0);

}  // namespace lichen::hub
