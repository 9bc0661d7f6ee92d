#include "src/man_pages.hh"

#include "libpod/base/format.hh"
#include "libpod/base/strings.hh"
#include "src/help.hh"
#include "src/version.hh"

namespace lichen::cli {
namespace {

std::string page_name(std::string_view path) {
  return path.empty() ? "lichen" : "lichen-" + replace_all(std::string(path), " ", "-");
}

std::string head(std::string_view path, std::string_view summary) {
  const std::string name = page_name(path);
  return format(".TH {} 1 \"\" \"lichen {}\" \"lichen\"\n.SH NAME\n{} \\- {}\n", to_upper(name), kVersion,
                roff_escape(name), roff_escape(to_lower(summary.substr(0, 1)) + std::string(summary.substr(1))));
}

std::string synopsis(const CommandSpec& command) {
  return format(".SH SYNOPSIS\n\\fB{}\\fR {}\n", roff_escape(command_title(command)), roff_escape(command.usage));
}

std::string option_section(const CommandSpec& command) {
  std::string out;
  for (const OptionSpec* option : visible_options(command)) {
    out += ".TP\n";
    if (option->short_name != 0) out += format("\\fB\\-{}\\fR, ", option->short_name);
    out += format("\\fB\\-\\-{}\\fR", roff_escape(option->name));
    if (option->takes_value()) out += format(" \\fI{}\\fR", roff_escape(option->value_name));
    out += "\n" + roff_escape(option_text(*option)) + ".\n";
  }
  return out.empty() ? out : ".SH OPTIONS\n" + out;
}

std::string example_section(const CommandSpec& command) {
  if (command.examples.empty()) return {};
  std::string out = ".SH EXAMPLES\n.nf\n";
  for (const auto line : list_items(command.examples, '\n')) out += roff_escape(line) + "\n";
  return out + ".fi\n";
}

std::string command_page(const CommandSpec& command) {
  std::string out = head(command.path, command.summary) + synopsis(command) + ".SH DESCRIPTION\n" +
                    roff_escape(command.summary) + ".\n";
  if (!command.description.empty()) out += ".PP\n" + roff_escape(command.description) + "\n";
  out += option_section(command) + example_section(command);
  return out + ".SH SEE ALSO\n\\fBlichen\\fR(1)\n";
}

std::string list_page(const CommandSpec& group) {
  std::string out = head(group.path, group.summary) + synopsis(group) + ".SH COMMANDS\n";
  for (const CommandSpec* command : commands_below(group.path)) {
    if (command->hidden || !command->is_done()) continue;
    out += format(".TP\n\\fB{}\\fR(1)\n{}.\n", roff_escape(page_name(command->path)), roff_escape(command->summary));
  }
  out += option_section(group) + example_section(group);
  if (group.path.empty())
    out +=
        ".SH EXIT STATUS\nThat of the command in the container; 125 an error of lichen, 126 a command that cannot be "
        "executed, "
        "127 a command that was not found, 128+N a command that died of signal N.\n";
  return out;
}

}  // namespace

std::string roff_escape(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_begins = c == '\n';
  }
  return out;
}

std::vector<ManPage> man_pages() {
  std::vector<ManPage> pages = {{"lichen.1", list_page(global_spec())}};
  for (const auto family : command_families())
    for (const CommandSpec& command : family) {
      if (command.hidden || !command.is_done()) continue;
      pages.push_back({page_name(command.path) + ".1", command.is_group ? list_page(command) : command_page(command)});
      for (const auto alias : list_items(command.aliases))
        pages.push_back({page_name(alias) + ".1", ".so man1/" + page_name(command.path) + ".1\n"});
    }
  return pages;
}

}  // namespace lichen::cli
