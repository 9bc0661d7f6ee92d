#include "src/personality.hh"

#include "src/exit_code.hh"
#include "src/version.hh"

#include <errno.h>

namespace lichen::cli {

Personality personality() { return personality_of(program_invocation_short_name); }

Personality personality_of(std::string_view program) {
  return program == "docker" ? Personality::docker : Personality::lichen;
}

bool is_compose_link(std::string_view program) { return program.ends_with("-compose"); }

std::string version_line(Personality who) {
  return who == Personality::docker ? format("Docker version {}, build lichen-{}\n", kDockerVersion, kVersion)
                                    : format("lichen version {}\n", kVersion);
}

std::string as_called(std::string text, Personality who) {
  if (who == Personality::lichen) return text;
  constexpr std::string_view kName = "lichen ";
  for (std::size_t at = text.find(kName); at != std::string::npos; at = text.find(kName, at + 1)) {
    const std::string_view before = std::string_view(text).substr(0, at);
    // In prose it stays lichen.
    const bool is_command = before.empty() || before.ends_with('\n') || before.ends_with("  ") ||
                            before.ends_with('\'') || before.ends_with('`') || before.ends_with(": ");
    if (is_command) text.replace(at, kName.size() - 1, "docker");
  }
  return text;
}

int failure_code(Personality who, const CommandSpec* command, bool parsed, const Error& error) {
  // What fails of a project fails with 1, as docker compose.
  if (command != nullptr && command->path.starts_with("compose ") && error.exit_code() == 0 &&
      error.kind() != ErrorKind::interrupted)
    return kExitNo;
  if (who == Personality::lichen || error.exit_code() != 0 || error.kind() == ErrorKind::interrupted)
    return exit_code_of(error);
  if (command == nullptr) return kExitNo;
  if (!parsed || command->path == "run") return kExitOurError;
  // create reads its flags' values itself.
  return command->path == "create" && error.kind() == ErrorKind::usage ? kExitOurError : kExitNo;
}

void check_docker_host(Personality who, std::string_view host) {
  if (who == Personality::lichen) return;
  if (host.empty() || host.starts_with("unix://") || host.starts_with("fd://")) return;
  throw Error(ErrorKind::unsupported,
              format("DOCKER_HOST is '{}': this docker is lichen, which works on this machine only", host))
      .with_hint("unset DOCKER_HOST, or run it there: ssh HOST docker ...");
}

}  // namespace lichen::cli
