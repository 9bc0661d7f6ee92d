// Data: the commands about the host and lichen itself, and the options that stand before any command.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kGlobal[] = {
    text("config", "path", "Directory of docker's config.json with credentials (default ~/.docker)")
        .with_objects(directory),
    flag('D', "debug", "The same as --log-level=debug"),
    text('l', "log-level", "level", "What is told on standard error")
        .with_default("warn")
        .with_values("error|warn|warning|info|debug|trace|fatal|panic"),
    text("root", "path", "Where images, containers and volumes are kept").with_objects(directory),
    text("runroot", "path", "Where what lasts until the next boot is kept").with_objects(directory),
    text("runtime", "path", "OCI runtime (default: lichen-oci)").with_objects(file),
    text("storage-driver", "driver", "How layers are stacked").with_values("overlay|fuse-overlayfs|vfs"),
    flag('v', "version", "Print the version"),
};

constexpr OptionSpec kFormat[] = {
    text('f', "format", "template", "Print with a Go template, or 'json'"),
};
constexpr OptionSpec kDoctor[] = {
    text('f', "format", "format", "Print as JSON").with_values("json|table"),
};
constexpr OptionSpec kSystemCheck[] = {
    flag('q', "quick", "Look at records only, not at the content of layers"),
    flag('r', "repair", "Mend what can be mended and set the rest aside"),
};

constexpr OptionSpec kSystemDf[] = {
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    flag('v', "verbose", "Every image, container and volume"),
};
constexpr OptionSpec kSystemPrune[] = {
    flag('a', "all", "Every image that no container uses, not only nameless ones"),
    flag("external", "Containers of other tools in the store too: there are none in lichen's").as_hidden(),
    list("filter", "key=value", "Remove only what matches").with_hints("label=|label!=|until="),
    flag('f', "force", "Do not ask"),
    flag("volumes", "Anonymous volumes that no container uses too"),
};

constexpr CommandSpec kGlobalSpec = {
    .path = "",
    .aliases = "",
    .summary = "Containers without root and without a daemon",
    .usage = "[OPTIONS] COMMAND",
    .description = "",
    .examples =
        "# a shell in Debian that leaves nothing behind\nlichen run --rm -it debian bash\n"
        "# a web server in the background, its log, and its end\nlichen run -d --name web -p 8080:80 nginx\n"
        "lichen logs -f web\nlichen rm -f web\n"
        "# does this machine have what containers need?\nlichen doctor\n",
    .options = {kGlobal},
    .not_yet_options =
        {"cdi-spec-dir cgroup-manager conmon connection/c context cpu-profile db-backend "
         "default-mounts-file events-backend hooks-dir host/H identity imagestore max-workers "
         "memory-profile module namespace network-backend network-cmd-path network-config-dir noout out "
         "pull-option registries-conf remote/r runtime-flag ssh storage-opt syslog tls tls-ca tls-cert "
         "tls-details tls-key tlscacert tlscert tlskey tlsverify tmpdir trace transient-store url volumepath"},
    .options_stop_at_first_argument = true};

constexpr CommandSpec kCommands[] = {
    {.path = "doctor",
     .aliases = "",
     .summary = "Say whether this machine has what containers need, and how to get it",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen doctor\nlichen doctor --format json\n",
     .options = {kDoctor},
     .arguments = {0, 0},
     .group = HelpGroup::host,
     .handler = doctor_command},
    {.path = "info",
     .aliases = "system info",
     .summary = "Show the host, the store and the settings",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen info\nlichen info -f '{{.Store.GraphDriverName}}'\n",
     .options = {kFormat},
     .not_yet_options = {"debug/D"},
     .arguments = {0, 0},
     .group = HelpGroup::host,
     .handler = info_command},
    {.path = "version",
     .aliases = "",
     .summary = "Show the version",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen version\nlichen version -f '{{.Client.Version}}'\n",
     .options = {kFormat},
     .arguments = {0, 0},
     .group = HelpGroup::host,
     .handler = version_command},
    {.path = "unshare",
     .aliases = "",
     .summary = "Run a command in the user namespace of the containers",
     .usage = "[COMMAND [ARG...]]",
     .description =
         "There the files of images and volumes have the owners that containers see. Without a command: a shell.",
     .examples = "# remove files that belong to a container's users\nlichen unshare rm -r data/\n",
     .not_yet_options = {"rootless-netns"},
     .arguments = {0, -1, program},
     .options_stop_at_first_argument = true,
     .group = HelpGroup::host,
     .handler = unshare_command},
    {.path = "system",
     .aliases = "",
     .summary = "The commands about the store as a whole",
     .usage = "COMMAND",
     .description = "",
     .examples = "",
     .group = HelpGroup::host,
     .is_group = true},
    {.path = "system check",
     .aliases = "",
     .summary = "Look for damage in the store, and mend it",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen system check\nlichen system check --repair\n",
     .options = {kSystemCheck},
     .not_yet_options = {"force/f max/m"},
     .arguments = {0, 0},
     .group = HelpGroup::host,
     .handler = system_check_command},
    {.path = "system df",
     .aliases = "",
     .summary = "Show what takes how much space on disk, and what prune would give back",
     .usage = "[OPTIONS]",
     .description =
         "Sizes are blocks on disk. What several images share is counted once; the rows together are all that\n"
         "lichen keeps.",
     .examples = "lichen system df\nlichen system df -v\nlichen system df --format '{{.Type}} {{.Size}}'\n",
     .options = {kSystemDf},
     .arguments = {0, 0},
     .group = HelpGroup::host,
     .handler = system_df_command},
    {.path = "system prune",
     .aliases = "",
     .summary = "Remove stopped containers and images that nothing uses",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen system prune\n"
                 "# all that no container needs and that is older than a day\n"
                 "lichen system prune -a -f --volumes --filter until=24h\n",
     .options = {kSystemPrune},
     .not_yet_options = {"build"},
     .arguments = {0, 0},
     .group = HelpGroup::host,
     .handler = system_prune_command},
    {.path = "completion",
     .aliases = "",
     .summary = "Print the completion script of a shell",
     .usage = "bash|zsh|fish",
     .description = "",
     .examples = "# in ~/.bashrc\nsource <(lichen completion bash)\n",
     .arguments = {1, 1, none, "bash|zsh|fish"},
     .group = HelpGroup::host,
     .handler = completion_command},
    {.path = "help",
     .aliases = "",
     .summary = "Explain a command",
     .usage = "[COMMAND]",
     .description = "",
     .examples = "lichen help run\n",
     .arguments = {0, 3, command},
     .group = HelpGroup::host,
     .handler = help_command},
    {.path = "__complete",
     .aliases = "",
     .summary = "Print what the last word may become; used by the completion scripts",
     .usage = "WORD...",
     .description = "",
     .examples = "",
     .arguments = {0, -1},
     .options_stop_at_first_argument = true,
     .hidden = true,
     .handler = complete_command},
    {.path = "__man",
     .aliases = "",
     .summary = "Write the manual pages into a directory",
     .usage = "DIRECTORY",
     .description = "",
     .examples = "",
     .arguments = {1, 1, directory},
     .hidden = true,
     .handler = man_command},
    {.path = "__flags",
     .aliases = "",
     .summary = "Print every command and flag with its state; used by the tests",
     .usage = "",
     .description = "",
     .examples = "",
     .arguments = {0, 0},
     .hidden = true,
     .handler = flags_command},
};

}  // namespace

std::span<const CommandSpec> host_commands() { return kCommands; }
const CommandSpec& global_spec() { return kGlobalSpec; }

}  // namespace lichen::cli
