// procfs through a descriptor that is proven to be procfs.
//
// An image or a mount may put other files at /proc (CVE-2019-16884, CVE-2019-19921, CVE-2025-52881): a label or a
// sysctl that is written there is silently lost, or does harm. Every write of ours starts at a descriptor that
// fstatfs(2) says is PROC_SUPER_MAGIC, and resolves beneath it without crossing a mount and without magic links.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

class ProcFs {
 public:
  /// /proc of this mount namespace. Open it before the root changes. @throws Error{unsupported} it is not procfs
  static ProcFs open_host();
  /// An own detached instance for the pid namespace that we are in, which nobody can mount over; needs its ownership.
  static ProcFs make();
  explicit ProcFs(UniqueFd root);

  /// @param path  relative: "self/attr/exec", "sys/net/ipv4/ip_forward"
  /// @throws Error{not_found|permission|system}; Error{invalid} something is mounted on the way
  UniqueFd open_file(const std::string& path, int flags) const;
  /// One write(2) of the whole text.
  void write(const std::string& path, std::string_view text) const;
  std::string read(const std::string& path) const;
  int fd() const { return root_.get(); }

 private:
  UniqueFd root_;
};

bool is_procfs(int fd);

}  // namespace lichen::sys
