// Networks: the commands about networks.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kCreate[] = {
    flag("attachable", "Docker's for swarm; every network of lichen's takes containers")
        .with_default("true")
        .as_hidden(),
    list("aux-address", "name=address", "An address of the subnet that no container gets"),
    flag("disable-dns", "Names of containers are not answered"),
    csv("dns", "address", "Who is asked for names that are not containers'"),
    text('d', "driver", "driver", "Network driver").with_default("bridge").with_hints("bridge"),
    csv("gateway", "address", "Address of the bridge in the subnet; one for each --subnet"),
    flag("ignore", "A network that exists already is no error"),
    flag("internal", "No way out, and none in"),
    text("interface-name", "name", "Name of the bridge"),
    csv("ip-range", "network", "Part of the subnet that addresses are chosen from; one for each --subnet"),
    text("ipam-driver", "driver", "Who chooses addresses: lichen itself, whatever its name")
        .with_hints("default|host-local"),
    flag("ipv4", "Give IPv4 addresses").with_default("true"),
    flag("ipv6", "Give IPv6 addresses too"),
    list("label", "key[=value]", "Set a label"),
    list('o', "opt", "name=value", "Option of the driver").with_hints("mtu=|isolate="),
    list("route", "network,gateway[,metric]", "A route that containers get, by a gateway of the subnet"),
    text("scope", "scope", "How far it reaches").with_hints("local"),
    csv("subnet", "network", "Addresses, such as 10.89.0.0/24; containers get one of each"),
};
constexpr OptionSpec kUpdate[] = {
    csv("dns-add", "address", "One more that is asked for names that are not containers'"),
    csv("dns-drop", "address", "No longer ask this one"),
};
constexpr OptionSpec kReload[] = {
    flag('a', "all", "All containers that run"),
    flag('l', "latest", "The newest container"),
};
constexpr OptionSpec kInspect[] = {
    text('f', "format", "template", "Print with a Go template, or 'json'"),
    flag('v', "verbose", "Docker's for swarm; without effect").as_hidden(),
};
constexpr OptionSpec kLs[] = {
    list('f', "filter", "key=value", "Show only what matches")
        .with_hints("dangling=|driver=|id=|label=|name=|scope=|type=custom|type=builtin"),
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    flag("no-trunc", "Print whole ids"),
    flag('n', "noheading", "Print no heading"),
    flag('q', "quiet", "Print ids only"),
};
constexpr OptionSpec kRm[] = {
    flag('f', "force", "Remove its containers too; one that does not exist is no error"),
    number('t', "time", "seconds", "With --force: how long its containers may take to end before the kill"),
};
constexpr OptionSpec kPrune[] = {
    list("filter", "key=value", "Remove only what matches").with_hints("label=|label!=|until="),
    flag('f', "force", "Do not ask"),
};
constexpr OptionSpec kConnect[] = {
    csv("alias", "name", "Another name of the container on this network"),
    csv("driver-opt", "name=value", "Name of the link in the container")
        .with_hints("com.docker.network.endpoint.ifname="),
    number("gw-priority", "number", "The network with the highest is the way out").with_default("0"),
    text("ip", "address", "IPv4 address"),
    text("ip6", "address", "IPv6 address"),
    list("link", "container[:alias]", "A line of /etc/hosts for another container of the network"),
    csv("link-local-ip", "address", "Not offered: containers have no addresses in 169.254.0.0/16").as_hidden(),
    text("mac-address", "address", "MAC address"),
};
constexpr OptionSpec kDisconnect[] = {
    flag('f', "force", "A container that is not connected is no error"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "network",
     .aliases = "",
     .summary = "The commands about networks",
     .usage = "COMMAND",
     .description = "",
     .examples = "",
     .group = HelpGroup::volumes,
     .is_group = true},
    {.path = "network create",
     .aliases = "",
     .summary = "Make a network",
     .usage = "[OPTIONS] NETWORK",
     .description =
         "Containers on one network reach each other by name and address; those on different networks do not.\n"
         "Without --subnet a free one is chosen that the host does not use.\n"
         "The host is reachable by its own address, also called host.containers.internal; its loopback is not.",
     .examples = "lichen network create app\nlichen run -d --network app --name db postgres\n"
                 "lichen network create --internal --subnet 10.89.0.0/24 inner\n",
     .options = {kCreate},
     .not_yet_options = {"config-from config-only ingress ipam-opt"},
     .arguments = {1, 1},
     .group = HelpGroup::volumes,
     .handler = network_create_command},
    {.path = "network ls",
     .aliases = "network list",
     .summary = "List networks",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen network ls -f type=custom\n",
     .options = {kLs},
     .arguments = {0, 0},
     .group = HelpGroup::volumes,
     .handler = network_ls_command},
    {.path = "network inspect",
     .aliases = "",
     .summary = "Show all about networks as JSON",
     .usage = "[OPTIONS] NETWORK [NETWORK...]",
     .description = "",
     .examples = "lichen network inspect -f '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{println}}{{end}}' app\n",
     .options = {kInspect},
     .arguments = {1, -1, network},
     .group = HelpGroup::volumes,
     .handler = network_inspect_command},
    {.path = "network update",
     .aliases = "",
     .summary = "Change the name servers of a network",
     .usage = "[OPTIONS] NETWORK",
     .description =
         "Containers that run ask the new ones at once. Those with servers of their own (run --dns) keep them.",
     .examples = "lichen network update --dns-drop 192.0.2.53 --dns-add 192.0.2.54 app\n",
     .options = {kUpdate},
     .arguments = {1, 1, network},
     .group = HelpGroup::volumes,
     .handler = network_update_command},
    {.path = "network reload",
     .aliases = "",
     .summary = "Set the rules, ports and names of containers again",
     .usage = "[OPTIONS] [CONTAINER...]",
     .description = "For when somebody has flushed them; lichen itself never needs it.",
     .examples = "lichen network reload --all\n",
     .options = {kReload},
     .arguments = {0, -1, running_container},
     .group = HelpGroup::volumes,
     .handler = network_reload_command},
    {.path = "network rm",
     .aliases = "network remove",
     .summary = "Remove networks",
     .usage = "[OPTIONS] NETWORK [NETWORK...]",
     .description = "",
     .examples = "lichen network rm app\n",
     .options = {kRm},
     .arguments = {1, -1, network},
     .group = HelpGroup::volumes,
     .handler = network_rm_command},
    {.path = "network prune",
     .aliases = "",
     .summary = "Remove networks that no container uses",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen network prune -f\n",
     .options = {kPrune},
     .arguments = {0, 0},
     .group = HelpGroup::volumes,
     .handler = network_prune_command},
    {.path = "network connect",
     .aliases = "",
     .summary = "Connect a container to a network",
     .usage = "[OPTIONS] NETWORK CONTAINER",
     .description = "",
     .examples = "lichen network connect --alias db app pg\n",
     .options = {kConnect},
     .arguments = {2, 2, network},
     .group = HelpGroup::volumes,
     .handler = network_connect_command},
    {.path = "network disconnect",
     .aliases = "",
     .summary = "Disconnect a container from a network",
     .usage = "[OPTIONS] NETWORK CONTAINER",
     .description = "",
     .examples = "lichen network disconnect app pg\n",
     .options = {kDisconnect},
     .arguments = {2, 2, network},
     .group = HelpGroup::volumes,
     .handler = network_disconnect_command},
    {.path = "network exists",
     .aliases = "",
     .summary = "Exit with 0 when the network exists, with 1 when not",
     .usage = "NETWORK",
     .description = "",
     .examples = "lichen network exists app && echo yes\n",
     .arguments = {1, 1, network},
     .group = HelpGroup::volumes,
     .handler = network_exists_command},
};

}  // namespace

std::span<const CommandSpec> network_commands() { return kCommands; }

}  // namespace lichen::cli
