// Data: the commands about the files of containers.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kDiff[] = {
    text("format", "format", "Print as JSON").with_values("json"),
    flag('l', "latest", "The newest container"),
};

constexpr OptionSpec kCommit[] = {
    text('a', "author", "name", "Who made it"),
    list('c', "change", "instruction",
         "Change the image's configuration by a Dockerfile instruction, such as 'CMD [\"sh\"]'"),
    text("iidfile", "path", "Write the image's id to this file").with_objects(file),
    text('m', "message", "text", "What was changed"),
    flag("no-pause", "Let it run meanwhile"),
    flag('p', "pause", "Pause the container meanwhile").with_default("true"),
    flag('q', "quiet", "Print the id only; so too without a terminal"),
};
constexpr OptionSpec kExport[] = {
    text('o', "output", "path", "Write to this file, not to standard output").with_objects(file),
};
constexpr OptionSpec kCp[] = {
    flag('a', "archive", "Keep the numbers of owners; else all belongs to root, on the host to you"),
    flag('L', "follow-link", "A symbolic link as SRC_PATH is what it points to"),
    flag("overwrite", "Directories and files may replace each other"),
    flag('q', "quiet", "Do not say what was copied; so too without a terminal"),
};

constexpr OptionSpec kMount[] = {
    flag('a', "all", "Mount every container"),        text("format", "format", "Print as JSON").with_values("json"),
    flag('l', "latest", "The newest container"),      flag("no-trunc", "Print ids in full"),
    flag("notruncate", "").with_alias_of("no-trunc"),
};
constexpr OptionSpec kUnmount[] = {
    flag('a', "all", "Unmount every container that is mounted in this shell"),
    flag('f', "force", "Unmount although something still uses it"),
    flag('l', "latest", "The newest container"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "cp",
     .aliases = "container cp",
     .summary = "Copy files between a container and the host, or between containers",
     .usage = "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- or SRC_PATH|- CONTAINER:DEST_PATH",
     .description =
         "Works for stopped containers too. A directory goes into DEST_PATH when that exists, else it becomes\n"
         "DEST_PATH; SRC_PATH/. stands for what is in it. '-' is a tar on standard input or output.",
     .examples = "lichen cp ./app.conf web:/etc/app.conf\nlichen cp web:/var/log ./logs\n"
                 "# what is in the directory, not the directory\nlichen cp ./site/. web:/srv/www\n"
                 "lichen cp web:/etc - | tar -t\n",
     .options = {kCp},
     .not_yet_options = {"pause extract"},
     .arguments = {2, 2, container},
     .group = HelpGroup::run,
     .handler = cp_command},
    {.path = "commit",
     .aliases = "container commit",
     .summary = "Make an image of a container's changes",
     .usage = "[OPTIONS] CONTAINER [IMAGE[:TAG]]",
     .description =
         "The image gets one more layer, and the container's command, variables, user and directory. Volumes and\n"
         "binds are left out.",
     .examples = "lichen commit web mine:v1\nlichen commit -m 'with vim' -c 'CMD [\"vim\"]' box editor\n",
     .options = {kCommit},
     .not_yet_options = {"format/f include-volumes squash/s config"},
     .arguments = {1, 2, container},
     .group = HelpGroup::images,
     .handler = commit_command},
    {.path = "export",
     .aliases = "container export",
     .summary = "Write a container's files as a tar",
     .usage = "[OPTIONS] CONTAINER",
     .description = "Volumes and binds are left out.",
     .examples = "lichen export -o web.tar web\nlichen export web | lichen import - web:copy\n",
     .options = {kExport},
     .arguments = {1, 1, container},
     .group = HelpGroup::run,
     .handler = export_command},
    {.path = "diff",
     .aliases = "container diff",
     .summary = "Show which files a container has changed",
     .usage = "[OPTIONS] CONTAINER",
     .description = "A is added, C changed, D deleted. Volumes, binds and what lichen itself mounts are left out.",
     .examples = "lichen diff web\nlichen diff --format json web | jq -r '.added[]'\n",
     .options = {kDiff},
     .arguments = {1, 1, container},
     .group = HelpGroup::look,
     .handler = diff_command},
    {.path = "mount",
     .aliases = "container mount",
     .summary = "Mount the files of containers and print where",
     .usage = "[OPTIONS] [CONTAINER...]",
     .description =
         "Works in 'lichen unshare' only, as an ordinary user may mount only in a namespace of his own. What is\n"
         "written there is the container's, also while it runs. Volumes and binds are left out. Without a container:\n"
         "list what is mounted.",
     .examples = "lichen unshare\n# in that shell\ncd \"$(lichen mount web)\"\n",
     .options = {kMount},
     .arguments = {0, -1, container},
     .group = HelpGroup::run,
     .handler = mount_command},
    {.path = "unmount",
     .aliases = "umount|container unmount|container umount",
     .summary = "Unmount containers",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen unmount web\nlichen unmount --all\n",
     .options = {kUnmount},
     .arguments = {0, -1, container},
     .group = HelpGroup::run,
     .handler = unmount_command},
};

}  // namespace

std::span<const CommandSpec> file_commands() { return kCommands; }

}  // namespace lichen::cli
