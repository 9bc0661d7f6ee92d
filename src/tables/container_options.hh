// The flags that run and create share. Data: kept in alphabetical order, as help shows them.
#pragma once

#include "src/tables/builders.hh"

namespace lichen::cli {

inline constexpr OptionSpec kContainerOptions[] = {
    list("add-host", "name:ip", "Add a line to /etc/hosts; 'host-gateway' stands for the host's address"),
    list("annotation", "key=value", "Add an annotation to the OCI spec"),
    text("arch", "name", "Processor of the image, such as arm64; --platform says it all"),
    list('a', "attach", "stream", "Attach to stdin, stdout or stderr only").with_hints("stdin|stdout|stderr"),
    text("authfile", "path", "Credentials file for a pull").with_objects(CompletionKind::file),
    list("cap-add", "capability", "Give a Linux capability, or ALL").with_objects(CompletionKind::capability),
    list("cap-drop", "capability", "Take a Linux capability away, or ALL").with_objects(CompletionKind::capability),
    number("blkio-weight", "weight", "Share of disk time when the host is busy, 10 to 1000 (default 100)"),
    list("blkio-weight-device", "path:weight", "The same for one device"),
    text("cgroup-parent", "path", "Cgroup, below the delegated one, in which the container's is made"),
    text("cgroupns", "mode", "Cgroup namespace").with_hints("private|host|container:"),
    text("cgroups", "mode", "disabled: no cgroup of its own, and so no limits")
        .with_values("enabled|disabled|no-conmon"),
    text("cidfile", "path", "Write the container's id to this new file").with_objects(CompletionKind::file),
    number("cpu-period", "microseconds", "Length of a CPU scheduling period"),
    number("cpu-quota", "microseconds", "CPU time allowed in one period"),
    number("cpu-rt-period", "us", "Of cgroup version 1; without effect"),
    number("cpu-rt-runtime", "us", "Of cgroup version 1; without effect"),
    number('c', "cpu-shares", "weight", "Share of CPU time when the host is busy (default weight 1024)"),
    text("cpus", "decimal", "How many CPUs may be used, such as 1.5"),
    text("cpuset-cpus", "list", "CPUs that may be used, such as 0-3 or 0,1"),
    text("cpuset-mems", "list", "Memory nodes that may be used"),
    text("creds", "name[:password]", "Credentials for the registry"),
    list("device", "host[:container[:rwm]]",
         "Make a device of the host visible; or vendor.com/class=name, as a CDI file says")
        .with_objects(CompletionKind::file),
    list("device-cgroup-rule", "rule", "Rule such as 'c 1:3 mr': kept for inspect, only root could enforce it"),
    flag("disable-content-trust", "Docker's way to pull without notary signatures; lichen knows none")
        .with_default("true")
        .as_hidden(),
    list("device-read-bps", "dev:rate", "Bytes per second that may be read from a device"),
    list("device-read-iops", "dev:rate", "Reads per second from a device"),
    list("device-write-bps", "dev:rate", "Bytes per second that may be written to a device"),
    list("device-write-iops", "dev:rate", "Writes per second to a device"),
    list("dns", "address", "Name server"),
    list("dns-opt", "option", "Resolver option").with_alias_of("dns-option"),
    list("dns-option", "option", "Option line of resolv.conf"),
    list("dns-search", "domain", "Search domain; '.' for none"),
    text("domainname", "name", "NIS domain name"),
    text("entrypoint", "command", "Run this in place of the image's entrypoint; an empty text clears it"),
    list('e', "env", "name[=value]", "Set a variable; without a value it is taken from here"),
    list("env-file", "path", "Read variables from a file").with_objects(CompletionKind::file),
    flag("env-host", "Give all variables that are set here"),
    list("expose", "port[/proto]", "Declare a port without publishing it"),
    list("gpus", "gpus", "GPUs as CDI files describe them: all, a number, 'device=0', driver=amd")
        .with_hints("all|device="),
    list("group-add", "group", "Further group of the process, or keep-groups"),
    text("health-cmd", "command", "Look after the container with this command, run in it by /bin/sh"),
    text("health-interval", "time", "Time between two checks (default 30s); 'disable' for none by itself"),
    text("health-on-failure", "action", "What becomes of an unhealthy container").with_values("none|kill|restart|stop"),
    number("health-retries", "count", "Failures in a row until it is unhealthy (default 3)"),
    text("health-start-interval", "time", "Time between two checks while it starts (default 5s)"),
    text("health-start-period", "time", "Time to start in which failures do not count (default 0s)"),
    text("health-startup-cmd", "command",
         "Until this succeeds the container is starting and --health-cmd does not run"),
    text("health-startup-interval", "t", "Time between two startup checks (default 30s); 'disable' for none by itself"),
    number("health-startup-retries", "n", "Failed startup checks in a row until it is restarted (default 0: never)"),
    number("health-startup-success", "n", "Startup checks in a row that must succeed (default 1)"),
    text("health-startup-timeout", "t", "A startup check that takes longer has failed (default 30s)"),
    text("health-timeout", "time", "A check that takes longer has failed (default 30s)"),
    text("healthcheck-command", "command", "").with_alias_of("health-cmd"),
    text("healthcheck-interval", "duration", "").with_alias_of("health-interval"),
    number("healthcheck-retries", "count", "").with_alias_of("health-retries"),
    text("healthcheck-start-period", "duration", "").with_alias_of("health-start-period"),
    text("healthcheck-timeout", "duration", "").with_alias_of("health-timeout"),
    text('h', "hostname", "name", "Host name in the container (default: its short id)"),
    flag("http-proxy", "Pass the host's proxy variables on").with_default("true"),
    flag("init", "Run a small init as PID 1 that forwards signals and reaps"),
    text("init-path", "path", "Init program of the host for --init").with_objects(CompletionKind::file),
    flag('i', "interactive", "Keep standard input open"),
    text("ip", "address", "IPv4 address on the network"),
    text("ip6", "address", "IPv6 address on the network"),
    text("ipc", "mode", "IPC namespace").with_hints("private|shareable|host|none|container:"),
    text("kernel-memory", "bytes", "Of cgroup version 1; without effect"),
    list('l', "label", "key[=value]", "Set a label"),
    list("label-file", "path", "Read labels from a file").with_objects(CompletionKind::file),
    list("link", "container[:alias]", "A line of /etc/hosts for another container of the network"),
    list("link-local-ip", "address", "Not offered: containers have no addresses in 169.254.0.0/16").as_hidden(),
    text("log-driver", "driver", "Where output goes: k8s-file, json-file, journald, passthrough or none")
        .with_hints("k8s-file|json-file|journald|passthrough|none"),
    list("log-opt", "name=value", "Log option: max-size, max-file, path, tag, labels, env")
        .with_hints("max-size=|max-file=|path=|tag=|labels=|env="),
    text("mac-address", "address", "MAC address on the network"),
    text('m', "memory", "bytes", "Memory limit, such as 512m"),
    text("memory-reservation", "bytes", "Memory that is taken back first when the host runs short"),
    text("memory-swap", "bytes", "Memory and swap together; -1 for no limit"),
    number("memory-swappiness", "number", "Of cgroup version 1; without effect"),
    list("mount", "type=...,dst=...", "Mount a bind, volume or tmpfs; the long form of --volume")
        .with_hints("type=bind,|type=volume,|type=tmpfs,"),
    text("name", "name", "Name of the container (default: a made-up one)"),
    list("net", "mode", "Network").with_alias_of("network"),
    list("net-alias", "name", "Another name").with_alias_of("network-alias"),
    list("network", "mode", "none, host, slirp4netns[:options], container:NAME, or networks by name")
        .with_hints("bridge|none|host|slirp4netns|slirp4netns:|container:")
        .with_objects(CompletionKind::network),
    list("network-alias", "name", "Another name of the container on its networks"),
    flag("no-healthcheck", "Do not run the image's health check"),
    flag("no-hostname", "Leave /etc/hostname to the image"),
    flag("no-hosts", "Leave /etc/hosts as the image has it"),
    flag("oom-kill-disable", "Of cgroup version 1; without effect"),
    number("oom-score-adj", "number", "Who is killed first when memory runs out, -1000 to 1000"),
    text("os", "name", "Operating system of the image"),
    text("pid", "mode", "PID namespace").with_hints("private|host|container:"),
    text("pidfile", "path", "Write the PID of the main process to this file").with_objects(CompletionKind::file),
    number("pids-limit", "count", "How many processes may exist; -1 for no limit"),
    text("platform", "os/arch[/variant]", "Platform of the image")
        .with_hints("linux/amd64|linux/arm64|linux/386|linux/arm/v7|linux/riscv64"),
    text("pod", "name", "Run in this pod; new:NAME makes it first")
        .with_hints("new:")
        .with_objects(CompletionKind::pod),
    text("pod-id-file", "path", "The pod whose id is in this file").with_objects(CompletionKind::file),
    flag("privileged", "Give all that you yourself have; turns most isolation off"),
    list('p', "publish", "[ip:][host:]port[/proto]", "Make a port reachable from the host"),
    flag('P', "publish-all", "Publish every exposed port on a free host port"),
    text("pull", "policy", "When to pull the image").with_default("missing").with_values("always|missing|never|newer"),
    flag('q', "quiet", "No progress of a pull"),
    flag("read-only", "The root file system cannot be written"),
    flag("read-only-tmpfs", "With --read-only: a tmpfs on /run, /tmp and /var/tmp"),
    flag("replace", "Remove a container that has the same name first"),
    text("restart", "policy", "When to start again")
        .with_default("no")
        .with_hints("no|on-failure|on-failure:|always|unless-stopped"),
    flag("rm", "Remove the container and its anonymous volumes when it ends"),
    flag("rootfs", "The argument is a directory with a root file system, not an image"),
    text("runtime", "path", "OCI runtime for this container").with_objects(CompletionKind::file),
    text("sdnotify", "mode", "Who tells systemd that the container is ready (default container)")
        .with_values("container|conmon|healthy|ignore"),
    list("secret", "name[,option=value]", "Give a secret as a file in /run/secrets, or as a variable (type=env)")
        .with_objects(CompletionKind::secret),
    list("security-opt", "option", "no-new-privileges, seccomp=PATH|unconfined, label=..., mask=..., unmask=...")
        .with_hints(
            "no-new-privileges|seccomp=unconfined|seccomp=|apparmor=|label=|mask=|unmask=|systempaths=unconfined"),
    text("shm-size", "bytes", "Size of /dev/shm (default 64m)"),
    text("stop-signal", "signal", "Signal that asks the process to end").with_objects(CompletionKind::signal),
    number("stop-timeout", "seconds", "How long stop waits before it kills (default 10)"),
    list("sysctl", "name=value", "Kernel setting of the container's own namespaces"),
    number("timeout", "seconds", "Kill it when it has run so long").with_default("0"),
    flag("tls-verify", "Verify the registry's certificate in a pull").with_default("true"),
    list("tmpfs", "path[:options]", "Mount an empty file system in memory"),
    flag('t', "tty", "Give the process a terminal"),
    text("tz", "zone", "Time zone, such as Europe/Rome, or 'local'"),
    list("ulimit", "name=soft[:hard]", "Resource limit, such as nofile=1024:4096")
        .with_hints("as=|core=|cpu=|data=|fsize=|locks=|memlock=|msgqueue=|nice=|nofile=|nproc=|rss=|rtprio=|"
                    "sigpending=|stack="),
    text("umask", "octal", "File creation mask (default 0022)"),
    text('u', "user", "name|uid[:group]", "User of the process"),
    text("userns", "mode", "How user ids map: host, keep-id, nomap, auto, container:NAME")
        .with_hints("host|keep-id|nomap|auto|container:"),
    text("uts", "mode", "UTS namespace: the host name").with_hints("private|host|container:"),
    text("variant", "name", "Variant of the processor, such as v7"),
    list('v', "volume", "[source:]path[:options]", "Mount a directory of the host or a named volume")
        .with_objects(CompletionKind::volume),
    list("volumes-from", "name[:ro]", "Mount what another container mounts, at the same places")
        .with_objects(CompletionKind::container),
    text('w', "workdir", "path", "Working directory"),
};

/// Flags of docker and podman that lichen knows and refuses until they are done.
inline constexpr std::string_view kContainerNotYet =
    "cert-dir cgroup-conf chrootdirs "
    "conmon-pidfile cpu-count cpu-percent decryption-key "
    "env-merge "
    "gidmap group-entry health-log-destination health-max-log-count health-max-log-size "
    "hosts-file hostuser image-volume io-maxbandwidth io-maxiops isolation "
    "override-arch override-os override-variant passwd-entry personality "
    "rdt-class requires retry retry-delay seccomp-policy shm-size-systemd "
    "signature-policy storage-opt subgidname subuidname systemd uidmap unsetenv unsetenv-all use-api-socket "
    "volume-driver";

}  // namespace lichen::cli
