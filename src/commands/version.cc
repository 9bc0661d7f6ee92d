// version: docker's layout, with the one program where docker has client and server. Server is present in templates, as
// scripts ask for {{.Server.Version}} to learn whether "the daemon" answers.
#include <sys/utsname.h>

#include "libpod/base/json.hh"
#include "src/commands/commands.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/personality.hh"
#include "src/version.hh"

namespace lichen::cli {
namespace {

std::string go_architecture() {
  struct utsname names {};
  if (::uname(&names) != 0) return "unknown";
  const std::string_view machine = names.machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  if (machine == "i686" || machine == "i386") return "386";
  return std::string(machine);
}

std::string kernel() {
  struct utsname names {};
  return ::uname(&names) == 0 ? names.release : "";
}

// By docker's names: the version is the one whose commands and formats these are, who it really is stands in Platform.
Json docker_record() {
  Json part;
  part["Platform"] = {{"Name", "lichen " + std::string(kVersion)}};
  part["Version"] = std::string(kDockerVersion);
  part["ApiVersion"] = std::string(kDockerApiVersion);
  part["Os"] = "linux";
  part["Arch"] = go_architecture();
  Json client = part, server = part;
  client["DefaultAPIVersion"] = std::string(kDockerApiVersion);
  client["Context"] = "default";
  server["MinAPIVersion"] = std::string(kDockerMinApiVersion);
  server["KernelVersion"] = kernel();
  return Json{{"Client", client}, {"Server", server}};
}

std::string docker_text(const Json& record) {
  const Json& client = record["Client"];
  const std::string name = client["Platform"]["Name"], version = client["Version"], api = client["ApiVersion"];
  const std::string machine = "linux/" + go_architecture();
  return format(
      "Client: {0}\n Version:           {1}\n API version:       {2}\n OS/Arch:           {3}\n\n"
      "Server: {0}, without a daemon\n Engine:\n  Version:          {1}\n  API version:      {2} (minimum version "
      "{4})\n  OS/Arch:          {3}\n",
      name, version, api, machine, kDockerMinApiVersion);
}

Json version_record() {
  Json part;
  part["Version"] = std::string(kVersion);
  part["ApiVersion"] = "";  // no API: there is no daemon
  part["Compatible"] = "docker " + std::string(kDockerCompatible);
  part["Os"] = "linux";
  part["Arch"] = go_architecture();
  part["OsArch"] = "linux/" + go_architecture();
  return Json{{"Client", part}, {"Server", part}};
}

}  // namespace

int version_command(Context&, const ParsedArgs& args) {
  const bool as_docker = personality() == Personality::docker;
  const Json record = as_docker ? docker_record() : version_record();
  if (const auto format = args.find_string("format")) {
    write_out(render_object(record, *format));
    return kExitOk;
  }
  if (as_docker) {
    write_out(docker_text(record));
    return kExitOk;
  }
  const Json& client = record["Client"];
  const auto line = [&](std::string_view title, const char* key) {
    return fmt::format(" {:<18} {}\n", std::string(title) + ":", client[key].get<std::string>());
  };
  write_out("Client: lichen\n" + line("Version", "Version") + line("Compatible with", "Compatible") +
            line("OS/Arch", "OsArch"));
  return kExitOk;
}

}  // namespace lichen::cli
