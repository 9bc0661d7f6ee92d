// The options between `compose` and its command, and the project that they lead to.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "compose/language/project_loader.hh"
#include "compose/project_view.hh"
#include "libpod/engine/engine.hh"
#include "src/context.hh"

namespace lichen::cli {

/// Files, variables and flags as the command line and the environment have them. @param options  of `compose` itself
compose::LoadRequest load_request(const ParsedArgs& options, const engine::Environment& environment);

/// To standard error; for LoadRequest::on_warning.
void show_warning(const compose::Warning& warning);

/// Load it; warnings go to standard error. @param services  named on the line: active whatever their profiles
compose::Project load_project(const Context& context, const engine::Engine& engine,
                              const compose::Strings& services = {});
/// The same for commands that make or fetch images: env_file and label_file are not read.
compose::Project load_images(const Context& context, const engine::Engine& engine, const compose::Strings& services);

/// A project whose file may be gone: with -p (or COMPOSE_PROJECT_NAME) its name is enough.
struct FoundProject {
  std::string name;
  std::optional<compose::Project> project;
  const compose::Project* get() const { return project ? &*project : nullptr; }
};
FoundProject find_project(const Context& context, const engine::Engine& engine, const compose::Strings& services = {});

/// --dry-run: told and not done, by the view of make_view.
bool is_rehearsal(const Context& context);
/// For a command that cannot be rehearsed. @throws Error{usage}
void refuse_rehearsal(const Context& context, const ParsedArgs& args);

/// By --progress, --ansi and what standard error is. @param progress  the command's own --progress; empty: compose's
std::unique_ptr<compose::ProjectView> make_view(const Context& context, bool quiet = false,
                                                const std::string& progress = "");
/// To standard output, or with a path into that file: config -o, export script -o.
void write_result(const std::string& text, const std::string& path);
/// Whether lines of output may have colours: --ansi, NO_COLOR, a terminal.
bool has_colour(const Context& context);
/// --parallel, COMPOSE_PARALLEL_LIMIT; 0: no limit
std::size_t parallel_limit(const Context& context, const engine::Engine& engine);

}  // namespace lichen::cli
