// Data: compose and its commands, as docker compose has them.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

constexpr OptionSpec kProject[] = {
    flag("all-resources", "Also networks, volumes, secrets and configs that no service uses"),
    text("ansi", "when", "Colours and redrawing").with_values("never|always|auto").with_default("auto"),
    flag("compatibility", "Names with '_' where they have '-', as version 1 of Compose made them"),
    flag("dry-run", "Show what would be done, and do nothing"),
    list("env-file", "file", "Variables for the compose file, instead of .env").with_objects(CompletionKind::file),
    list('f', "file", "file", "A compose file; several are merged, - is standard input")
        .with_objects(CompletionKind::file),
    flag("no-ansi", "Docker's old form of --ansi never").as_hidden(),
    number("parallel", "count", "How many things are done at the same time; -1 for no limit"),
    list("profile", "name", "Services of this profile too"),
    text("progress", "style", "How progress is shown").with_values("auto|tty|plain|json|quiet").with_default("auto"),
    text("project-directory", "directory", "What relative paths count from (default the first file's directory)")
        .with_objects(CompletionKind::directory),
    text('p', "project-name", "name", "Name of the project (default the directory's)"),
    flag("verbose", "Tell each step, as --log-level debug does").as_hidden(),
    flag('v', "version", "Show which compose this is"),
    text("workdir", "directory", "").with_alias_of("project-directory"),
};

constexpr OptionSpec kCreation[] = {
    flag("always-recreate-deps", "Make containers anew of services that others depend on"),
    flag("build", "Build images first, also those that are there"),
    flag("force-recreate", "Make containers anew, also where nothing has changed"),
    flag("no-build", "Build no image, also a missing one"),
    flag("no-deps", "Leave the services alone that those named depend on"),
    flag("no-recreate", "Keep containers, also where something has changed"),
    text("pull", "policy", "Whether images are pulled")
        .with_values("always|missing|never|build|policy")
        .with_default("policy"),
    flag("quiet-pull", "Docker's; pulls are one line each anyway").as_hidden(),
    flag("remove-orphans", "Remove containers of services that the file does not have"),
    flag('V', "renew-anon-volumes", "Make anonymous volumes anew too"),
    list("scale", "service=count", "How many containers of this service"),
    flag('y', "yes", "Answer every question with yes").as_hidden(),
};
constexpr OptionSpec kUp[] = {
    flag("attach-dependencies", "Show the output of what those named depend on, too"),
    flag("abort-on-container-exit", "Stop all when a container ends"),
    flag("abort-on-container-failure", "Stop all when a container ends with an exit code other than 0"),
    list("attach", "service", "Show the output of this service only").with_objects(CompletionKind::service),
    flag('d', "detach", "In the background"),
    text("exit-code-from", "service", "End with this service's exit code; stops all when a container ends")
        .with_objects(CompletionKind::service),
    flag("menu", "Take keys while output is shown: w follows source files, d leaves all running (COMPOSE_MENU=1)"),
    list("no-attach", "service", "Do not show the output of this service").with_objects(CompletionKind::service),
    flag("no-color", "No colours in the output"),
    flag("no-log-prefix", "No names before the lines of output"),
    flag("no-start", "Make the containers and do not start them"),
    flag("quiet-build", "No progress of builds"),
    number('t', "timeout", "seconds", "How long containers may take to end when they are stopped"),
    flag("timestamps", "Show the time before each line of output"),
    flag("wait", "Wait until services run or are healthy; in the background"),
    number("wait-timeout", "seconds", "How long to wait"),
    flag('w', "watch", "Follow changes of source files, as `compose watch` does"),
};
constexpr OptionSpec kDown[] = {
    flag("remove-orphans", "Also containers of services that the file does not have"),
    text("rmi", "which", "Also images: local for those without a name of their own, all").with_values("local|all"),
    number('t', "timeout", "seconds", "How long containers may take to end"),
    flag('v', "volumes", "Also named volumes of the file, and anonymous ones"),
};
constexpr OptionSpec kConfig[] = {
    flag("environment", "The variables that ${...} is replaced from"),
    text("format", "format", "yaml or json; with --variables also table").with_values("yaml|json|table"),
    text("hash", "service", "Hashes of these services' configuration; * for all"),
    flag("images", "Names of images"),
    flag("lock-image-digests", "An override file that has the images with their digests of now, and nothing else"),
    flag("models", "Names of models"),
    flag("networks", "Names of networks"),
    flag("no-consistency", "Do not check whether the parts fit together"),
    flag("no-env-resolution", "Do not read files of env_file and label_file"),
    flag("no-interpolate", "Leave ${...} as it is"),
    flag("no-normalize", "Do not fill in defaults"),
    flag("no-path-resolution", "Leave relative paths as they are"),
    text('o', "output", "file", "Write there").with_objects(CompletionKind::file),
    flag("profiles", "Names of profiles"),
    flag('q', "quiet", "Only check the file"),
    flag("resolve-image-digests", "Names of images with the digests that their registries have now"),
    flag("services", "Names of services"),
    flag("variables", "The variables that the file uses, with their defaults"),
    flag("volumes", "Names of volumes"),
};
constexpr OptionSpec kStart[] = {
    flag("wait", "Wait until services run or are healthy"),
    number("wait-timeout", "seconds", "How long to wait"),
};
constexpr OptionSpec kTimeout[] = {number('t', "timeout", "seconds", "How long containers may take to end")};
constexpr OptionSpec kRestart[] = {
    flag("no-deps", "Not the services that are to restart with those named"),
    number('t', "timeout", "seconds", "How long containers may take to end"),
};
constexpr OptionSpec kKill[] = {
    flag("remove-orphans", "Remove containers of services that the file does not have"),
    text('s', "signal", "signal", "Which signal").with_default("SIGKILL").with_objects(CompletionKind::signal)};
