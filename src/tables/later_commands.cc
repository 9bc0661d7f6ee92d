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

constexpr std::string_view kNoCluster =
    "lichen runs containers on one machine, with lichen run; several need an orchestrator";
constexpr std::string_view kNoService = "keep a container running with lichen run -d --restart always IMAGE";
constexpr std::string_view kNoDaemon = "lichen has no daemon: every command works directly on your files";
constexpr std::string_view kNoReset = "nothing is needed: every command cleans up what another has left behind";

constexpr CommandSpec kCommands[] = {
    later("init", "container init", "Prepare a container without starting its process"),
    later("container checkpoint", "checkpoint", "Save a running container's state",
          "lichen stop and lichen start keep its files, but not its memory"),
    later("container restore", "", "Continue from a saved state"),
    later("container clone", "", "Make a container like another one"),
    never("container cleanup", "", kNoReset),
    later("container runlabel", "", "Run the command that is in an image's label"),
    later("image scp", "", "Copy an image to another machine", "lichen save IMAGE | ssh HOST lichen load"),
    later("image sign", "", "Sign an image"),
    later("image trust", "trust", "Say whose images are trusted",
          "a digest is the proof of content: lichen pull NAME@sha256:..."),
    later("volume update", "", "Change a volume"),
    later("volume reload", "", "Look for new volumes of plugins"),
    never("system migrate", "", kNoReset),
    never("system renumber", "system locks", kNoReset),
    never("system reset", "",
          "remove what you do not want with lichen rm -a -f, lichen rmi -a and lichen volume prune -a"),
    never("system service", "system dial-stdio", kNoDaemon),
    never("system connection", "", kNoDaemon),
    never("context", "", "lichen works on the files of this machine; for another one: ssh HOST lichen ..."),
    later("kube", "play|generate", "Run Kubernetes files"),
    later("artifact", "", "The commands about OCI artifacts"),
    later("quadlet", "", "The commands about systemd units of containers"),
    later("auto-update", "", "Update containers whose image has changed"),
    never("swarm", "node", kNoCluster),
    never("service", "stack", kNoService),
    never("config", "",
          "bind the file with lichen run -v ./app.conf:/etc/app.conf:ro, or keep it as a secret: lichen secret"),
    never("machine", "farm", "lichen runs on Linux itself, without a virtual machine"),
    never("plugin", "",
          "lichen has no plugins: let the host mount what no driver of lichen can, and bind it with lichen run -v"),
    never("model", "mcp", "run the server as a container: lichen run -d -p 127.0.0.1:8080:8080 IMAGE"),
};

}  // namespace

std::span<const CommandSpec> later_commands() { return kCommands; }

}  // namespace lichen::cli
