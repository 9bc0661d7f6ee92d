// Making the first process in its namespaces: one clone3 when all are new or inherited, an intermediate process when
// some are joined.
#pragma once

#include <string>
#include <vector>

#include "libpod/runtime/init.hh"
#include "libpod/sys/process.hh"

namespace lichen::runtime {

struct NamespacePlan {
  std::uint64_t create = 0;  // CLONE_NEW* for clone3
  int create_in_init = 0;    // for unshare(2) later
  struct Join {
    sys::UniqueFd fd;
    int flag;
    std::string type;
  };
  std::vector<Join> join;  // user first, mount last
};

/// Open what is joined; a path that is the namespace that we are in already counts as inherited.
NamespacePlan plan_namespaces(const spec::OciLinux& linux, bool own_cgroup);

/// @param plan  for run_init in the child; late joins are added to the child's copy
sys::Pid spawn_init(const NamespacePlan& namespaces, int cgroup_fd, InitPlan& plan);

}  // namespace lichen::runtime
