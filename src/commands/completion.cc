// completion SHELL, and the hidden __complete WORDS..., __man DIRECTORY and __flags.
#include "src/completion.hh"

#include <cstdio>
#include <memory>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "src/commands/commands.hh"
#include "src/dispatch.hh"
#include "src/exit_code.hh"
#include "src/man_pages.hh"
#include "src/output.hh"

namespace lichen::cli {
namespace {

// Tab-separated: path, flag, "works" or "not yet", short name, "value" when it takes one. "-" is the command itself.
std::string flag_rows(const CommandSpec& command) {
  std::string rows = format("{}\t-\t{}\t\t\n", command.path, command.handler == nullptr ? "not yet" : "works");
  for (const auto part : command.options)
    for (const OptionSpec& option : part)
      rows += format(
          "{}\t{}\t{}\t{}\t{}\n", command.path, option.name, option.state == OptionState::done ? "works" : "not yet",
          option.short_name == 0 ? "" : std::string(1, option.short_name), option.takes_value() ? "value" : "");
  for (const auto part : command.not_yet_options)
    for (const auto item : list_items(part, ' '))
      rows += format("{}\t{}\tnot yet\t\t\n", command.path, item.substr(0, item.find('/')));
  return rows;
}

}  // namespace

int completion_command(Context&, const ParsedArgs& args) {
  write_out(completion_script(args.positionals()[0]));
  return kExitOk;
}

int complete_command(Context& context, const ParsedArgs& args) {
  const auto& words = args.positionals();
  GlobalOptions global = context.global;
  try {
    if (words.size() > 1) global = global_options_of(std::span(words).first(words.size() - 1));
  } catch (const Error&) {
    // a half-typed option: complete it with the default store
  }
  const auto before = std::span(words).first(words.empty() ? 0 : words.size() - 1);
  const ObjectNames objects = [&](CompletionKind kind) {
    return kind == CompletionKind::service ? complete_services(before) : complete_objects(global, kind);
  };
  write_out(format_completions(complete_words(words, objects)));
  return kExitOk;
}

int man_command(Context&, const ParsedArgs& args) {
  for (const ManPage& page : man_pages()) {
    const std::string path = join_path(args.positionals()[0], page.file_name);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"), std::fclose);
    if (!file) throw_errno("open '{}'", path);
    if (std::fwrite(page.text.data(), 1, page.text.size(), file.get()) != page.text.size() ||
        std::fflush(file.get()) != 0)
      throw_errno("write '{}'", path);
  }
  return kExitOk;
}

// The table as lines, for tests/check_flags.py. Aliases are rows of their own: "=ps" is what "container ls" stands for.
// The path of the options that stand before a command is empty.
int flags_command(Context&, const ParsedArgs&) {
  std::string rows = flag_rows(global_spec());
  for (const auto family : command_families())
    for (const CommandSpec& command : family) {
      if (command.is_group || command.path.starts_with("__")) continue;
      rows += flag_rows(command);
      for (const auto alias : list_items(command.aliases)) rows += format("{}\t={}\t\t\t\n", alias, command.path);
    }
  write_out(rows);
  return kExitOk;
}

}  // namespace lichen::cli