constexpr OptionSpec kRemove[] = {
    flag('a', "all", "Docker's; one-off containers are among them").as_hidden(),
    flag('f', "force", "Do not ask"),
    flag('s', "stop", "Stop them first"),
    flag('v', "volumes", "Their anonymous volumes too"),
};
constexpr OptionSpec kList[] = {
    flag('a', "all", "Also those that have ended, and of `run`"),
    text("filter", "status=...", "Only those in this status"),
    text("format", "format", "table, json or a template").with_default("table"),
    flag("no-trunc", "Whole ids and commands"),
    flag("orphans", "Also containers of services that the file does not have").with_default("true"),
    flag('q', "quiet", "Ids alone"),
    flag("services", "Names of services alone"),
    list("status", "status", "Only those in this status"),
};
constexpr OptionSpec kProjects[] = {
    flag('a', "all", "Also those of which nothing runs"),
    list("filter", "name=...", "Only those of this name"),
    text("format", "format", "table or json").with_default("table"),
    flag('q', "quiet", "Names alone"),
};
constexpr OptionSpec kLogs[] = {
    flag('f', "follow", "Go on with what comes"),
    number("index", "number", "Of this container of the service only"),
    flag("no-color", "No colours"),
    flag("no-log-prefix", "No names before the lines"),
    text("since", "time", "From this time, or so long ago, on"),
    text('n', "tail", "lines", "The last lines of each container only").with_default("all"),
    flag('t', "timestamps", "Show the time before each line"),
    text("until", "time", "Up to this time, or so long ago"),
};
constexpr OptionSpec kExec[] = {
    flag('d', "detach", "In the background"),
    list('e', "env", "name=value", "A variable more"),
    number("index", "number", "In this container of the service (default the first)"),
    flag('i', "interactive", "Docker's; standard input is open anyway").as_hidden().with_default("true"),
    flag('T', "no-tty", "Without a terminal (default when ours is none)"),
    flag("no-TTY", "").with_alias_of("no-tty"),
    flag("privileged", "With every capability"),
    flag('t', "tty", "Docker's; a terminal is the default").as_hidden().with_default("true"),
    text('u', "user", "user", "As this user"),
    text('w', "workdir", "directory", "In this directory"),
};
constexpr OptionSpec kRun[] = {
    flag("build", "Build the image first"),
    list("cap-add", "capability", "A capability more"),
    list("cap-drop", "capability", "A capability less"),
    flag('d', "detach", "In the background; print the container's name"),
    text("entrypoint", "command", "Another entry point"),
    list('e', "env", "name=value", "A variable more"),
    list("env-from-file", "file", "Variables of NAME=VALUE lines; --env wins").with_objects(CompletionKind::file),
    flag('i', "interactive", "Keep standard input open").with_default("true"),
    list('l', "label", "key=value", "One more label"),
    text("name", "name", "Name of the container"),
    flag("no-deps", "Do not start what the service depends on"),
    flag('T', "no-tty", "Without a terminal (default when ours is none)"),
    flag("no-TTY", "").with_alias_of("no-tty"),
    list('p', "publish", "port", "Publish this port"),
    text("pull", "policy", "Whether the image is pulled")
        .with_values("always|missing|never|policy")
        .with_default("policy"),
    flag('q', "quiet", "No progress"),
    flag("quiet-build", "No progress of builds"),
    flag("quiet-pull", "Docker's; pulls are one line each anyway").as_hidden(),
    flag("remove-orphans", "Remove containers of services that the file does not have"),
    flag("rm", "Remove the container when it ends"),
    flag('P', "service-ports", "Publish the ports that the service publishes"),
    flag('t', "tty", "Docker's; a terminal is the default").as_hidden().with_default("true"),
    flag("use-aliases", "Let networks know it by the service's name too"),
    text('u', "user", "user", "As this user"),
    list('v', "volume", "volume", "One more mount"),
    list("volumes", "volume", "").with_alias_of("volume"),
    text('w', "workdir", "directory", "In this directory"),
};
constexpr OptionSpec kScale[] = {flag("no-deps", "Leave the services alone that those named depend on")};
constexpr OptionSpec kBuild[] = {
    list("build-arg", "name[=value]", "Value of an ARG; without one the variable of the environment"),
    text("builder", "name", "Docker's: there is one builder").with_values("default").as_hidden(),
    flag("check", "Look for mistakes in the Dockerfiles, and build nothing"),
    flag("compress", "Docker's; the context is read where it lies").as_hidden(),
    flag("force-rm", "Docker's; nothing is left behind anyway").as_hidden(),
    text('m', "memory", "bytes", "Memory limit of RUN steps"),
    flag("no-cache", "Do every step anew"),
    flag("no-rm", "Docker's; nothing is left behind anyway").as_hidden(),
    flag("parallel", "With false one after the other").as_hidden().with_default("true"),
    flag("print", "Show the builds as a bake file, and build nothing"),
    text("provenance", "false", "Docker's attestations: none are made").with_values("false").as_hidden(),
    text("progress", "style", "How progress is shown").with_values("auto|tty|plain|json|quiet").as_hidden(),
    flag("pull", "Pull base images, also those that are there"),
    flag("push", "Push the images that have a name of their own afterwards"),
    flag('q', "quiet", "No progress"),
    text("sbom", "false", "Docker's attestations: none are made").with_values("false").as_hidden(),
    list("ssh", "name[=socket]", "An ssh agent for RUN --mount=type=ssh"),
    flag("with-dependencies", "Also what those named depend on"),
};
constexpr OptionSpec kPull[] = {
    flag("ignore-buildable", "Not those that can be built"),
    flag("ignore-pull-failures", "Go on when one fails"),
    flag("include-deps", "Also what those named depend on"),
    flag("no-parallel", "One after the other").as_hidden(),
    flag("parallel", "With false one after the other").as_hidden().with_default("true"),
    text("policy", "policy", "missing or always").with_values("missing|always"),
    flag('q', "quiet", "No progress"),
};
constexpr OptionSpec kWait[] = {
    flag("down-project", "Take the project down when the first of them ends"),
};
constexpr OptionSpec kWatch[] = {
    flag("no-up", "Do not build and start first"),
    flag("prune", "Remove the images that builds leave without a name").with_default("true"),
    flag("quiet", "No output of builds"),
};
constexpr OptionSpec kPort[] = {
    number("index", "number", "Of this container of the service (default the first)"),
    text("protocol", "protocol", "tcp or udp").with_values("tcp|udp").with_default("tcp"),
};
constexpr OptionSpec kVersion[] = {
    text('f', "format", "format", "pretty or json").with_values("pretty|json").with_default("pretty"),
    flag("short", "The number alone"),
};

