// Data: the commands about volumes.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kCreate[] = {
    text('d', "driver", "driver", "Volume driver").with_default("local").with_values("local"),
    flag("ignore", "A volume that exists already is no error"),
    list('l', "label", "key[=value]", "Set a label"),
    list('o', "opt", "name=value", "Option of the driver").with_hints("type=|device=|o="),
};
constexpr OptionSpec kInspect[] = {
    flag('a', "all", "Every volume"),
    text('f', "format", "template", "Print with a Go template, or 'json'"),
};
constexpr OptionSpec kLs[] = {
    list('f', "filter", "key=value", "Show only what matches").with_hints("dangling=|driver=|label=|name="),
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    flag('n', "noheading", "Print no heading"),
    flag('q', "quiet", "Print names only"),
};
constexpr OptionSpec kRm[] = {
    flag('a', "all", "Remove every volume"),
    flag('f', "force", "A volume that does not exist is no error"),
};
constexpr OptionSpec kPrune[] = {
    flag('a', "all", "Remove named volumes too, not only anonymous ones"),
    list("filter", "key=value", "Remove only what matches")
        .with_hints("label=|label!=|until=|name=|driver=|opt=|since="),
    flag('f', "force", "Do not ask"),
};

constexpr OptionSpec kExport[] = {
    text('o', "output", "path", "Write to this file, not to standard output").with_objects(file),
};

constexpr CommandSpec kCommands[] = {
    {.path = "volume",
     .aliases = "",
     .summary = "The commands about volumes",
     .usage = "COMMAND",
     .description = "",
     .examples = "",
     .group = HelpGroup::volumes,
     .is_group = true},
    {.path = "volume create",
     .aliases = "",
     .summary = "Make a volume",
     .usage = "[OPTIONS] [VOLUME]",
     .description =
         "The driver local mounts a directory (type=none, o=bind) or memory (type=tmpfs) when a container that\n"
         "uses the volume starts.",
     .examples = "lichen volume create data\nlichen run -v data:/var/lib/app app\n"
                 "# a directory of yours, and one in memory\n"
                 "lichen volume create -o type=none -o o=bind -o device=/srv/data srv\n"
                 "lichen volume create -o type=tmpfs -o o=size=100m,mode=0700 scratch\n",
     .options = {kCreate},
     .not_yet_options = {"availability gid group limit-bytes required-bytes scope secret sharing topology-preferred "
                         "topology-required type uid"},
     .arguments = {0, 1},
     .group = HelpGroup::volumes,
     .handler = volume_create_command},
    {.path = "volume ls",
     .aliases = "volume list",
     .summary = "List volumes",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "# those that no container uses\nlichen volume ls -f dangling=true\n",
     .options = {kLs},
     .not_yet_options = {"cluster"},
     .arguments = {0, 0},
     .group = HelpGroup::volumes,
     .handler = volume_ls_command},
    {.path = "volume inspect",
     .aliases = "",
     .summary = "Show all about volumes as JSON",
     .usage = "[OPTIONS] VOLUME [VOLUME...]",
     .description = "",
     .examples = "lichen volume inspect -f '{{.Mountpoint}}' data\n",
     .options = {kInspect},
     .arguments = {0, -1, volume},
     .group = HelpGroup::volumes,
     .handler = volume_inspect_command},
    {.path = "volume rm",
     .aliases = "volume remove",
     .summary = "Remove volumes",
     .usage = "[OPTIONS] VOLUME [VOLUME...]",
     .description = "",
     .examples = "lichen volume rm data\n",
     .options = {kRm},
     .not_yet_options = {"time/t"},
     .arguments = {0, -1, volume},
     .group = HelpGroup::volumes,
     .handler = volume_rm_command},
    {.path = "volume prune",
     .aliases = "",
     .summary = "Remove anonymous volumes that no container uses",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen volume prune -f\n",
     .options = {kPrune},
     .not_yet_options = {"dry-run"},
     .arguments = {0, 0},
     .group = HelpGroup::volumes,
     .handler = volume_prune_command},
    {.path = "volume mount",
     .aliases = "",
     .summary = "Print where a volume's files are, mounted where that is needed",
     .usage = "VOLUME",
     .description = "Works in 'lichen unshare' only, where the ids that own the files exist; what must be mounted, a\n"
                    "directory or memory by 'volume create -o', lives in its mount namespace.",
     .examples = "lichen unshare\n# in that shell\nls -l \"$(lichen volume mount data)\"\n",
     .arguments = {1, 1, volume},
     .group = HelpGroup::volumes,
     .handler = volume_mount_command},
    {.path = "volume unmount",
     .aliases = "volume umount",
     .summary = "Take the mount of 'volume mount' away",
     .usage = "VOLUME [VOLUME...]",
     .description = "",
     .examples = "lichen volume unmount data\n",
     .arguments = {1, -1, volume},
     .group = HelpGroup::volumes,
     .handler = volume_unmount_command},
    {.path = "volume export",
     .aliases = "",
     .summary = "Write a volume's files as a tar",
     .usage = "[OPTIONS] VOLUME",
     .description = "",
     .examples = "lichen volume export -o data.tar data\n"
                 "lichen volume export data | ssh host lichen volume import data -\n",
     .options = {kExport},
     .arguments = {1, 1, volume},
     .group = HelpGroup::volumes,
     .handler = volume_export_command},
    {.path = "volume import",
     .aliases = "",
     .summary = "Read a volume's files from a tar, over what is there",
     .usage = "VOLUME FILE|-",
     .description = "",
     .examples = "lichen volume create data\nlichen volume import data data.tar.gz\n",
     .arguments = {2, 2, volume},
     .group = HelpGroup::volumes,
     .handler = volume_import_command},
    {.path = "volume exists",
     .aliases = "",
     .summary = "Exit with 0 when the volume exists, with 1 when not",
     .usage = "VOLUME",
     .description = "",
     .examples = "lichen volume exists data && echo yes\n",
     .arguments = {1, 1, volume},
     .group = HelpGroup::volumes,
     .handler = volume_exists_command},
};

}  // namespace

std::span<const CommandSpec> volume_commands() { return kCommands; }

}  // namespace lichen::cli
