// Data: the commands about the files of containers.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kDiff[] = {
    text("format", "format", "Print as JSON").with_values("json"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "diff",
     .aliases = "container diff",
     .summary = "Show which files a container has changed",
     .usage = "[OPTIONS] CONTAINER",
     .description = "A is added, C changed, D deleted. Volumes, binds and what lichen itself mounts are left out.",
     .examples = "lichen diff web\nlichen diff --format json web | jq -r '.added[]'\n",
     .options = {kDiff},
     .not_yet_options = {"latest/l"},
     .arguments = {1, 1, container},
     .group = HelpGroup::look,
     .handler = diff_command},
};

}  // namespace

std::span<const CommandSpec> file_commands() { return kCommands; }

}  // namespace lichen::cli
