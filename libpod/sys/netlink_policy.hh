// Policy routing (ip-rule(8)): what is marked goes another way. A netlink socket belongs to the namespace in which it
// was opened.
#pragma once

#include <cstdint>

namespace lichen::sys {

/// Packets with this mark (nftables' "meta mark") are for us, whatever address they go to.
/// @param table  number of a routing table that nobody else uses
/// @throws Error{unsupported} with EOPNOTSUPP or EAFNOSUPPORT: the kernel has no policy routing, or no IPv6
void receive_marked(int netlink, bool v6, std::uint32_t mark, std::uint32_t table);

}  // namespace lichen::sys