constexpr CommandSpec command(std::string_view path, std::string_view summary, std::string_view usage,
                              ArgumentRule arguments, Handler handler, std::string_view examples) {
  return {.path = path,
          .summary = summary,
          .usage = usage,
          .examples = examples,
          .arguments = arguments,
          .group = HelpGroup::run,
          .handler = handler};
}

constexpr CommandSpec with(CommandSpec command, std::span<const OptionSpec> options,
                           std::span<const OptionSpec> more = {}) {
  command.options = {options, more};
  return command;
}

constexpr CommandSpec not_yet(CommandSpec command, std::string_view names) {
  command.not_yet_options = {names};
  return command;
}

constexpr ArgumentRule kAny = {0, -1};
constexpr ArgumentRule kServices = {0, -1, CompletionKind::service};

constexpr CommandSpec kCommands[] = {
    {.path = "compose",
     .summary = "Run the services of a compose file",
     .usage = "[OPTIONS] COMMAND",
     .options = {kProject},
     .arguments = kAny,
     .options_stop_at_first_argument = true,
     .group = HelpGroup::run,
     .is_group = true},
    not_yet(
        with(
            {.path = "compose up",
             .summary = "Make and start what the file says",
             .usage = "[OPTIONS] [SERVICE...]",
             .description =
                 "Independent services are built, pulled, made and started at the same time. What is unchanged stays "
                 "as it is.\n"
                 "In the foreground the output of all containers is shown; Ctrl-C stops them, a second one kills them.",
             .examples = "lichen compose up -d\n"
                         "# build what the file builds, and wait until all is healthy\n"
                         "lichen compose up --build --wait\n"
                         "lichen compose up --scale web=3 -d\n",
             .arguments = kServices,
             .group = HelpGroup::run,
             .handler = compose_up_command},
            kUp, kCreation),
        "environment/e"),
    with(command("compose create", "Make containers and do not start them", "[OPTIONS] [SERVICE...]", kServices,
                 compose_create_command, "lichen compose create --build\n"),
         kCreation),
    with(command("compose down", "Stop and remove containers and networks", "[OPTIONS] [SERVICE...]", kServices,
                 compose_down_command,
                 "lichen compose down\n"
                 "# volumes and locally built images too\n"
                 "lichen compose down -v --rmi local\n"),
         kDown),
    with(command("compose start", "Start containers that are there", "[OPTIONS] [SERVICE...]", kServices,
                 compose_start_command, "lichen compose start web\n"),
         kStart),
    with(command("compose stop", "Stop containers", "[OPTIONS] [SERVICE...]", kServices, compose_stop_command,
                 "lichen compose stop -t 30 web\n"),
         kTimeout),
    with(command("compose restart", "Stop and start containers", "[OPTIONS] [SERVICE...]", kServices,
                 compose_restart_command, "lichen compose restart web\n"),
         kRestart),
    command("compose pause", "Freeze containers", "[SERVICE...]", kServices, compose_pause_command,
            "lichen compose pause\n"),
    command("compose unpause", "Let frozen containers go on", "[SERVICE...]", kServices, compose_unpause_command,
            "lichen compose unpause\n"),
    with(command("compose kill", "Kill containers", "[OPTIONS] [SERVICE...]", kServices, compose_kill_command,
                 "lichen compose kill -s HUP web\n"),
         kKill),
    with(command("compose rm", "Remove containers that do not run", "[OPTIONS] [SERVICE...]", kServices,
                 compose_rm_command, "lichen compose rm -sf web\n"),
         kRemove),
    with(command("compose ps", "List containers", "[OPTIONS] [SERVICE...]", kServices, compose_ps_command,
                 "lichen compose ps -a --format json\n"),
         kList),
    with({.path = "compose config",
          .aliases = "compose convert",
          .summary = "Check the compose file and show it in canonical form",
          .usage = "[OPTIONS] [SERVICE...]",
          .description =
              "All files are merged, variables replaced, short forms made long, defaults filled in.\n"
              "What comes out is a compose file of the same project. Mistakes are told with file, line and column.",
          .examples = "lichen compose config -q\n"
                      "# what a service has become of\n"
                      "lichen compose -f compose.yaml -f prod.yaml config web\n"
                      "lichen compose config --variables\n",
          .arguments = kServices,
          .group = HelpGroup::run,
          .handler = compose_config_command},
         kConfig),
    with(command("compose ls", "List projects", "[OPTIONS]", {0, 0}, compose_ls_command, "lichen compose ls -a\n"),
         kProjects),
    with(command("compose logs", "Show what containers say", "[OPTIONS] [SERVICE...]", kServices, compose_logs_command,
                 "lichen compose logs -f --tail 20 web\n"),
         kLogs),
    with({.path = "compose exec",
          .summary = "Run a command in a running container of a service",
          .usage = "[OPTIONS] SERVICE COMMAND [ARG...]",
          .examples = "lichen compose exec db psql -U app\n",
          .arguments = {2, -1, CompletionKind::service},
          .options_stop_at_first_argument = true,
          .group = HelpGroup::run,
          .handler = compose_exec_command},
         kExec),
    with({.path = "compose run",
          .summary = "Run a command in a container of its own for a service",
          .usage = "[OPTIONS] SERVICE [COMMAND] [ARG...]",
          .examples = "lichen compose run --rm web sh\n",
          .arguments = {1, -1, CompletionKind::service},
          .options_stop_at_first_argument = true,
          .group = HelpGroup::run,
          .handler = compose_run_command},
         kRun),
    with(command("compose scale", "Set how many containers services have", "[OPTIONS] SERVICE=COUNT...", {1, -1},
                 compose_scale_command, "lichen compose scale web=3 worker=2\n"),
         kScale),
    with(command("compose build", "Build images", "[OPTIONS] [SERVICE...]", kServices, compose_build_command,
                 "lichen compose build --no-cache web\nlichen compose build --check\n"),
         kBuild),
    with(command("compose pull", "Pull images", "[OPTIONS] [SERVICE...]", kServices, compose_pull_command,
                 "lichen compose pull --ignore-buildable\n"),
         kPull),
    with(command("compose port", "Show where a port is published", "[OPTIONS] SERVICE PORT",
                 {2, 2, CompletionKind::service}, compose_port_command, "lichen compose port web 80\n"),
         kPort),
    with(command("compose version", "Show which compose this is", "[OPTIONS]", {0, 0}, compose_version_command,
                 "lichen compose version --short\n"),
         kVersion),
    with(command("compose wait", "Wait until containers end, and show their exit codes", "[OPTIONS] SERVICE...",
                 {1, -1, CompletionKind::service}, compose_wait_command,
                 "lichen compose wait job\n"
                 "# run the tests, then take everything down\n"
                 "lichen compose up -d && lichen compose wait --down-project tests\n"),
         kWait),
    with({.path = "compose watch",
          .summary = "Follow changes of source files",
          .usage = "[OPTIONS] [SERVICE...]",
          .description =
              "What `develop.watch` of the services says is done when files change: they are copied into the running\n"
              "containers, or services are restarted, or built and made anew. Ctrl-C ends it; the containers go on.",
          .examples = "lichen compose watch\n"
                      "# of what runs already\n"
                      "lichen compose watch --no-up web\n",
          .arguments = kServices,
          .group = HelpGroup::run,
          .handler = compose_watch_command},
         kWatch),
};

}  // namespace

std::span<const CommandSpec> compose_commands() { return kCommands; }

}  // namespace lichen::cli
