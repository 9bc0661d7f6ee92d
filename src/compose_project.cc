#include "src/compose_project.hh"

#include "compose/host_files.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/spec/env.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

std::string working_directory() {
  char directory[4096];
  return ::getcwd(directory, sizeof directory) != nullptr ? directory : "/";
}

std::string variable(const engine::Engine& engine, const char* name) {
  return spec::find_env(engine.environment.all, name).value_or("");
}

}  // namespace

compose::LoadRequest load_request(const ParsedArgs& options, const engine::Environment& environment) {
  compose::LoadRequest request;
  request.files = options.get_list("file");
  request.env_files = options.get_list("env-file");
  for (const auto& entry : environment.all) {
    const auto equals = entry.find('=');
    if (equals != std::string::npos && equals != 0)
      request.environment[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  request.cwd = working_directory();
  request.home = environment.home;
  const std::string directory = options.get_string("project-directory");
  if (!directory.empty())
    request.project_directory = directory.starts_with('/') ? directory : clean_path(request.cwd + "/" + directory);
  request.project_name = options.get_string("project-name");
  request.profiles = options.get_list("profile");
  request.compatibility = options.get_bool("compatibility");
  request.all_resources = options.get_bool("all-resources");
  return request;
}

void show_warning(const compose::Warning& warning) { log_warn("{}", warning.message()); }

namespace {

compose::Project load(const Context& context, const engine::Engine& engine, const compose::Strings& services,
                      compose::UnsupportedKeys unsupported, bool resolve_environment) {
  compose::HostFiles files;
  auto request = load_request(*context.group, engine.environment);
  request.services = services;
  request.unsupported = unsupported;
  request.resolve_environment = resolve_environment;
  request.on_warning = show_warning;
  return compose::load_project(request, files);
}

}  // namespace

compose::Project load_project(const Context& context, const engine::Engine& engine, const compose::Strings& services) {
  return load(context, engine, services, compose::UnsupportedKeys::refused, /*resolve_environment=*/true);
}

compose::Project load_images(const Context& context, const engine::Engine& engine, const compose::Strings& services) {
  return load(context, engine, services, compose::UnsupportedKeys::refused, /*resolve_environment=*/false);
}

FoundProject find_project(const Context& context, const engine::Engine& engine, const compose::Strings& services) {
  std::string name = context.group->get_string("project-name");
  if (name.empty()) name = variable(engine, "COMPOSE_PROJECT_NAME");
  try {
    // What is there can be looked at and taken down, whatever the file says now.
    auto project = load(context, engine, services, compose::UnsupportedKeys::untold, /*resolve_environment=*/false);
    return {project.name, std::move(project)};
  } catch (const Error& error) {
    // Labels say enough when the name is known and no file was asked for.
    if (error.kind() != ErrorKind::not_found || name.empty() || context.group->has("file")) throw;
    return {name, std::nullopt};
  }
}

namespace {

std::string ansi_of(const Context& context) {
  return context.group->get_bool("no-ansi") ? "never" : context.group->get_string("ansi");
}

}  // namespace

bool is_rehearsal(const Context& context) { return context.group->get_bool("dry-run"); }

void refuse_rehearsal(const Context& context, const ParsedArgs& args) {
  if (is_rehearsal(context))
    throw Error(ErrorKind::usage, format("{}: there is no --dry-run of this command", args.command().path))
        .with_hint("leave out --dry-run; up, create, start, stop, down, build, pull and their like have it");
}

bool has_colour(const Context& context) {
  const std::string ansi = ansi_of(context);
  return ansi == "always" || (ansi != "never" && context.terminal.colour_on_stdout());
}

std::unique_ptr<compose::ProjectView> make_view(const Context& context, bool quiet, const std::string& own_progress) {
  using compose::ViewMode;
  const std::string progress = own_progress.empty() ? context.group->get_string("progress") : own_progress;
  const std::string ansi = ansi_of(context);
  ViewMode mode = context.terminal.can_redraw ? ViewMode::tty : ViewMode::plain;
  if (progress == "tty") mode = ViewMode::tty;
  if (progress == "plain" || ansi == "never") mode = ViewMode::plain;
  if (progress == "json") mode = ViewMode::json;
  if (progress == "quiet" || quiet) mode = ViewMode::quiet;
  return std::make_unique<compose::ProjectView>(mode, has_colour(context), is_rehearsal(context));
}

std::size_t parallel_limit(const Context& context, const engine::Engine& engine) {
  if (const auto given = context.group->find_int("parallel")) return *given > 0 ? static_cast<std::size_t>(*given) : 0;
  const auto limit = parse_int(variable(engine, "COMPOSE_PARALLEL_LIMIT"));
  return limit && *limit > 0 ? static_cast<std::size_t>(*limit) : 0;
}

}  // namespace lichen::cli
