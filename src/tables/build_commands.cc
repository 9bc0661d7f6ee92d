// Data: build and builder.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

constexpr OptionSpec kBuild[] = {
    list("add-host", "name:address", "One more line of /etc/hosts in RUN steps"),
    list("allow", "what", "Let RUN steps have network.host, security.insecure, device or device=NAME"),
    list("annotation", "[type:]key=value", "An annotation of the manifest; index: and manifest-descriptor: of a list"),
    text("authfile", "file", "Credentials of registries").with_objects(CompletionKind::file),
    list("build-arg", "name[=value]", "Give an ARG a value; without one the variable of the environment"),
    list("build-arg-file", "file", "NAME=VALUE lines, each as a --build-arg").with_objects(CompletionKind::file),
    list("build-context", "name=place",
         "A further context for --from: a directory, a URL, a git repository, or docker-image://NAME"),
    list("cache-from", "place",
         "Steps of other builds: an image, or type=local,src=DIRECTORY or type=registry,ref=NAME"),
    list("cache-to", "place",
         "Leave the steps for other builds: type=local,dest=DIRECTORY, type=registry,ref=NAME, type=inline; mode=max"),
    text("builder", "name", "Docker's: there is one builder").with_values("default").as_hidden(),
    list("cap-add", "capability", "Give RUN steps a capability").with_objects(CompletionKind::capability),
    list("cap-drop", "capability", "Take a capability from RUN steps").with_objects(CompletionKind::capability),
    flag("check", "Look for mistakes in the Dockerfile, and build nothing"),
    flag("compress", "Docker's; the context is read where it lies").as_hidden(),
    number("cpu-period", "microseconds", "Length of a CPU scheduling period"),
    number("cpu-quota", "microseconds", "CPU time allowed in one period"),
    number('c', "cpu-shares", "weight", "Share of CPU time of RUN steps"),
    text("cpus", "decimal", "How many CPUs RUN steps may use"),
    text("cpuset-cpus", "list", "CPUs that RUN steps may use"),
    text("cpuset-mems", "list", "Memory nodes that RUN steps may use"),
    flag("debug-shell", "Open a shell in the place of a RUN that failed"),
    list("device", "device", "Device of the host for RUN steps, or one that a CDI description names"),
    list("dns", "address", "Name server of RUN steps"),
    text('f', "file", "file", "The Dockerfile; - is standard input (default Containerfile or Dockerfile)")
        .with_objects(CompletionKind::file),
    flag("explain", "Say why a step is not taken from the cache"),
    flag("force-rm", "Docker's; nothing is left behind anyway").as_hidden(),
    text("format", "format", "Of manifest and configuration; oci leaves out HEALTHCHECK, SHELL and ONBUILD")
        .with_values("oci|docker"),
    text("ignorefile", "file", "Instead of .dockerignore").with_objects(CompletionKind::file),
    text("iidfile", "file", "Write the image's id there").with_objects(CompletionKind::file),
    number("jobs", "count", "Steps that run at the same time (default as many as CPUs, at least 4)"),
    list("label", "key=value", "One more label of the image"),
    flag("layers", "A layer for each step; with false one for all of them, and nothing from the cache")
        .with_default("true"),
    flag("load", "Docker's; the image always comes into the store").as_hidden(),
    text("manifest", "name", "Add the images to this manifest list"),
    text('m', "memory", "bytes", "Memory limit of RUN steps"),
    text("memory-swap", "bytes", "Memory and swap together; -1 for no limit"),
    text("metadata-file", "file", "Write what was built there, as JSON").with_objects(CompletionKind::file),
    text("network", "mode", "Of RUN steps: default, none, host or a network"),
    flag("no-cache", "Do every step anew"),
    list("no-cache-filter", "stage", "Do the steps of this stage anew"),
    list('o', "output", "type=...", "Where the result goes: a directory, or type=local|tar|docker|oci,dest=PLACE"),
    list("platform", "os/arch[,os/arch]", "Build for this platform; for several, and a manifest list of them"),
    flag("print", "Show the graph of the build as JSON, and build nothing"),
    text("progress", "style", "How progress is shown").with_values("auto|plain|tty|quiet|rawjson").with_default("auto"),
    text("provenance", "false", "Docker's attestations: none are made").with_values("false").as_hidden(),
    text("pull", "policy", "Whether base images are pulled: always, missing, never, newer")
        .or_alone("always")
        .with_hints("always|missing|never|newer|true|false"),
    flag("push", "Push the image under its names afterwards, as --output type=registry does"),
    flag('q', "quiet", "Print the image's id alone"),
    flag("rm", "Docker's; nothing is left behind anyway").as_hidden().with_default("true"),
    text("sbom", "false", "Docker's attestations: none are made").with_values("false").as_hidden(),
    list("secret", "id=name,src=file", "A secret for RUN --mount=type=secret; env=VARIABLE instead of src"),
    list("security-opt", "option", "Security option of RUN steps"),
    text("shm-size", "bytes", "Size of /dev/shm in RUN steps"),
    flag("squash", "One layer of all steps, on top of the base image's"),
    flag("squash-all", "One layer of all, the base image's too"),
    list("ssh", "name[=socket]", "An ssh agent for RUN --mount=type=ssh"),
    list('t', "tag", "name", "Name of the image"),
    text("target", "stage", "Build this stage (default the last)"),
    text("timestamp", "seconds", "Time of the image and its files: the same input gives the same image"),
    text("source-date-epoch", "seconds", "").with_alias_of("timestamp"),
    flag("tls-verify", "Verify certificates of registries").with_default("true"),
    list("ulimit", "name=soft[:hard]", "Resource limit of RUN steps"),
    list('v', "volume", "host-dir:dir[:options]", "Bind a directory of the host into RUN steps"),
    number("pids-limit", "count", "How many processes a RUN step may have").as_hidden(),
    text("memory-reservation", "bytes", "").as_hidden(),
    number("blkio-weight", "weight", "").as_hidden(),
    number("cpu-rt-period", "us", "").as_hidden(),
    number("cpu-rt-runtime", "us", "").as_hidden(),
};
constexpr OptionSpec kPrune[] = {
    flag('a', "all", "Also steps whose layer an image has; the image stays"),
    flag('f', "force", "Do not ask"),
    text("filter", "until=time", "Only what was not of use since"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "build",
     .aliases = "image build|buildx build|builder build",
     .summary = "Build an image from a Dockerfile",
     .usage = "[OPTIONS] DIRECTORY|URL|-",
     .description =
         "DIRECTORY is the context: what COPY and ADD can see of the host. - is a tar on standard input.\n"
         "A URL is that of a tar, of a single Dockerfile, or of a git repository: https://HOST/PATH.git, "
         "git@HOST:PATH,\n"
         "both with #REFERENCE:DIRECTORY or ?branch=NAME&subdir=DIRECTORY.\n"
         "Independent stages are built at the same time, and a step whose input is unchanged is taken from the cache.",
     .examples = "lichen build -t app .\n"
                 "lichen build -t app:test --target test --build-arg VERSION=1.4 .\n"
                 "# a secret that no layer will hold\n"
                 "lichen build --secret id=token,src=$HOME/.token -t app .\n"
                 "lichen build -t app https://example.org/team/app.git#v1.4:docker\n"
                 "lichen build --check .\n",
     .options = {kBuild},
     .not_yet_options = {"all-platforms arch attest cache-ttl call cert-dir cgroup-parent cgroupns "
                         "compat-volumes cpp-flag "
                         "created-annotation creds cw decryption-key disable-compression "
                         "disable-content-trust dns-option dns-search env env-file group-add",
                         "hooks-dir http-proxy identity-label inherit-annotations inherit-labels ipc isolation "
                         "layer-label logfile no-hostname no-hosts omit-history os os-feature os-version "
                         "pid retry retry-delay rewrite-timestamp runtime runtime-flag "
                         "sbom-image-output sbom-merge-strategy sbom-output sbom-purl-output sbom-scanner-command "
                         "sbom-scanner-image sign-by skip-unused-stages stdin stream unsetannotation "
                         "unsetenv unsetlabel userns userns-gid-map userns-gid-map-group userns-uid-map "
                         "userns-uid-map-user uts variant"},
     .arguments = {0, 1, CompletionKind::directory},
     .group = HelpGroup::images,
     .handler = build_command},
    {.path = "builder",
     .aliases = "buildx",
     .summary = "The commands about builds",
     .usage = "COMMAND",
     .group = HelpGroup::images,
     .is_group = true},
    {.path = "builder du",
     .aliases = "buildx du",
     .summary = "Show what builds have kept for the next time",
     .usage = "",
     .description =
         "Layers that images have as well are shared, and not reclaimable; `builder prune` takes the others.",
     .examples = "lichen builder du\n",
     .not_yet_options = {"builder filter format timeout verbose"},
     .arguments = {0, 0},
     .group = HelpGroup::images,
     .handler = builder_du_command},
    {.path = "builder prune",
     .aliases = "buildx prune",
     .summary = "Remove what builds have kept for the next time",
     .usage = "[OPTIONS]",
     .description = "Layers that only the cache leads to go, and the directories of RUN --mount=type=cache.",
     .examples = "lichen builder prune\nlichen builder prune --all --force\nlichen builder prune --filter until=24h\n",
     .options = {kPrune},
     .not_yet_options = {"builder keep-storage max-used-space min-free-space reserved-space verbose"},
     .arguments = {0, 0},
     .group = HelpGroup::images,
     .handler = builder_prune_command},
};

}  // namespace

std::span<const CommandSpec> build_commands() { return kCommands; }

}  // namespace lichen::cli
