#include "libpod/sys/netlink_policy.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/netlink_request.hh"

#include <linux/fib_rules.h>
#include <net/if.h>
#include <sys/socket.h>

namespace lichen::sys {
namespace {

constexpr std::uint32_t kPriority = 100;  // before "main", which is 32766
constexpr std::uint32_t kLoopback = 1;    // the first link of every network namespace

}  // namespace

void receive_marked(int netlink, bool v6, std::uint32_t mark, std::uint32_t table) {
  const auto family = static_cast<unsigned char>(v6 ? AF_INET6 : AF_INET);
  rtmsg route{};
  route.rtm_family = family;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_scope = RT_SCOPE_HOST;
  route.rtm_type = RTN_LOCAL;
  NetlinkRequest(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, route)
      .number(RTA_TABLE, table)
      .number(RTA_OIF, kLoopback)
      .run(netlink, "make a route for marked packets");

  fib_rule_hdr rule{};
  rule.family = family;
  rule.action = FR_ACT_TO_TBL;
  NetlinkRequest(RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, rule)
      .number(FRA_PRIORITY, kPriority)
      .number(FRA_FWMARK, mark)
      .number(FRA_TABLE, table)
      .run(netlink, "make a rule for marked packets");
}

}  // namespace lichen::sys
