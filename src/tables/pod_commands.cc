// Pods: the commands about pods.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kCreate[] = {
    list("add-host", "name:ip", "Add a line to /etc/hosts of all; 'host-gateway' stands for the host's address"),
    text("cgroup-parent", "path", "Cgroup, below the delegated one, in which the pod's is made"),
    number('c', "cpu-shares", "weight", "Share of CPU time of all together (default weight 1024)"),
    text("cpus", "decimal", "How many CPUs all together may use, such as 1.5"),
    text("cpuset-cpus", "list", "CPUs that may be used, such as 0-3 or 0,1"),
    text("cpuset-mems", "list", "Memory nodes that may be used"),
    list("device", "host[:container[:rwm]]", "Make a device of the host visible in all containers")
        .with_objects(CompletionKind::file),
    list("dns", "address", "Name server"),
    list("dns-opt", "option", "Resolver option").with_alias_of("dns-option"),
    list("dns-option", "option", "Option line of resolv.conf"),
    list("dns-search", "domain", "Search domain; '.' for none"),
    text("exit-policy", "policy", "What becomes of the pod when its last container has ended")
        .with_default("continue")
        .with_values("continue|stop"),
    list("gpus", "gpus", "GPUs for all containers, as CDI files describe them").with_hints("all|device="),
    text('h', "hostname", "name", "Host name (default: the pod's name)"),
    flag("infra", "Share namespaces, held by a small process of lichen's").with_default("true"),
    text("infra-name", "name", "Name of the container that holds the namespaces"),
    text("ip", "address", "IPv4 address on the network"),
    text("ip6", "address", "IPv6 address on the network"),
    list('l', "label", "key[=value]", "Set a label"),
    list("label-file", "path", "Read labels from a file").with_objects(CompletionKind::file),
    text("mac-address", "address", "MAC address on the network"),
    text('m', "memory", "bytes", "Memory limit of all together, such as 512m"),
    text("memory-swap", "bytes", "Memory and swap together; -1 for no limit"),
    text('n', "name", "name", "Name of the pod (default: a made-up one)"),
    list("net", "mode", "Network").with_alias_of("network"),
    list("network", "mode", "none, host, slirp4netns[:options], or networks by name")
        .with_hints("bridge|none|host|slirp4netns|slirp4netns:")
        .with_objects(CompletionKind::network),
    list("network-alias", "name", "Another name of the pod on its networks"),
    flag("no-hostname", "Leave /etc/hostname to the images"),
    flag("no-hosts", "Leave /etc/hosts as the images have it"),
    text("pid", "mode", "PID namespace of all containers").with_hints("private|host"),
    text("pod-id-file", "path", "Write the pod's id to this new file").with_objects(CompletionKind::file),
    list('p', "publish", "[ip:][host:]port[/proto]", "Make a port of the pod reachable from the host"),
    flag("replace", "Remove a pod that has the same name first"),
    text("restart", "policy", "When to start its containers again")
        .with_default("no")
        .with_hints("no|on-failure|on-failure:|always|unless-stopped"),
    list("security-opt", "option", "Security option of all containers that have none of their own"),
    text("share", "list", "Namespaces that the containers share (default ipc,net,uts); +NAME for one more, or none")
        .with_hints("cgroup|ipc|net|pid|uts|none|+pid"),
    flag("share-parent", "Put the containers' cgroups below the pod's").with_default("true"),
    text("shm-size", "bytes", "Size of the shared /dev/shm (default 64m)"),
    list("sysctl", "name=value", "Kernel setting of the shared namespaces"),
    text("userns", "mode", "How user ids map: host, keep-id, nomap, auto").with_hints("host|keep-id|nomap|auto"),
    text("uts", "mode", "UTS namespace: the host name").with_hints("private|host"),
    list('v', "volume", "[source:]path[:options]", "Mount a directory or volume in all containers")
        .with_objects(CompletionKind::volume),
    list("volumes-from", "name[:ro]", "Mount what another container mounts in all containers")
        .with_objects(CompletionKind::container),
};
constexpr OptionSpec kPs[] = {
    flag("ctr-ids", "Show the ids of the containers"),
    flag("ctr-names", "Show the names of the containers"),
    flag("ctr-status", "Show the states of the containers"),
    list('f', "filter", "key=value", "Show only what matches")
        .with_hints("ctr-ids=|ctr-names=|ctr-number=|ctr-status=|id=|label=|name=|network=|status=|until="),
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    flag('l', "latest", "The newest pod only"),
    flag("namespace", "").with_alias_of("ns"),
    flag("no-trunc", "Print whole ids"),
    flag("notruncate", "").with_alias_of("no-trunc"),
    flag('n', "noheading", "Print no heading"),
    flag("ns", "Show what the containers share"),
    flag('q', "quiet", "Print ids only"),
    text("sort", "order", "Order of the rows").with_default("created").with_values("created|id|name|number|status"),
};
constexpr OptionSpec kStart[] = {
    flag('a', "all", "All pods"),
    flag('l', "latest", "The newest pod"),
    list("pod-id-file", "path", "The pod whose id is in this file").with_objects(CompletionKind::file),
};
constexpr OptionSpec kStop[] = {
    flag('a', "all", "All pods"),
    flag('i', "ignore", "A pod that does not exist is no error"),
    flag('l', "latest", "The newest pod"),
    list("pod-id-file", "path", "The pod whose id is in this file").with_objects(CompletionKind::file),
    number('t', "time", "seconds", "How long to wait before containers are killed (default: their own)"),
};
constexpr OptionSpec kRm[] = {
    flag('a', "all", "All pods"),
    flag('f', "force", "Stop running containers first; a pod that does not exist is no error"),
    flag('i', "ignore", "A pod that does not exist is no error"),
    flag('l', "latest", "The newest pod"),
    list("pod-id-file", "path", "The pod whose id is in this file").with_objects(CompletionKind::file),
    number('t', "time", "seconds", "With --force: how long to wait before containers are killed"),
};
constexpr OptionSpec kEach[] = {
    flag('a', "all", "All pods"),
    flag('l', "latest", "The newest pod"),
};
constexpr OptionSpec kKill[] = {
    flag('a', "all", "All pods"),
    flag('l', "latest", "The newest pod"),
    text('s', "signal", "signal", "Signal to send").with_default("KILL").with_objects(CompletionKind::signal),
};
constexpr OptionSpec kInspect[] = {
    text('f', "format", "template", "Print with a Go template, or 'json'"),
    flag('l', "latest", "The newest pod"),
};
constexpr OptionSpec kPrune[] = {
    flag('f', "force", "Do not ask"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "pod",
     .aliases = "",
     .summary = "The commands about pods",
     .usage = "COMMAND",
     .description = "",
     .examples = "",
     .group = HelpGroup::run,
     .is_group = true},
    {.path = "pod create",
     .aliases = "",
     .summary = "Make a pod",
     .usage = "[OPTIONS] [NAME]",
     .description =
         "The containers of a pod share a network, a host name and memory (/dev/shm): one reaches the other at\n"
         "localhost. Ports, networks and names are the pod's. It starts with its first container, or with pod start.",
     .examples = "lichen pod create --name app -p 8080:80\nlichen run -d --pod app nginx\n"
                 "lichen run -d --pod app redis\n",
     .options = {kCreate},
     .not_yet_options =
         {"blkio-weight blkio-weight-device device-read-bps device-write-bps gidmap hosts-file "
          "infra-command infra-conmon-pidfile infra-image shm-size-systemd subgidname subuidname uidmap"},
     .arguments = {0, 1},
     .options_stop_at_first_argument = true,
     .group = HelpGroup::run,
     .handler = pod_create_command},
    {.path = "pod ps",
     .aliases = "pod ls|pod list",
     .summary = "List pods",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen pod ps --ctr-names --ctr-status\nlichen pod ps --filter status=degraded\n",
     .options = {kPs},
     .arguments = {0, 0},
     .group = HelpGroup::look,
     .handler = pod_ps_command},
    {.path = "pod start",
     .aliases = "",
     .summary = "Start all containers of pods",
     .usage = "[OPTIONS] POD [POD...]",
     .description =
         "Init containers run first, one after the other. What has lost the pod's namespaces is started anew.",
     .examples = "lichen pod start app\n",
     .options = {kStart},
     .arguments = {0, -1, pod},
     .group = HelpGroup::run,
     .handler = pod_start_command},
    {.path = "pod stop",
     .aliases = "",
     .summary = "Stop all containers of pods",
     .usage = "[OPTIONS] POD [POD...]",
     .description = "",
     .examples = "lichen pod stop -t 1 app\n",
     .options = {kStop},
     .arguments = {0, -1, pod},
     .group = HelpGroup::run,
     .handler = pod_stop_command},
    {.path = "pod restart",
     .aliases = "",
     .summary = "Stop and start all containers of pods",
     .usage = "[OPTIONS] POD [POD...]",
     .description = "",
     .examples = "lichen pod restart app\n",
     .options = {kEach},
     .arguments = {0, -1, pod},
     .group = HelpGroup::run,
     .handler = pod_restart_command},
    {.path = "pod kill",
     .aliases = "",
     .summary = "Send a signal to all containers of pods",
     .usage = "[OPTIONS] POD [POD...]",
     .description = "",
     .examples = "lichen pod kill -s HUP app\n",
     .options = {kKill},
     .arguments = {0, -1, pod},
     .group = HelpGroup::run,
     .handler = pod_kill_command},
    {.path = "pod pause",
     .aliases = "",
     .summary = "Suspend all processes of pods",
     .usage = "[OPTIONS] POD [POD...]",
     .description = "",
     .examples = "lichen pod pause app\n",
     .options = {kEach},
     .arguments = {0, -1, pod},
     .group = HelpGroup::run,
     .handler = pod_pause_command},
    {.path = "pod unpause",
     .aliases = "",
     .summary = "Continue all processes of pods",
     .usage = "[OPTIONS] POD [POD...]",
     .description = "",
     .examples = "lichen pod unpause app\n",
     .options = {kEach},
     .arguments = {0, -1, pod},
     .group = HelpGroup::run,
     .handler = pod_unpause_command},
    {.path = "pod rm",
     .aliases = "",
     .summary = "Remove pods with their containers",
     .usage = "[OPTIONS] POD [POD...]",
     .description = "",
     .examples = "lichen pod rm -f app\n",
     .options = {kRm},
     .arguments = {0, -1, pod},
     .group = HelpGroup::run,
     .handler = pod_rm_command},
    {.path = "pod prune",
     .aliases = "",
     .summary = "Remove all pods that have stopped",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen pod prune -f\n",
     .options = {kPrune},
     .arguments = {0, 0},
     .group = HelpGroup::run,
     .handler = pod_prune_command},
    {.path = "pod exists",
     .aliases = "",
     .summary = "Exit with 0 when the pod exists, with 1 when not",
     .usage = "POD",
     .description = "",
     .examples = "lichen pod exists app && echo yes\n",
     .arguments = {1, 1, pod},
     .group = HelpGroup::look,
     .handler = pod_exists_command},
    {.path = "pod inspect",
     .aliases = "",
     .summary = "Show all about pods as JSON",
     .usage = "[OPTIONS] POD [POD...]",
     .description = "",
     .examples = "lichen pod inspect -f '{{.State}}' app\n",
     .options = {kInspect},
     .arguments = {0, -1, pod},
     .group = HelpGroup::look,
     .handler = pod_inspect_command},
};

}  // namespace

std::span<const CommandSpec> pod_commands() { return kCommands; }

}  // namespace lichen::cli
