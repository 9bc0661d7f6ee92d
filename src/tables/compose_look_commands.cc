// Data: the commands of compose on what a project has made: one container of a service, usage, images, volumes.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

constexpr OptionSpec kIndex = number("index", "number", "This container of the service (default the first)");

constexpr OptionSpec kAttach[] = {
    text("detach-keys", "keys", "Keys that leave the container running"),
    kIndex,
    flag("no-stdin", "Do not connect standard input"),
    flag("sig-proxy", "Pass signals on to the process").with_default("true"),
};
constexpr OptionSpec kCommit[] = {
    text('a', "author", "name", "Who made it"),
    list('c', "change", "instruction", "Change the image's configuration by a Dockerfile instruction"),
    kIndex,
    text('m', "message", "text", "What was changed"),
    flag('p', "pause", "Pause the container meanwhile").with_default("true"),
};
constexpr OptionSpec kCp[] = {
    flag("all", "Into the containers of `run` too"),
    flag('a', "archive", "Keep the numbers of owners; else all belongs to root, on the host to you"),
    flag('L', "follow-link", "A symbolic link as SRC_PATH is what it points to"),
    number("index", "number", "This container of the service (default out of the first, into all)"),
};
constexpr OptionSpec kEvents[] = {
    flag("json", "A JSON object on each line"),
    text("since", "time", "Show what happened from this time on: a time, a date or a span such as 10m"),
    text("until", "time", "Show what happened up to this time"),
};
constexpr OptionSpec kExport[] = {
    kIndex,
    text('o', "output", "path", "Write to this file, not to standard output").with_objects(CompletionKind::file),
};
constexpr OptionSpec kImages[] = {
    text("format", "format", "table or json").with_values("table|json").with_default("table"),
    flag('q', "quiet", "Ids alone"),
};
constexpr OptionSpec kPush[] = {
    flag("ignore-push-failures", "Go on when one fails"),
    flag("include-deps", "Also what those named depend on"),
    flag('q', "quiet", "No progress"),
};
constexpr OptionSpec kStats[] = {
    flag('a', "all", "Show containers that do not run too"),
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    flag("no-stream", "Print once and end"),
    flag("no-trunc", "Print ids in full"),
};
constexpr OptionSpec kVolumes[] = {
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    flag('q', "quiet", "Names alone"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "compose attach",
     .summary = "Connect this terminal to a running container of a service",
     .usage = "[OPTIONS] SERVICE",
     .examples = "# leave again with ctrl-p ctrl-q\nlichen compose attach --index 2 web\n",
     .options = {kAttach},
     .arguments = {1, 1, CompletionKind::service},
     .group = HelpGroup::run,
     .handler = compose_attach_command},
    {.path = "compose commit",
     .summary = "Make an image of the changes in a container of a service",
     .usage = "[OPTIONS] SERVICE [IMAGE[:TAG]]",
     .examples = "lichen compose commit -m 'with data' db shop/db:filled\n",
     .options = {kCommit},
     .arguments = {1, 2, CompletionKind::service},
     .group = HelpGroup::images,
     .handler = compose_commit_command},
    {.path = "compose cp",
     .summary = "Copy files between the containers of a service and the host",
     .usage = "[OPTIONS] SERVICE:SRC_PATH DEST_PATH|- or SRC_PATH|- SERVICE:DEST_PATH",
     .description = "Into a service means into all of its containers, unless --index says which.",
     .examples = "lichen compose cp web:/var/log ./logs\nlichen compose cp ./app.conf web:/etc/app.conf\n"
                 "lichen compose cp web:/etc - | tar -t\n",
     .options = {kCp},
     .arguments = {2, 2, CompletionKind::file},
     .group = HelpGroup::run,
     .handler = compose_cp_command},
    {.path = "compose events",
     .summary = "Show what happens to the containers of a project",
     .usage = "[OPTIONS] [SERVICE...]",
     .examples = "lichen compose events --json\n# what happened to one service in the last hour\n"
                 "lichen compose events --since 1h --until 0s web\n",
     .options = {kEvents},
     .arguments = {0, -1, CompletionKind::service},
     .group = HelpGroup::look,
     .handler = compose_events_command},
    {.path = "compose export",
     .summary = "Write the files of a container of a service as a tar",
     .usage = "[OPTIONS] SERVICE|script",
     .description =
         "Volumes and binds are left out.\n"
         "`script`, when no service is called so: the plain lichen commands that make the project, for sh(1).",
     .examples = "lichen compose export -o web.tar web\n"
                 "# the project without compose\nlichen compose export -o shop.sh script\n",
     .options = {kExport},
     .arguments = {1, 1, CompletionKind::service},
     .group = HelpGroup::run,
     .handler = compose_export_command},
    {.path = "compose images",
     .summary = "List the images that the containers of a project were made from",
     .usage = "[OPTIONS] [SERVICE...]",
     .examples = "lichen compose images\nlichen compose images --format json web\n",
     .options = {kImages},
     .arguments = {0, -1, CompletionKind::service},
     .group = HelpGroup::images,
     .handler = compose_images_command},
    {.path = "compose push",
     .summary = "Push the images of services that are built",
     .usage = "[OPTIONS] [SERVICE...]",
     .description = "An image goes where its name says: `image` and build.tags. Services without `build` are skipped.",
     .examples = "lichen compose build\nlichen compose push --ignore-push-failures\n",
     .options = {kPush},
     .arguments = {0, -1, CompletionKind::service},
     .group = HelpGroup::images,
     .handler = compose_push_command},
    {.path = "compose stats",
     .summary = "Show what the containers of a project use",
     .usage = "[OPTIONS] [SERVICE]",
     .examples = "lichen compose stats\nlichen compose stats --no-stream --format json web\n",
     .options = {kStats},
     .arguments = {0, 1, CompletionKind::service},
     .group = HelpGroup::look,
     .handler = compose_stats_command},
    {.path = "compose top",
     .summary = "Show the processes of the containers of a project",
     .usage = "[SERVICE...]",
     .examples = "lichen compose top web\n",
     .arguments = {0, -1, CompletionKind::service},
     .group = HelpGroup::look,
     .handler = compose_top_command},
    {.path = "compose volumes",
     .summary = "List the volumes of a project",
     .usage = "[OPTIONS] [SERVICE...]",
     .examples = "lichen compose volumes -q\n# those that a service mounts\nlichen compose volumes db\n",
     .options = {kVolumes},
     .arguments = {0, -1, CompletionKind::service},
     .group = HelpGroup::volumes,
     .handler = compose_volumes_command},
    {.path = "compose publish",
     .summary = "Publish the project as an artifact of a registry",
     .usage = "...",
     .arguments = {0, -1, CompletionKind::service},
     .options_stop_at_first_argument = true,
     .hidden = true,
     .never = true,
     .instead = "lichen pushes images (lichen compose push); the file itself: keep it in a repository, or send what "
                "`lichen compose config` prints"},
};

}  // namespace

std::span<const CommandSpec> compose_look_commands() { return kCommands; }

}  // namespace lichen::cli
