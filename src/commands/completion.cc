// completion SHELL, and the hidden __complete WORDS... and __man DIRECTORY.
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
  const ObjectNames objects = [&global](CompletionKind kind) { return complete_objects(global, kind); };
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

}  // namespace lichen::cli
