// Finding and executing the container's program.
#pragma once

#include <string>
#include <vector>

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

/// The environment as the program gets it: the last of several entries with one name wins; HOME is added from
/// /etc/passwd when missing.
/// @stage in the container's root
std::vector<std::string> final_environment(const spec::OciProcess& process);

/// args[0] as a path: itself when it has a slash, else the first executable file in the PATH of `env`.
/// @throws StartError 127 not found, 126 not executable; worded as docker does
/// @stage in the container's root, in the process's working directory
std::string find_program(const spec::OciProcess& process, const std::vector<std::string>& env);

/// chdir to process.cwd and make sure that it is inside the root (C01: a directory that was opened outside has no path
/// here).
/// @throws StartError 127 when it does not exist, 126 else (docker's codes)
void enter_working_directory(const std::string& cwd);

/// @throws StartError; does not return otherwise
[[noreturn]] void execute(const std::string& program, const std::vector<std::string>& args,
                          const std::vector<std::string>& env);

/// Close all but 0, 1, 2, the `preserve` ones after them, and those of `keep` (-1 entries are skipped); numbers stay.
void close_all_but(int preserve, std::vector<int> keep);

/// Close all but 0, 1, 2, the `preserve` ones after them, and `keep` (which must be CLOEXEC). @return the number that
/// `keep` has now
int close_other_descriptors(int preserve, int keep);

}  // namespace lichen::runtime
