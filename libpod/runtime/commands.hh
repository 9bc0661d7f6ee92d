// One function per command; each returns the exit code. The files are named after the commands.
#pragma once

#include "libpod/runtime/options.hh"

namespace lichen::runtime {

int create_command(const Options& options);
int run_command(const Options& options);
int start_command(const Options& options);
int kill_command(const Options& options);
int delete_command(const Options& options);
int exec_command(const Options& options);
int state_command(const Options& options);
int list_command(const Options& options);
int ps_command(const Options& options);
int pause_command(const Options& options);
int resume_command(const Options& options);
int update_command(const Options& options);
int features_command(const Options& options);
int spec_command(const Options& options);

}  // namespace lichen::runtime
