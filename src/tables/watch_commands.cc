// Data: the commands that show containers: lists, output, usage, records.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kTop[] = {
    flag('l', "latest", "The newest container"),
    flag("list-descriptors", "Print the names of columns").as_hidden(),
};
constexpr OptionSpec kStats[] = {
    flag('a', "all", "Show containers that do not run too"),
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    number('i', "interval", "seconds", "Time between two looks").with_default("1"),
    flag('l', "latest", "The newest container"),
    flag("no-reset", "Print each time below the last one"),
    flag("no-stream", "Print once and end"),
    flag("no-trunc", "Print ids in full"),
};
constexpr OptionSpec kEvents[] = {
    list('f', "filter", "key=value", "Show only what matches")
        .with_hints("container=|event=|image=|network=|pod=|type=|volume="),
    text("format", "template", "Print with a Go template, or 'json'"),
    flag("no-stream", "").as_hidden(),
    flag("no-trunc", "Print ids in full").with_default("true"),
    text("since", "time", "Show what happened from this time on: a time, a date or a span such as 10m"),
    flag("stream", "Go on as things happen").with_default("true"),
    text("until", "time", "Show what happened up to this time"),
};
constexpr OptionSpec kPort[] = {
    flag('a', "all", "The ports of every container"),
    flag('l', "latest", "The newest container"),
};
constexpr OptionSpec kPs[] = {
    flag('a', "all", "Show stopped containers too"),
    list('f', "filter", "key=value", "Show only what matches")
        .with_hints("id=|name=|label=|status=|exited=|ancestor=|before=|since=|volume=|network=|pod="),
    flag("external", "Containers of other tools in the store too: there are none in lichen's").as_hidden(),
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    number('n', "last", "count", "Show the newest, stopped ones too").with_default("-1"),
    flag('l', "latest", "Show the newest, stopped or not"),
    flag("namespace", "").with_alias_of("ns"),
    flag("no-trunc", "Print ids and commands in full"),
    flag("noheading", "Print no heading"),
    flag("notruncate", "").with_alias_of("no-trunc"),
    flag("ns", "Show the namespaces of each container"),
    flag('p', "pod", "Show the pods of the containers"),
    flag('q', "quiet", "Print ids only"),
    flag('s', "size", "Print the size of the writable layer"),
    text("sort", "column", "Order of the rows").with_values("command|created|id|image|names|runningfor|size|status"),
    flag("storage", "").with_alias_of("external"),
    flag("sync", "Look at the truth, not at records: that is what is always done").as_hidden(),
    number('w', "watch", "seconds", "Show it again after each such time"),
};
constexpr OptionSpec kInspect[] = {
    text('f', "format", "template", "Print with a Go template, or 'json'"),
    flag('s', "size", "Count the size of the writable layer"),
    text("type", "type", "Kind of object").with_values("all|container|image|network|pod|volume").with_default("all"),
    flag('l', "latest", "The newest container"),
};
constexpr OptionSpec kContainerInspect[] = {
    text('f', "format", "template", "Print with a Go template, or 'json'"),
    flag('s', "size", "Count the size of the writable layer"),
    flag('l', "latest", "The newest container"),
};
constexpr OptionSpec kLogs[] = {
    flag("color", "Give what tells containers apart a colour for each"),
    flag("details", "Print the labels and variables that --log-opt labels= and env= name before each line"),
    flag('f', "follow", "Go on as output comes"),
    flag('l', "latest", "The newest container"),
    flag("names", "Print the container's name before each line; several are told apart by their ids else"),
    text("since", "time", "Show what came after: a time, a date or a span such as 10m"),
    text('n', "tail", "lines", "Show only the last lines").with_default("all"),
    flag('t', "timestamps", "Print the time before each line"),
    text("until", "time", "Show what came before"),
};
constexpr OptionSpec kExists[] = {
    flag("external", "Containers of other tools in the store too: there are none in lichen's").as_hidden(),
};
constexpr OptionSpec kPrune[] = {
    list("filter", "key=value", "Remove only what matches").with_hints("label=|label!=|until="),
    flag('f', "force", "Do not ask"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "ps",
     .aliases = "container ls|container list|container ps",
     .summary = "List containers",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen ps\n# stopped ones too, names only\nlichen ps -a --format '{{.Names}}'\n"
                 "lichen ps --filter status=exited\n",
     .options = {kPs},
     .arguments = {0, 0},
     .group = HelpGroup::look,
     .handler = ps_command},
    {.path = "top",
     .aliases = "container top",
     .summary = "Show the processes of a container",
     .usage = "CONTAINER [COLUMNS|PS OPTIONS]",
     .description =
         "Columns are args comm etime group hpid huser nice pcpu pid ppid rss state stime time tty user vsz; what is\n"
         "none of these is given to ps(1) of the host. Nothing of the container is executed.",
     .examples = "lichen top web\nlichen top web pid,user args\nlichen top web aux\n",
     .options = {kTop},
     .arguments = {0, -1, running_container},
     .options_stop_at_first_argument = true,
     .group = HelpGroup::look,
     .handler = top_command},
    {.path = "stats",
     .aliases = "container stats",
     .summary = "Show what containers use",
     .usage = "[OPTIONS] [CONTAINER...]",
     .description = "From the container's cgroup, or, where it has none, from its processes.",
     .examples = "lichen stats\nlichen stats --no-stream --format json web\n",
     .options = {kStats},
     .arguments = {0, -1, running_container},
     .group = HelpGroup::look,
     .handler = stats_command},
    {.path = "events",
     .aliases = "system events",
     .summary = "Show what happens",
     .usage = "[OPTIONS]",
     .description = "",
     .examples =
         "lichen events\n# which containers ended today\nlichen events --since 24h --until 0s --filter event=die\n"
         "lichen events --format '{{.Time}} {{.Action}} {{.Actor.Attributes.name}}'\n",
     .options = {kEvents},
     .arguments = {0, 0},
     .group = HelpGroup::look,
     .handler = events_command},
    {.path = "port",
     .aliases = "container port",
     .summary = "Show the published ports of a container",
     .usage = "CONTAINER [PORT[/PROTOCOL]]",
     .description = "",
     .examples = "lichen port web\nlichen port web 80/tcp\n",
     .options = {kPort},
     .arguments = {0, 2, running_container},
     .group = HelpGroup::look,
     .handler = port_command},
    {.path = "logs",
     .aliases = "container logs",
     .summary = "Show what containers have written",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen logs -f web\nlichen logs --tail 20 --since 10m web\n"
                 "# several at once, each in its colour\nlichen logs -f --names --color web db\n",
     .options = {kLogs},
     .arguments = {1, -1, container},
     .group = HelpGroup::look,
     .handler = logs_command},
    {.path = "inspect",
     .aliases = "",
     .summary = "Show all about containers, images, networks, pods or volumes as JSON",
     .usage = "[OPTIONS] NAME|ID [NAME|ID...]",
     .description = "",
     .examples = "lichen inspect web\nlichen inspect -f '{{.State.Status}}' web\n",
     .options = {kInspect},
     .arguments = {1, -1, container},
     .group = HelpGroup::look,
     .handler = inspect_command},
    {.path = "container",
     .aliases = "",
     .summary = "The commands about containers",
     .usage = "COMMAND",
     .description = "",
     .examples = "",
     .group = HelpGroup::run,
     .is_group = true},
    {.path = "container inspect",
     .aliases = "",
     .summary = "Show all about containers as JSON",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen container inspect web\n",
     .options = {kContainerInspect},
     .arguments = {1, -1, container},
     .group = HelpGroup::look,
     .handler = container_inspect_command},
    {.path = "container exists",
     .aliases = "",
     .summary = "Exit with 0 when the container exists, with 1 when not",
     .usage = "CONTAINER",
     .description = "",
     .examples = "lichen container exists web && echo yes\n",
     .options = {kExists},
     .arguments = {1, 1, container},
     .group = HelpGroup::look,
     .handler = container_exists_command},
    {.path = "container prune",
     .aliases = "",
     .summary = "Remove all containers that do not run",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen container prune -f\n",
     .options = {kPrune},
     .arguments = {0, 0},
     .group = HelpGroup::run,
     .handler = container_prune_command},
};

}  // namespace

std::span<const CommandSpec> watch_commands() { return kCommands; }

}  // namespace lichen::cli
