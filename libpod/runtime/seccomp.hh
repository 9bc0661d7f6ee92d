// Seccomp filters: a profile compiled by libseccomp into a classic BPF program, kept beside the container for `exec`
// and, when a directory is given, in a cache for other containers with the same profile.
//
// Compiling takes milliseconds, reading 20 KB microseconds. A cache entry is named by a hash and holds the whole input:
// a collision, a damaged or foreign file is only a miss. Nothing is taken from a directory that others could write.
#pragma once

#include <optional>
#include <string>

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

struct SeccompFilter {
  std::string program;      // an array of struct sock_filter; empty: none
  std::uint32_t flags = 0;  // SECCOMP_FILTER_FLAG_*
};

/// @throws Error{invalid}      an unknown action, operator, architecture or flag
/// @throws Error{unsupported}  listenerPath; a flag that this kernel does not have
SeccompFilter compile_seccomp(const spec::SeccompSpec& profile);

/// From the cache, else compiled and put there. @param cache_dir  empty: no cache
SeccompFilter seccomp_filter(const spec::SeccompSpec& profile, const std::string& cache_dir);

/// For <root>/<id>/seccomp.bpf. @throws Error{invalid} a damaged file: there is no running without it
std::string encode(const SeccompFilter& filter);
SeccompFilter decode_seccomp(std::string_view text, const std::string& what);

/// @must have no_new_privs set or CAP_SYS_ADMIN @throws Error: the caller must not go on (fail closed)
void install_seccomp(const SeccompFilter& filter);

/// Names for `features`.
std::vector<std::string> seccomp_actions();
std::vector<std::string> seccomp_operators();
std::vector<std::string> seccomp_architectures();
std::vector<std::string> seccomp_flags();

}  // namespace lichen::runtime
