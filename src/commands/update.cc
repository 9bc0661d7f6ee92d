// update: other limits, restart policy, variables for containers that are there.
#include "libpod/engine/update.hh"
#include "libpod/base/error.hh"
#include "libpod/spec/resources.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/container_flags.hh"
#include "src/health_flags.hh"
#include "src/output.hh"
#include "src/resource_flags.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

engine::UpdateRequest request_of(const ParsedArgs& args, const engine::Engine& engine) {
  engine::UpdateRequest request;
  request.limits = resource_flags(args);
  for (const char* option : {"cpuset-cpus", "cpuset-mems"})
    if (args.has(option) && args.get_string(option).empty())
      throw_usage(args.command(), format("--{} '': name the numbers that may be used", option));
  if (args.has("restart")) request.restart = spec::parse_restart_policy(args.get_string("restart"));
  request.health = health_update(args);
  request.env = collect_env(args, engine.environment.all);
  request.unset_env = args.get_list("unsetenv");
  for (const auto& text : args.get_list("ulimit")) request.ulimits.push_back(spec::parse_ulimit_option(text));
  return request;
}

}  // namespace

int update_command(Context& context, const ParsedArgs& args) {
  bool given = false;
  for (const auto& option : args.command().options[0]) given |= option.name != "latest" && args.has(option.name);
  if (!given)
    throw_usage(args.command(), "nothing to update: give at least one flag that says what",
                "lichen update --memory 512m web");
  const auto engine = open_engine(context);
  const auto request = request_of(args, *engine);
  return for_each_name(named_or_newest(*engine, args), [&](const std::string& name) {
    engine::update_container(*engine, name, request);
    write_out(name + "\n");
  });
}

}  // namespace lichen::cli
