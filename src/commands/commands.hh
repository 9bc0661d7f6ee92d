// One function per command. To wire a command: declare it here, write src/commands/NAME.cc, and name it as `.handler`
// in the command's row in src/tables.
#pragma once

#include "src/context.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

int logs_command(Context& context, const ParsedArgs& args);
int container_prune_command(Context& context, const ParsedArgs& args);
int container_exists_command(Context& context, const ParsedArgs& args);
int version_command(Context& context, const ParsedArgs& args);
int completion_command(Context& context, const ParsedArgs& args);
int help_command(Context& context, const ParsedArgs& args);
int complete_command(Context& context, const ParsedArgs& args);
int man_command(Context& context, const ParsedArgs& args);
int flags_command(Context& context, const ParsedArgs& args);

int run_command(Context& context, const ParsedArgs& args);
int create_command(Context& context, const ParsedArgs& args);
int start_command(Context& context, const ParsedArgs& args);
int stop_command(Context& context, const ParsedArgs& args);
int kill_command(Context& context, const ParsedArgs& args);
int rm_command(Context& context, const ParsedArgs& args);
int exec_command(Context& context, const ParsedArgs& args);
int attach_command(Context& context, const ParsedArgs& args);
int restart_command(Context& context, const ParsedArgs& args);
int pause_command(Context& context, const ParsedArgs& args);
int unpause_command(Context& context, const ParsedArgs& args);
int rename_command(Context& context, const ParsedArgs& args);
int update_command(Context& context, const ParsedArgs& args);
int events_command(Context& context, const ParsedArgs& args);
int top_command(Context& context, const ParsedArgs& args);
int stats_command(Context& context, const ParsedArgs& args);
int port_command(Context& context, const ParsedArgs& args);
int healthcheck_run_command(Context& context, const ParsedArgs& args);
int wait_command(Context& context, const ParsedArgs& args);
int pull_command(Context& context, const ParsedArgs& args);
int push_command(Context& context, const ParsedArgs& args);
int login_command(Context& context, const ParsedArgs& args);
int logout_command(Context& context, const ParsedArgs& args);
int load_command(Context& context, const ParsedArgs& args);
int import_command(Context& context, const ParsedArgs& args);
int save_command(Context& context, const ParsedArgs& args);
int doctor_command(Context& context, const ParsedArgs& args);
int info_command(Context& context, const ParsedArgs& args);
int unshare_command(Context& context, const ParsedArgs& args);
int ps_command(Context& context, const ParsedArgs& args);
int inspect_command(Context& context, const ParsedArgs& args);
int container_inspect_command(Context& context, const ParsedArgs& args);
int images_command(Context& context, const ParsedArgs& args);
int rmi_command(Context& context, const ParsedArgs& args);
int tag_command(Context& context, const ParsedArgs& args);
int untag_command(Context& context, const ParsedArgs& args);
int history_command(Context& context, const ParsedArgs& args);
int image_inspect_command(Context& context, const ParsedArgs& args);
int image_exists_command(Context& context, const ParsedArgs& args);
int commit_command(Context& context, const ParsedArgs& args);
int cp_command(Context& context, const ParsedArgs& args);
int export_command(Context& context, const ParsedArgs& args);
int mount_command(Context& context, const ParsedArgs& args);
int unmount_command(Context& context, const ParsedArgs& args);
int diff_command(Context& context, const ParsedArgs& args);
int image_diff_command(Context& context, const ParsedArgs& args);
int image_tree_command(Context& context, const ParsedArgs& args);
int manifest_create_command(Context& context, const ParsedArgs& args);
int manifest_add_command(Context& context, const ParsedArgs& args);
int manifest_annotate_command(Context& context, const ParsedArgs& args);
int manifest_inspect_command(Context& context, const ParsedArgs& args);
int manifest_push_command(Context& context, const ParsedArgs& args);
int manifest_rm_command(Context& context, const ParsedArgs& args);
int manifest_remove_command(Context& context, const ParsedArgs& args);
int manifest_exists_command(Context& context, const ParsedArgs& args);
int image_mount_command(Context& context, const ParsedArgs& args);
int image_unmount_command(Context& context, const ParsedArgs& args);
int search_command(Context& context, const ParsedArgs& args);
int image_prune_command(Context& context, const ParsedArgs& args);
int volume_create_command(Context& context, const ParsedArgs& args);
int volume_ls_command(Context& context, const ParsedArgs& args);
int volume_inspect_command(Context& context, const ParsedArgs& args);
int volume_rm_command(Context& context, const ParsedArgs& args);
int volume_prune_command(Context& context, const ParsedArgs& args);
int volume_export_command(Context& context, const ParsedArgs& args);
int volume_mount_command(Context& context, const ParsedArgs& args);
int volume_unmount_command(Context& context, const ParsedArgs& args);
int volume_import_command(Context& context, const ParsedArgs& args);
int network_create_command(Context& context, const ParsedArgs& args);
int network_ls_command(Context& context, const ParsedArgs& args);
int network_inspect_command(Context& context, const ParsedArgs& args);
int network_rm_command(Context& context, const ParsedArgs& args);
int network_prune_command(Context& context, const ParsedArgs& args);
int network_connect_command(Context& context, const ParsedArgs& args);
int network_disconnect_command(Context& context, const ParsedArgs& args);
int network_update_command(Context& context, const ParsedArgs& args);
int network_reload_command(Context& context, const ParsedArgs& args);
int network_exists_command(Context& context, const ParsedArgs& args);
int pod_create_command(Context& context, const ParsedArgs& args);
int pod_ps_command(Context& context, const ParsedArgs& args);
int pod_start_command(Context& context, const ParsedArgs& args);
int pod_stop_command(Context& context, const ParsedArgs& args);
int pod_restart_command(Context& context, const ParsedArgs& args);
int pod_kill_command(Context& context, const ParsedArgs& args);
int pod_pause_command(Context& context, const ParsedArgs& args);
int pod_unpause_command(Context& context, const ParsedArgs& args);
int pod_rm_command(Context& context, const ParsedArgs& args);
int pod_prune_command(Context& context, const ParsedArgs& args);
int pod_exists_command(Context& context, const ParsedArgs& args);
int pod_inspect_command(Context& context, const ParsedArgs& args);
int pod_logs_command(Context& context, const ParsedArgs& args);
int pod_top_command(Context& context, const ParsedArgs& args);
int pod_stats_command(Context& context, const ParsedArgs& args);
int pod_clone_command(Context& context, const ParsedArgs& args);
int build_command(Context& context, const ParsedArgs& args);
int builder_prune_command(Context& context, const ParsedArgs& args);
int volume_exists_command(Context& context, const ParsedArgs& args);
int secret_create_command(Context& context, const ParsedArgs& args);
int secret_ls_command(Context& context, const ParsedArgs& args);
int secret_inspect_command(Context& context, const ParsedArgs& args);
int secret_rm_command(Context& context, const ParsedArgs& args);
int secret_exists_command(Context& context, const ParsedArgs& args);
int system_df_command(Context& context, const ParsedArgs& args);
int system_prune_command(Context& context, const ParsedArgs& args);
int system_check_command(Context& context, const ParsedArgs& args);

}  // namespace lichen::cli
