#include "libpod/spec/capabilities.hh"

#include <set>

#include "libpod/base/strings.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

using Strings = std::vector<std::string>;

Strings defaults() { return {default_capabilities().begin(), default_capabilities().end()}; }

TEST(Capabilities, Tables) {
  const std::set<std::string_view> all(all_capabilities().begin(), all_capabilities().end());
  EXPECT_EQ(all.size(), 41u);
  EXPECT_EQ(all_capabilities()[0], "CAP_CHOWN");
  EXPECT_EQ(all_capabilities()[21], "CAP_SYS_ADMIN");
  EXPECT_EQ(all_capabilities()[31], "CAP_SETFCAP");
  EXPECT_EQ(all_capabilities()[40], "CAP_CHECKPOINT_RESTORE");
  EXPECT_EQ(default_capabilities().size(), 11u);
  for (const auto name : default_capabilities()) EXPECT_TRUE(all.contains(name)) << name;
  // The mask that the kernel shows for the set of the design: CapBnd 800405fb.
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < all_capabilities().size(); ++i)
    for (const auto name : default_capabilities())
      if (name == all_capabilities()[i]) mask |= std::uint64_t{1} << i;
  EXPECT_EQ(mask, 0x800405fbu);
}

TEST(Capabilities, Normalize) {
  for (const char* text : {"NET_RAW", "net_raw", "CAP_NET_RAW", "cap_net_raw", "Cap_Net_Raw"})
    EXPECT_EQ(normalize_capability(text, "--cap-add"), "CAP_NET_RAW");
  EXPECT_EQ(normalize_capability("all", "--cap-add"), "ALL");
  EXPECT_EQ(normalize_capability("CAP_ALL", "--cap-add"), "ALL");
  expect_error(ErrorKind::usage, "did you mean CAP_NET_RAW?", [] { normalize_capability("net_row", "--cap-add"); });
  for (const char* text : {"", "CAP_", "CAP_CAP_CHOWN", " CHOWN", "XYZ_QQQQQQQQQ"})
    expect_error(
        ErrorKind::usage, "no such capability", [&] { normalize_capability(text, "--cap-drop"); }, text);
}

TEST(Capabilities, Arithmetic) {
  EXPECT_EQ(compute_capabilities({}, {}, false), defaults());
  EXPECT_EQ(compute_capabilities({}, {}, true).size(), 41u);
  EXPECT_EQ(compute_capabilities({}, Strings{"ALL"}, false), Strings{});
  EXPECT_EQ(compute_capabilities(Strings{"net_raw", "chown"}, Strings{"all"}, false),
            (Strings{"CAP_CHOWN", "CAP_NET_RAW"}));
  EXPECT_EQ(compute_capabilities(Strings{"ALL"}, {}, false).size(), 41u);
  EXPECT_EQ(compute_capabilities(Strings{"ALL"}, Strings{"SYS_ADMIN"}, false).size(), 40u);
  EXPECT_EQ(compute_capabilities(Strings{"ALL"}, Strings{"ALL"}, false).size(), 41u);
  EXPECT_EQ(compute_capabilities(Strings{"CHOWN"}, Strings{"CHOWN"}, false), defaults());
  EXPECT_EQ(compute_capabilities({}, Strings{"CHOWN", "KILL"}, false).size(), 9u);
  EXPECT_EQ(compute_capabilities(Strings{"NET_RAW", "NET_RAW"}, {}, false).size(), 12u);
  EXPECT_EQ(compute_capabilities({}, Strings{"CHOWN"}, true).size(), 41u);  // docker: --privileged beats --cap-drop
}

TEST(Capabilities, Available) {
  const Strings available{"CAP_CHOWN", "CAP_KILL"};
  EXPECT_EQ(compute_capabilities({}, {}, true, available), available);
  EXPECT_EQ(compute_capabilities(Strings{"ALL"}, {}, false, available), available);
  expect_error(ErrorKind::unsupported, "--cap-add 'CAP_NET_RAW'",
               [&] { compute_capabilities(Strings{"NET_RAW"}, {}, false, available); });
}

}  // namespace
}  // namespace lichen::spec
