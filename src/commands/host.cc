// doctor, info, unshare: the machine, the store, the user namespace.
#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/host.hh"
#include "src/commands/commands.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/personality.hh"
#include "src/session.hh"
#include "src/style.hh"
#include "src/version.hh"

namespace lichen::cli {
namespace {

Colour colour_of(const std::string& state) {
  if (state == "ok") return Colour::green;
  return state == "error" ? Colour::red : Colour::yellow;
}

std::string findings_table(const std::vector<engine::Finding>& findings, bool colour) {
  std::size_t width = 0;
  for (const auto& finding : findings) width = std::max(width, finding.name.size());
  std::string text;
  for (const auto& finding : findings) {
    text += paint(format("{:<8}", finding.state), colour_of(finding.state), colour) +
            format(" {:<{}}  {}\n", finding.name, width, printable(finding.detail));
    if (!finding.fix.empty()) text += format("         {:<{}}  -> {}\n", "", width, printable(finding.fix));
  }
  return text;
}

std::string table_row(std::string_view name, const Json& value) {
  std::string text;
  if (value.is_string())
    text = value.get<std::string>();
  else if (value.is_array()) {
    for (const auto& item : value)
      text += (text.empty() ? "" : " ") + (item.is_string() ? item.get<std::string>() : dump_json(item));
  } else
    text = dump_json(value);
  return format(" {}: {}\n", name, printable(text));
}

}  // namespace

int doctor_command(Context& context, const ParsedArgs& args) {
  const auto findings = engine::examine_host(engine::Environment::capture(), context.global.root.value_or(""));
  bool broken = false;
  for (const auto& finding : findings) broken |= finding.state == "error";
  if (args.get_string("format") == "json") {
    Json list = Json::array();
    for (const auto& finding : findings)
      list.push_back(
          {{"name", finding.name}, {"state", finding.state}, {"detail", finding.detail}, {"fix", finding.fix}});
    write_out(dump_json_pretty(list));
  } else {
    write_out(findings_table(findings, context.terminal.colour_on_stdout()));
    write_out(broken ? "\nSomething is missing: see the lines marked error.\n"
                     : "\nThis machine can run containers.\n");
  }
  return broken ? kExitNo : kExitOk;
}

int info_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const Json info =
      engine::host_info(*engine, std::string(personality() == Personality::docker ? kDockerVersion : kVersion));
  const std::string form = args.get_string("format");
  if (!form.empty()) {
    write_out(render_object(info, form));
    return 0;
  }
  std::string text;
  for (const auto& [name, value] : info.items()) {
    if (!value.is_object()) {
      text += table_row(name, value).substr(1);
      continue;
    }
    text += name + ":\n";
    for (const auto& [inner, item] : value.items()) text += table_row(inner, item);
  }
  write_out(text);
  return 0;
}

int unshare_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  std::vector<std::string> command = args.positionals();
  if (command.empty()) command = {engine->environment.shell.starts_with('/') ? engine->environment.shell : "/bin/sh"};
  return engine::run_in_userns(*engine, command);
}

}  // namespace lichen::cli
