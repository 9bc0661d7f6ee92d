// Data: the commands that make, change and end containers.
#include "src/commands/commands.hh"
#include "src/tables/container_options.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

constexpr OptionSpec kRunOnly[] = {
    flag('d', "detach", "Run in the background and print the id"),
    text("detach-keys", "keys", "Keys that leave the container running (default ctrl-p,ctrl-q)"),
    flag("rmi", "Remove the container and then its image, unless another container uses it"),
    flag("sig-proxy", "Pass signals on to the process").with_default("true"),
};
constexpr OptionSpec kAttach[] = {
    text("detach-keys", "keys", "Keys that leave the container running (default ctrl-p,ctrl-q)"),
    flag('l', "latest", "The newest container"),
    flag("no-stdin", "Leave standard input alone"),
    flag("sig-proxy", "Pass signals on to the process").with_default("true"),
};
constexpr OptionSpec kExec[] = {
    text("cidfile", "path", "Read the container's id from this file; all words are the command then")
        .with_objects(file),
    flag('d', "detach", "Run in the background"),
    text("detach-keys", "keys", "Keys that leave the process running (default ctrl-p,ctrl-q)"),
    list('e', "env", "name[=value]", "Set a variable; without a value it is taken from here"),
    list("env-file", "path", "Read variables from a file").with_objects(file),
    flag('i', "interactive", "Keep standard input open"),
    flag('l', "latest", "The newest container"),
    flag("no-session", "Accepted: lichen keeps no record of what is executed").as_hidden(),
    flag("privileged", "Give the process all that you yourself have"),
    flag('t', "tty", "Give the process a terminal"),
    text('u', "user", "name|uid[:group]", "User of the process"),
    text('w', "workdir", "path", "Working directory"),
};
constexpr OptionSpec kCreate[] = {
    text("init-ctr", "kind", "Run to its end before the others of its pod start").with_values("once|always"),
};
constexpr OptionSpec kStart[] = {
    flag("all", "Start every container"),
    flag('a', "attach", "Show the output and pass signals on"),
    text("detach-keys", "keys", "Keys that leave the container running (default ctrl-p,ctrl-q)"),
    list('f', "filter", "key=value", "Only those that match, as in ps")
        .with_hints("id=|name=|label=|status=|restart-policy=|should-start-on-boot=|until="),
    flag('i', "interactive", "Attach standard input"),
    flag('l', "latest", "The newest container"),
    flag("sig-proxy", "Pass signals on to the process; with --attach").with_default("true"),
};
constexpr OptionSpec kStop[] = {
    flag('a', "all", "Stop every running container"),
    list("cidfile", "path", "Read a container's id from this file").with_objects(file),
    list('f', "filter", "key=value", "Only those that match, as in ps")
        .with_hints("id=|name=|label=|status=|restart-policy=|until="),
    flag("for-reboot", "The machine goes down, not the user's wish: unless-stopped counts on"),
    flag('i', "ignore", "A container that does not exist is no error"),
    flag('l', "latest", "The newest container"),
    text('s', "signal", "signal", "Signal that asks the process to end").with_objects(signal),
    number("time", "seconds", "").with_alias_of("timeout"),
    number('t', "timeout", "seconds", "How long to wait before the process is killed (default 10); -1 for ever"),
};
constexpr OptionSpec kRestart[] = {
    flag('a', "all", "Restart every container"),
    list("cidfile", "path", "Read a container's id from this file").with_objects(file),
    list('f', "filter", "key=value", "Only those that match, as in ps")
        .with_hints("id=|name=|label=|status=|restart-policy=|until="),
    flag('l', "latest", "The newest container"),
    flag("running", "Restart only those that run; with no names"),
    text('s', "signal", "signal", "Signal that asks the process to end").with_objects(signal),
    number("time", "seconds", "").with_alias_of("timeout"),
    number('t', "timeout", "seconds", "How long to wait before the process is killed (default 10); -1 for ever"),
};
constexpr OptionSpec kPause[] = {
    flag('a', "all", "Every container that this can be done to"),
    list("cidfile", "path", "Read a container's id from this file").with_objects(file),
    list('f', "filter", "key=value", "Only those that match, as in ps")
        .with_hints("id=|name=|label=|status=|restart-policy=|until="),
    flag('l', "latest", "The newest container"),
};
constexpr OptionSpec kUpdate[] = {
    number("blkio-weight", "weight", "Share of disk time when the host is busy, 10 to 1000"),
    number("cpu-period", "microseconds", "Length of a CPU scheduling period"),
    number("cpu-quota", "microseconds", "CPU time allowed in one period"),
    number("cpu-rt-period", "us", "Of cgroup version 1; without effect"),
    number("cpu-rt-runtime", "us", "Of cgroup version 1; without effect"),
    number('c', "cpu-shares", "weight", "Share of CPU time when the host is busy"),
    text("cpus", "decimal", "How many CPUs may be used, such as 1.5"),
    text("cpuset-cpus", "list", "CPUs that may be used, such as 0-3 or 0,1"),
    text("cpuset-mems", "list", "Memory nodes that may be used"),
    list('e', "env", "name[=value]", "Set a variable of processes started from now on"),
    text("health-cmd", "command", "Look after the container with this command, run in it by /bin/sh"),
    text("health-interval", "time", "Time between two checks; 'disable' for none by itself"),
    text("health-on-failure", "action", "What becomes of an unhealthy container").with_values("none|kill|restart|stop"),
    number("health-retries", "count", "Failures in a row until it is unhealthy"),
    text("health-start-period", "time", "Time to start in which failures do not count"),
    text("health-startup-cmd", "command",
         "Until this succeeds the container is starting and --health-cmd does not run"),
    text("health-startup-interval", "t", "Time between two startup checks; 'disable' for none by itself"),
    number("health-startup-retries", "n", "Failed startup checks in a row until it is restarted; 0: never"),
    number("health-startup-success", "n", "Startup checks in a row that must succeed"),
    text("health-startup-timeout", "t", "A startup check that takes longer has failed"),
    text("health-timeout", "time", "A check that takes longer has failed"),
    flag('l', "latest", "The newest container"),
    text('m', "memory", "bytes", "Memory limit, such as 512m"),
    text("memory-reservation", "bytes", "Memory that is taken back first when the host runs short"),
    text("memory-swap", "bytes", "Memory and swap together; -1 for no limit (default twice the memory)"),
    flag("no-healthcheck", "Take the health checks away"),
    number("pids-limit", "count", "How many processes may exist; -1 for no limit"),
    text("restart", "policy", "When to start again").with_hints("no|on-failure|on-failure:|always|unless-stopped"),
    list("ulimit", "name=soft[:hard]", "Resource limit of processes started from now on, such as nofile=1024:4096")
        .with_hints("as=|core=|cpu=|data=|fsize=|locks=|memlock=|msgqueue=|nice=|nofile=|nproc=|rss=|rtprio=|"
                    "sigpending=|stack="),
    list("unsetenv", "name", "Take a variable away"),
};
constexpr OptionSpec kKill[] = {
    flag('a', "all", "Signal every running container"),
    list("cidfile", "path", "Read a container's id from this file").with_objects(file),
    flag('l', "latest", "The newest container"),
    text('s', "signal", "signal", "Signal to send").with_default("KILL").with_objects(signal),
};
constexpr OptionSpec kRm[] = {
    flag('a', "all", "Remove every container"),
    list("cidfile", "path", "Read a container's id from this file").with_objects(file),
    flag("depend", "Those that use its namespaces or volumes first"),
    list("filter", "key=value", "Only those that match, as in ps")
        .with_hints("id=|name=|label=|status=|restart-policy=|until="),
    flag('f', "force", "Kill a running container first; a missing one is no error"),
    flag('i', "ignore", "A container that does not exist is no error"),
    flag('l', "latest", "The newest container"),
    number('t', "time", "seconds", "With --force: how long to wait before the kill"),
    flag('v', "volumes", "Remove its anonymous volumes too"),
};
constexpr OptionSpec kWait[] = {
    csv("condition", "state", "Wait for this state")
        .with_values(
            "configured|created|exited|healthy|initialized|paused|removing|running|stopped|stopping|unhealthy"),
    flag("ignore", "A container that does not exist is no error"),
    text('i', "interval", "time", "Accepted: lichen is told of the end and asks nobody at intervals").as_hidden(),
    flag('l', "latest", "The newest container"),
};
constexpr OptionSpec kHealthRun[] = {
    flag("ignore-result", "Exit with 0 whatever the check says"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "run",
     .aliases = "container run",
     .summary = "Make a container from an image and run a command in it",
     .usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
     .description =
         "The image is pulled when it is not here. Options stand before the image; what follows the image is the\n"
         "command. The exit code is the command's own; 125 is an error of lichen, 126 a command that cannot be\n"
         "executed, 127 one that was not found, 128+N a command that died of signal N.",
     .examples = "# a shell that leaves nothing behind\nlichen run --rm -it debian bash\n"
                 "# a web server in the background, on port 8080\nlichen run -d --name web -p 8080:80 nginx\n"
                 "# work on this directory\nlichen run --rm -v \"$PWD:/work\" -w /work python:3 python build.py\n",
     .options = {kContainerOptions, kRunOnly},
     .not_yet_options = {kContainerNotYet, "passwd preserve-fd preserve-fds"},
     .arguments = {1, -1, image},
     .options_stop_at_first_argument = true,
     .group = HelpGroup::run,
     .handler = run_command},
    {.path = "create",
     .aliases = "container create",
     .summary = "Make a container without starting it",
     .usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
     .description = "",
     .examples = "lichen create --name job debian make -C /src\nlichen start -a job\n",
     .options = {kContainerOptions, kCreate},
     .not_yet_options = {kContainerNotYet},
     .arguments = {1, -1, image},
     .options_stop_at_first_argument = true,
     .group = HelpGroup::run,
     .handler = create_command},
    {.path = "start",
     .aliases = "container start",
     .summary = "Start containers that are not running",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen start web\n# start and show the output\nlichen start -a job\n"
                 "# after a reboot\nlichen start --all --filter should-start-on-boot=true\n",
     .options = {kStart},
     .not_yet_options = {"checkpoint checkpoint-dir"},
     .arguments = {0, -1, stopped_container},
     .group = HelpGroup::run,
     .handler = start_command},
    {.path = "stop",
     .aliases = "container stop",
     .summary = "Ask containers to end, then kill them",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen stop web\nlichen stop -t 1 web db\n",
     .options = {kStop},
     .not_yet_options = {"service"},
     .arguments = {0, -1, running_container},
     .group = HelpGroup::run,
     .handler = stop_command},
    {.path = "restart",
     .aliases = "container restart",
     .summary = "Stop and start containers",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description =
         "The container keeps its monitor, its network and whoever is attached to it. One that does not run is\n"
         "started.",
     .examples = "lichen restart web\n# give it two seconds\nlichen restart -t 2 web\n",
     .options = {kRestart},
     .arguments = {0, -1, container},
     .group = HelpGroup::run,
     .handler = restart_command},
    {.path = "pause",
     .aliases = "container pause",
     .summary = "Freeze the processes of containers",
     .usage = "CONTAINER [CONTAINER...]",
     .description =
         "Where a container has no cgroup of its own each process is stopped by a signal, which its parent may "
         "notice.",
     .examples = "lichen pause web\nlichen unpause web\n",
     .options = {kPause},
     .arguments = {0, -1, running_container},
     .group = HelpGroup::run,
     .handler = pause_command},
    {.path = "unpause",
     .aliases = "container unpause",
     .summary = "Let frozen processes go on",
     .usage = "CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen unpause web\n",
     .options = {kPause},
     .arguments = {0, -1, running_container},
     .group = HelpGroup::run,
     .handler = unpause_command},
    {.path = "rename",
     .aliases = "container rename",
     .summary = "Give a container another name",
     .usage = "CONTAINER NEW-NAME",
     .description = "",
     .examples = "lichen rename web web-old\n",
     .arguments = {2, 2, container},
     .group = HelpGroup::run,
     .handler = rename_command},
    {.path = "update",
     .aliases = "container update",
     .summary = "Change limits and restart policy of containers",
     .usage = "OPTIONS CONTAINER [CONTAINER...]",
     .description =
         "A running container gets limits, policy and health checks at once, and keeps them; 0 lifts a limit; "
         "checking\n"
         "begins anew. Variables and ulimits count for what is started from then on: by exec, restart or start.",
     .examples = "lichen update --memory 512m --cpus 1.5 web\n# come back after a failure and after a reboot\n"
                 "lichen update --restart always web db\n",
     .options = {kUpdate},
     .not_yet_options = {"blkio-weight-device device-read-bps device-read-iops "
                         "device-write-bps device-write-iops health-log-destination health-max-log-count "
                         "health-max-log-size kernel-memory memory-swappiness"},
     .arguments = {0, -1, container},
     .group = HelpGroup::run,
     .handler = update_command},
    {.path = "kill",
     .aliases = "container kill",
     .summary = "Send a signal to the main process of containers",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen kill web\n# reload its configuration\nlichen kill -s HUP web\n",
     .options = {kKill},
     .arguments = {0, -1, running_container},
     .group = HelpGroup::run,
     .handler = kill_command},
    {.path = "rm",
     .aliases = "container rm|container remove",
     .summary = "Remove containers",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen rm job\n# also when it runs\nlichen rm -f web\n",
     .options = {kRm},
     .not_yet_options = {"link storage"},
     .arguments = {0, -1, container},
     .group = HelpGroup::run,
     .handler = rm_command},
    {.path = "exec",
     .aliases = "container exec",
     .summary = "Run a command in a running container",
     .usage = "[OPTIONS] CONTAINER COMMAND [ARG...]",
     .description = "",
     .examples = "lichen exec -it web sh\nlichen exec -u postgres db psql\n",
     .options = {kExec},
     .not_yet_options = {"preserve-fd preserve-fds wait"},
     .arguments = {2, -1, running_container},
     .options_stop_at_first_argument = true,
     .group = HelpGroup::run,
     .handler = exec_command},
    {.path = "attach",
     .aliases = "container attach",
     .summary = "Connect this terminal to a running container",
     .usage = "[OPTIONS] CONTAINER",
     .description = "",
     .examples = "# leave again with ctrl-p ctrl-q\nlichen attach web\n",
     .options = {kAttach},
     .arguments = {1, 1, running_container},
     .group = HelpGroup::run,
     .handler = attach_command},
    {.path = "wait",
     .aliases = "container wait",
     .summary = "Wait until containers end and print their exit codes",
     .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
     .description = "",
     .examples = "lichen wait job\n",
     .options = {kWait},
     .not_yet_options = {"exit-first-match"},
     .arguments = {1, -1, container},
     .group = HelpGroup::run,
     .handler = wait_command},
    {.path = "healthcheck",
     .summary = "Look after the health of containers",
     .usage = "COMMAND",
     .group = HelpGroup::look,
     .is_group = true},
    {.path = "healthcheck run",
     .summary = "Run a container's health check now",
     .usage = "[OPTIONS] CONTAINER",
     .description = "The check that --health-cmd or the image has given runs in the container. Exit status 0: it is\n"
                    "well; 1: it is not, and 'unhealthy' is printed; 125: it has no check, or does not run. The\n"
                    "result counts as one of the container's own; lichen inspect shows the last five.",
     .examples = "lichen healthcheck run web\n",
     .options = {kHealthRun},
     .arguments = {1, 1, running_container},
     .group = HelpGroup::look,
     .handler = healthcheck_run_command},
};

}  // namespace

std::span<const CommandSpec> container_commands() { return kCommands; }

}  // namespace lichen::cli
