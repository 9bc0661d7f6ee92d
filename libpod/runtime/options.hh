// The command line of lichen-oci as one table: parsing, help and `features` read it. Spellings are those of runc and
// crun, so that podman, conmon, Slurm and scripts can use either.
#pragma once

#include <string>
#include <vector>

namespace lichen::runtime {

struct Options {
  // before the command
  std::string root;
  std::string log;
  std::string log_format = "text";
  std::string cgroup_manager = "cgroupfs";
  std::string seccomp_cache;  // directory of compiled filters; empty: none
  std::string rootless = "auto";
  bool systemd_cgroup = false;
  bool ignore_cgroups = false;  // run without the limits that this machine cannot apply
  bool debug = false;
  bool version = false;
  bool help = false;

  std::string command;

  // after it
  std::string bundle = ".";
  std::string pid_file;
  std::string console_socket;
  std::string preserve_fds_text;
  bool no_pivot = false;
  bool no_new_keyring = false;
  bool no_subreaper = false;
  bool die_with_parent = false;
  bool detach = false;
  bool keep = false;
  bool all = false;
  bool force = false;
  bool quiet = false;
  bool tty = false;
  bool no_new_privs = false;
  std::string format = "table";
  std::string process_file;
  std::string user;
  std::string cwd;
  std::string signal;
  std::string resources_file;
  std::vector<std::string> env;
  std::vector<std::string> caps;

  std::vector<std::string> arguments;  // ID, SIGNAL, CMD...

  int preserve_fds = 0;
};

/// @throws Error{usage} naming the option, with the nearest spelling
Options parse_options(const std::vector<std::string>& words);

std::string help_text(const std::string& command);

/// ids are file names: [A-Za-z0-9_+.-]+, at most 255, neither "." nor "..". @throws Error{usage}
void check_id(const std::string& id);

}  // namespace lichen::runtime
