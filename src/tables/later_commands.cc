// Data: commands of docker and podman that lichen does not have yet, or never will. Each answers with one sentence.
// A whole family without a working command is one row: "network" answers for "network ls".
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

constexpr CommandSpec later(std::string_view path, std::string_view aliases, std::string_view summary,
                            std::string_view instead = {}) {
  return {.path = path,
          .aliases = aliases,
          .summary = summary,
          .usage = "...",
          .arguments = {0, -1},
          .options_stop_at_first_argument = true,
          .instead = instead};
}

constexpr CommandSpec never(std::string_view path, std::string_view aliases, std::string_view instead) {
  return {.path = path,
          .aliases = aliases,
          .summary = "Does not exist in lichen",
          .usage = "...",
          .arguments = {0, -1},
          .options_stop_at_first_argument = true,
          .hidden = true,
          .never = true,
          .instead = instead};
}

constexpr std::string_view kNoCluster = "lichen runs containers on one machine";
constexpr std::string_view kNoDaemon = "lichen has no daemon: every command works directly on your files";
constexpr std::string_view kNoReset = "nothing is needed: every command cleans up what another has left behind";

constexpr CommandSpec kCommands[] = {
    later("build", "image build|buildx build|builder build", "Build an image from a Dockerfile"),
    later("builder", "buildx", "The commands about builds"),
    later("commit", "container commit", "Make an image of a container's changes"),
    later("compose", "", "Run the services of a compose file"),
    later("cp", "container cp", "Copy files between a container and the host",
          "lichen exec CONTAINER tar -c PATH | tar -x"),
    later("diff", "container diff|image diff", "Show which files a container has changed"),
    later("events", "system events", "Show what happens"),
    later("export", "container export", "Write a container's files as a tar"),
    later("push", "image push", "Send an image to a registry",
          "lichen save writes an archive that other tools can push"),
    later("search", "image search", "Look for images in a registry"),
    later("pause", "container pause", "Freeze the processes of containers"),
    later("unpause", "container unpause", "Let frozen processes go on"),
    later("port", "container port", "Show the published ports of a container", "lichen ps shows published ports"),
    later("rename", "container rename", "Give a container another name"),
    later("restart", "container restart", "Stop and start containers", "lichen stop NAME && lichen start NAME"),
    later("stats", "container stats", "Show what containers use"),
    later("top", "container top", "Show the processes of a container", "lichen exec CONTAINER ps"),
    later("update", "container update", "Change the limits of containers"),
    later("mount", "container mount", "Mount a container's files"),
    later("unmount", "umount|container unmount|container umount", "Unmount a container's files"),
    later("init", "container init", "Prepare a container without starting its process"),
    later("container checkpoint", "checkpoint", "Save a running container's state"),
    later("container restore", "", "Continue from a saved state"),
    later("container clone", "", "Make a container like another one"),
    never("container cleanup", "", kNoReset),
    later("container runlabel", "", "Run the command that is in an image's label"),
    later("image mount", "", "Mount an image's files"),
    later("image unmount", "image umount", "Unmount an image's files"),
    later("image scp", "", "Copy an image to another machine", "lichen save IMAGE | ssh HOST lichen load"),
    later("image sign", "", "Sign an image"),
    later("image tree", "", "Show the layers of an image as a tree", "lichen history IMAGE"),
    later("image trust", "trust", "Say whose images are trusted"),
    later("volume export", "", "Write a volume's files as a tar", "lichen run --rm -v VOLUME:/v IMAGE tar -C /v -c ."),
    later("volume import", "", "Read a volume's files from a tar"),
    later("volume mount", "", "Mount a volume"),
    later("volume unmount", "", "Unmount a volume"),
    later("volume update", "", "Change a volume"),
    later("volume reload", "", "Look for new volumes of plugins"),
    later("system df", "", "Show what takes how much space"),
    later("system prune", "", "Remove all that is not used",
          "lichen container prune, lichen image prune and lichen volume prune"),
    never("system migrate", "", kNoReset),
    never("system renumber", "system locks", kNoReset),
    never("system reset", "",
          "remove what you do not want with lichen rm -a -f, lichen rmi -a and lichen volume prune -a"),
    never("system service", "system dial-stdio", kNoDaemon),
    never("system connection", "context", kNoDaemon),
    later("network", "", "The commands about networks", "--network takes none, host, slirp4netns and container:NAME"),
    later("pod", "", "The commands about pods", "--network container:NAME shares a network between containers"),
    later("kube", "play|generate", "Run Kubernetes files"),
    later("manifest", "", "The commands about images for several platforms"),
    later("secret", "", "The commands about secrets"),
    later("artifact", "", "The commands about OCI artifacts"),
    later("healthcheck", "", "Run a container's health check"),
    later("quadlet", "", "The commands about systemd units of containers"),
    later("auto-update", "", "Update containers whose image has changed"),
    never("swarm", "node|service|stack|config", kNoCluster),
    never("machine", "farm", "lichen runs on Linux itself, without a virtual machine"),
    never("plugin", "model|mcp", "lichen has no plugins"),
};

}  // namespace

std::span<const CommandSpec> later_commands() { return kCommands; }

}  // namespace lichen::cli
