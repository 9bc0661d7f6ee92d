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
    flag("disable-dns", "Names of containers are not answered"),
    list("dns", "address", "Who is asked for names that are not containers'"),
    text('d', "driver", "driver", "Network driver").with_default("bridge").with_hints("bridge"),
    list("gateway", "address", "Address of the bridge in the subnet"),
    flag("ignore", "A network that exists already is no error"),
    flag("internal", "No way out, and none in"),
    text("interface-name", "name", "Name of the bridge"),
    list("ip-range", "network", "Part of the subnet that addresses are chosen from"),
    flag("ipv6", "Give IPv6 addresses too"),
    list("label", "key[=value]", "Set a label"),
    list('o', "opt", "name=value", "Option of the driver").with_hints("mtu=|isolate="),
    list("subnet", "network", "Addresses, such as 10.89.0.0/24"),
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
};
constexpr OptionSpec kPrune[] = {
    list("filter", "key=value", "Remove only what matches").with_hints("label=|label!=|until="),
    flag('f', "force", "Do not ask"),
};
constexpr OptionSpec kConnect[] = {
    list("alias", "name", "Another name of the container on this network"),
    text("ip", "address", "IPv4 address"),
    text("ip6", "address", "IPv6 address"),
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
         "Without --subnet a free one is chosen that the host does not use.",
     .examples = "lichen network create app\nlichen run -d --network app --name db postgres\n"
                 "lichen network create --internal --subnet 10.89.0.0/24 inner\n",
     .options = {kCreate},
     .not_yet_options = {"aux-address config-from config-only ingress ipam-driver ipam-opt ipv4 route scope"},
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
    {.path = "network rm",
     .aliases = "network remove",
     .summary = "Remove networks",
     .usage = "[OPTIONS] NETWORK [NETWORK...]",
     .description = "",
     .examples = "lichen network rm app\n",
     .options = {kRm},
     .not_yet_options = {"time/t"},
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
     .not_yet_options = {"driver-opt gw-priority link link-local-ip"},
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
