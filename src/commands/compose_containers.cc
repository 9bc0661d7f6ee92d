// compose attach, commit, cp, export: what `lichen` does to a container, for one of a service.
#include "src/compose_containers.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/container_copy.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/one_container.hh"
#include "src/compose_script.hh"
#include "src/exit_code.hh"
#include "src/session.hh"

namespace lichen::cli {

int compose_attach_command(Context& context, const ParsedArgs& args) {
  refuse_rehearsal(context, args);
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto found = find_project(context, *engine);
  const auto container = compose::running_container(*engine, found.name, args.positionals()[0], args.get_int("index"));
  return attach_to(*engine, args, container.id());
}

int compose_commit_command(Context& context, const ParsedArgs& args) {
  refuse_rehearsal(context, args);
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  const auto& words = args.positionals();
  const auto container = container_of(*engine, found, words[0], args.get_int("index"));
  // A container that is run from the image later is no part of the project.
  const auto without_project = [](spec::ImageConfig& config) {
    std::erase_if(config.labels, [](const auto& entry) { return entry.first.starts_with("com.docker.compose."); });
  };
  return commit_from(*engine, args, container.id(), words.size() > 1 ? words[1] : "", without_project);
}

// "script" is a word of ours, unless a service has that name.
int compose_export_command(Context& context, const ParsedArgs& args) {
  refuse_rehearsal(context, args);
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const std::string& service = args.positionals()[0];
  if (service == "script") {
    const auto project = load_project(context, *engine);
    if (project.find_service(service) == nullptr) {
      write_result(project_script(*engine, project), args.get_string("output"));
      return kExitOk;
    }
  }
  const auto found = find_project(context, *engine);
  const auto container = container_of(*engine, found, service, args.get_int("index"));
  return export_from(*engine, args, container.id());
}

namespace {

// docker compose: out of the first container of a service, into all of them.
std::vector<compose::ProjectContainer> targets_of(engine::Engine& engine, const FoundProject& found,
                                                  const ParsedArgs& args, const engine::CopyPlace& to) {
  if (args.get_int("index") != 0) return {container_of(engine, found, to.container, args.get_int("index"))};
  const auto one_offs = args.get_bool("all") ? OneOffs::with : OneOffs::without;
  auto containers = containers_of(engine, found, {to.container}, one_offs);
  if (containers.empty())
    throw Error(ErrorKind::not_found, format("no container found for service \"{}\"", to.container))
        .with_exit_code(kExitNo);
  return containers;
}

// @param object  "shop-web-1 copy shop-web-1:/etc/motd to ."
void copy_one(engine::Engine& engine, const engine::CopyRequest& request, const std::string& object,
              compose::ProjectView& view) {
  view.show(object, "Copying");
  engine::copy_files(engine, request);
  view.done(object, "Copied");
}

}  // namespace

int compose_cp_command(Context& context, const ParsedArgs& args) {
  refuse_rehearsal(context, args);
  const auto& words = args.positionals();
  auto request = copy_request(args, engine::parse_copy_place(words[0]), engine::parse_copy_place(words[1]));
  if (request.from.container.empty() && request.to.container.empty())
    throw_usage(args.command(), "cp: neither of the two is SERVICE:PATH");
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  const auto view = make_view(context);
  std::string source_name;
  if (!request.from.container.empty()) {
    const auto source = container_of(*engine, found, request.from.container, args.get_int("index"));
    request.from.container = source.id();
    source_name = source.name() + ":";
  }
  if (request.to.container.empty()) {
    const auto name = source_name.substr(0, source_name.size() - 1);
    copy_one(*engine, request, format("{} copy {}{} to {}", name, source_name, request.from.path, words[1]), *view);
    return kExitOk;
  }
  const auto targets = targets_of(*engine, found, args, request.to);
  if (request.from.is_stream() && targets.size() > 1)
    throw_usage(args.command(), format("cp: one archive, but {} containers: say with --index which", targets.size()));
  for (const auto& target : targets) {
    request.to.container = target.id();
    copy_one(
        *engine, request,
        format("{} copy {}{} to {}:{}", target.name(), source_name, request.from.path, target.name(), request.to.path),
        *view);
  }
  return kExitOk;
}

}  // namespace lichen::cli
