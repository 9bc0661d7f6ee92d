// compose config: the project as it was understood, in docker compose's canonical form, or one list of what is in it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "compose/host_files.hh"
#include "compose/image_digests.hh"
#include "compose/language/render.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/compose_project.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {

void write_result(const std::string& text, const std::string& path) {
  if (path.empty()) return write_out(text);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"), std::fclose);
  if (!file) throw_errno("open '{}'", path);
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0)
    throw_errno("write '{}'", path);
}

namespace {

constexpr Column kVariableColumns[] = {{"Name", "NAME"},
                                       {"Required", "REQUIRED"},
                                       {"DefaultValue", "DEFAULT VALUE"},
                                       {"PresenceValue", "ALTERNATE VALUE"}};
constexpr std::string_view kVariables = "table {{.Name}}\\t{{.Required}}\\t{{.DefaultValue}}\\t{{.PresenceValue}}";

std::string lines_of(std::vector<std::string> lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

template <typename Objects>
std::string keys_of(const Objects& objects) {
  std::vector<std::string> keys;
  for (const auto& [key, object] : objects) keys.push_back(key);
  return lines_of(keys);
}

std::string hashes_of(const compose::Project& project, const std::string& which) {
  std::vector<std::string> lines;
  if (which == "*") {
    for (const auto& service : project.services) lines.push_back(service.name + " " + config_hash(service));
    return lines_of(lines);
  }
  auto names = split(which, ',');
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    const auto* service = project.find_service(name);
    if (service == nullptr)
      throw_error(ErrorKind::not_found, "find service '{}': the project '{}' has none of that name", name,
                  project.name);
    lines.push_back(name + " " + config_hash(*service));
  }
  return lines_of(lines);
}

std::string profiles_of(const compose::Project& project) {
  std::vector<std::string> profiles;
  for (const auto* services : {&project.services, &project.disabled_services})
    for (const auto& service : *services)
      profiles.insert(profiles.end(), service.profiles.begin(), service.profiles.end());
  std::sort(profiles.begin(), profiles.end());
  profiles.erase(std::unique(profiles.begin(), profiles.end()), profiles.end());
  return lines_of(profiles);
}

std::string variables_of(const std::map<std::string, compose::Variable>& variables, const std::string& format) {
  std::vector<Json> rows;
  for (const auto& [name, variable] : variables)
    rows.push_back(Json{{"Name", name},
                        {"DefaultValue", variable.default_value},
                        {"PresenceValue", variable.alternate_value},
                        {"Required", variable.is_required}});
  if (format == "yaml") return compose::render_yaml(rows);
  return render_list(rows, {kVariableColumns, kVariables}, format, /*no_heading=*/false, JsonStyle::array);
}

std::string document(const Json& value, const std::string& format) {
  return format == "json" ? compose::render_json(value) : compose::render_yaml(value);
}

compose::LoadRequest config_request(const Context& context, const engine::Engine& engine, const ParsedArgs& args) {
  auto request = load_request(*context.group, engine.environment);
  request.interpolate = !args.get_bool("no-interpolate");
  request.normalize = !args.get_bool("no-normalize");
  request.resolve_paths = !args.get_bool("no-path-resolution");
  request.check_consistency = !args.get_bool("no-consistency");
  // These lists say nothing of what the files are for.
  const bool is_list =
      std::ranges::any_of(std::array{"services", "volumes", "networks", "models", "profiles", "images"},
                          [&](const char* flag) { return args.get_bool(flag); });
  request.resolve_environment = !is_list && !args.get_bool("no-env-resolution");
  request.services = args.positionals();
  request.only_services = true;
  request.on_warning = show_warning;
  return request;
}

/// The list that a flag asks for, or the whole project.
std::string print_project(const compose::Project& project, const ParsedArgs& args) {
  if (args.get_bool("services")) {
    std::vector<std::string> names;
    for (const auto& service : project.services) names.push_back(service.name);
    return lines_of(names);
  }
  if (args.get_bool("volumes")) return keys_of(project.volumes);
  if (args.get_bool("networks")) return keys_of(project.networks);
  if (args.get_bool("models")) return keys_of(project.models);
  if (const auto which = args.find_string("hash")) return hashes_of(project, *which);
  if (args.get_bool("profiles")) return profiles_of(project);
  if (args.get_bool("images")) {
    std::vector<std::string> images;
    for (const auto& service : project.services) images.push_back(image_of(service, project));
    return lines_of(images);
  }
  if (args.get_bool("environment")) {
    std::vector<std::string> variables;
    for (const auto& [name, value] : project.environment) variables.push_back(name + "=" + value);
    return lines_of(variables);
  }
  const std::string form = args.get_string("format");
  const auto format = form == "json" ? compose::Format::json : compose::Format::yaml;
  return document(compose::escape_dollars(compose::project_json(project, format)), form);
}

/// Names of services are keys also before variables are replaced.
std::string print_tree(const compose::LoadedTree& loaded, const ParsedArgs& args) {
  if (args.get_bool("variables")) return variables_of(loaded.variables, args.get_string("format"));
  for (const char* list : {"services", "volumes", "networks", "models"}) {
    if (!args.get_bool(list)) continue;
    const auto found = loaded.tree.find(list);
    std::vector<std::string> names;
    if (found != loaded.tree.end())
      for (const auto& [key, object] : found->items()) names.push_back(key);
    return lines_of(names);
  }
  for (const char* flag : {"hash", "profiles", "images", "environment", "lock-image-digests", "resolve-image-digests"})
    if (args.has(flag)) throw_usage(args.command(), format("--{} does not go together with --no-interpolate", flag));
  return document(loaded.tree, args.get_string("format"));
}

// docker compose's override file: a name for each service and nothing else.
compose::Project images_alone(const compose::Project& project) {
  compose::Project images;
  for (const auto& service : project.services) {
    if (service.image.empty()) continue;
    compose::Service& bare = images.services.emplace_back();
    bare.name = service.name;
    bare.image = service.image;
  }
  return images;
}

compose::Project with_digests(engine::Engine& engine, compose::Project project, const ParsedArgs& args) {
  const bool lock = args.get_bool("lock-image-digests");
  if (lock || args.get_bool("resolve-image-digests")) compose::resolve_image_digests(engine, project);
  return lock ? images_alone(project) : project;
}

int run_config(Context& context, const ParsedArgs& args) {
  if (args.get_string("format") == "table" && !args.get_bool("variables"))
    throw_usage(args.command(), "--format table goes with --variables only");
  const auto engine = open_engine(context);
  const auto request = config_request(context, *engine, args);
  compose::HostFiles files;
  std::string text;
  if (!request.interpolate || args.get_bool("variables")) {
    text = print_tree(compose::load_uninterpolated(request, files), args);
  } else {
    text = print_project(with_digests(*engine, compose::load_project(request, files), args), args);
  }
  if (!args.get_bool("quiet")) write_result(text, args.get_string("output"));
  return kExitOk;
}

}  // namespace

int compose_config_command(Context& context, const ParsedArgs& args) {
  try {
    return run_config(context, args);
  } catch (Error& error) {
    // docker compose fails with 1, whatever the reason.
    if (error.exit_code() == 0 && error.kind() != ErrorKind::interrupted) error.with_exit_code(kExitNo);
    throw;
  }
}

}  // namespace lichen::cli
