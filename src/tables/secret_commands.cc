// Data: the commands about secrets.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kCreate[] = {
    text('d', "driver", "driver", "Secret driver").with_default("file").with_values("file"),
    flag("env", "The second argument is the name of a variable that holds the value"),
    flag("ignore", "A secret that exists already stays as it is, and is no error"),
    list('l', "label", "key[=value]", "Set a label"),
    flag("replace", "A secret that exists already gets the new value"),
};
constexpr OptionSpec kInspect[] = {
    text('f', "format", "template", "Print with a Go template, or 'json'"),
    flag("pretty", "Print lines for people"),
    flag("showsecret", "Show the value too, as SecretData"),
};
constexpr OptionSpec kLs[] = {
    list('f', "filter", "key=value", "Show only what matches").with_hints("id=|label=|name="),
    text("format", "template", "Print with a Go template, 'table TEMPLATE' or 'json'"),
    flag('n', "noheading", "Print no heading"),
    flag('q', "quiet", "Print ids only"),
};
constexpr OptionSpec kRm[] = {
    flag('a', "all", "Remove every secret"),
    flag('i', "ignore", "A secret that does not exist is no error"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "secret",
     .aliases = "",
     .summary = "The commands about secrets: passwords and keys for containers",
     .usage = "COMMAND",
     .description = "",
     .examples = "",
     .group = HelpGroup::volumes,
     .is_group = true},
    {.path = "secret create",
     .aliases = "",
     .summary = "Make a secret of a file, of standard input or of a variable",
     .usage = "[OPTIONS] SECRET FILE|-",
     .description =
         "A container sees it in /run/secrets, in memory: run --secret. Its value is in no image, layer, log "
         "or inspect.",
     .examples = "lichen secret create db-password password.txt\n"
                 "openssl rand -base64 24 | lichen secret create db-password -\n"
                 "lichen run --secret db-password,mode=0400 postgres\n"
                 "# from a variable, and as one\nlichen secret create --env token TOKEN\n"
                 "lichen run --secret token,type=env,target=API_TOKEN app\n",
     .options = {kCreate},
     .not_yet_options = {"driver-opts template-driver"},
     .arguments = {2, 2, file},
     .group = HelpGroup::volumes,
     .handler = secret_create_command},
    {.path = "secret ls",
     .aliases = "secret list",
     .summary = "List secrets",
     .usage = "[OPTIONS]",
     .description = "",
     .examples = "lichen secret ls\nlichen secret ls -f label=app=web --format '{{.Name}}'\n",
     .options = {kLs},
     .arguments = {0, 0},
     .group = HelpGroup::volumes,
     .handler = secret_ls_command},
    {.path = "secret inspect",
     .aliases = "",
     .summary = "Show all about secrets as JSON; their values only when asked",
     .usage = "[OPTIONS] SECRET [SECRET...]",
     .description = "",
     .examples = "lichen secret inspect -f '{{.Spec.Labels}}' db-password\n",
     .options = {kInspect},
     .arguments = {1, -1, secret},
     .group = HelpGroup::volumes,
     .handler = secret_inspect_command},
    {.path = "secret rm",
     .aliases = "secret remove",
     .summary = "Remove secrets",
     .usage = "[OPTIONS] SECRET [SECRET...]",
     .description = "",
     .examples = "lichen secret rm db-password\n",
     .options = {kRm},
     .arguments = {0, -1, secret},
     .group = HelpGroup::volumes,
     .handler = secret_rm_command},
    {.path = "secret exists",
     .aliases = "",
     .summary = "Exit with 0 when the secret exists, with 1 when not",
     .usage = "SECRET",
     .description = "",
     .examples = "lichen secret exists db-password || lichen secret create db-password password.txt\n",
     .arguments = {1, 1, secret},
     .group = HelpGroup::volumes,
     .handler = secret_exists_command},
};

}  // namespace

std::span<const CommandSpec> secret_commands() { return kCommands; }

}  // namespace lichen::cli
