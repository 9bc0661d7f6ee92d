#include "src/health_flags.hh"

#include <array>
#include <span>

#include "libpod/base/error.hh"
#include "libpod/spec/options.hh"
#include "src/arg_parser.hh"

namespace lichen::cli {
namespace {

struct DurationFlag {
  std::string_view name;
  std::int64_t spec::HealthConfig::*field;
};
constexpr std::array kDurations = {
    DurationFlag{"health-interval", &spec::HealthConfig::interval_ns},
    DurationFlag{"health-timeout", &spec::HealthConfig::timeout_ns},
    DurationFlag{"health-start-period", &spec::HealthConfig::start_period_ns},
    DurationFlag{"health-start-interval", &spec::HealthConfig::start_interval_ns},  // last: podman's update lacks it
};

constexpr std::array kStartupDurations = {
    DurationFlag{"health-startup-interval", &spec::HealthConfig::interval_ns},
    DurationFlag{"health-startup-timeout", &spec::HealthConfig::timeout_ns},
};

std::optional<std::int64_t> count_flag(const ParsedArgs& args, std::string_view name) {
  const auto count = args.find_int(name);
  if (count && *count < 0) throw_usage(args.command(), format("--{}: must not be negative", name));
  return count;
}

// @return whether any of them is there
template <typename Flags>
bool set_durations(const ParsedArgs& args, const Flags& flags, spec::HealthConfig& health) {
  bool given = false;
  for (const auto& flag : flags) {
    const auto text = args.find_string(flag.name);
    if (!text) continue;
    health.*flag.field = spec::parse_health_duration(*text, "--" + std::string(flag.name));
    given = true;
  }
  return given;
}

void set_startup(const ParsedArgs& args, spec::ContainerConfig& config) {
  spec::HealthConfig startup;
  bool given = set_durations(args, kStartupDurations, startup);
  if (const auto retries = count_flag(args, "health-startup-retries")) startup.retries = *retries, given = true;
  if (const auto count = count_flag(args, "health-startup-success")) config.startup_successes = *count, given = true;
  const auto command = args.find_string("health-startup-cmd");
  if (!command) {
    if (given) throw_usage(args.command(), "--health-startup-*: they need --health-startup-cmd");
    return;
  }
  startup.test = spec::parse_health_command(*command, "--health-startup-cmd");
  if (startup.test[0] != "NONE") config.startup_healthcheck = std::move(startup);
}

}  // namespace

void set_health(const ParsedArgs& args, ContainerRequest& request) {
  spec::HealthConfig health;
  bool given = false;
  if (const auto command = args.find_string("health-cmd")) {
    health.test = spec::parse_health_command(*command);
    given = true;
  }
  given = set_durations(args, kDurations, health) || given;
  if (const auto retries = count_flag(args, "health-retries")) health.retries = *retries, given = true;
  request.gave.no_healthcheck = args.get_bool("no-healthcheck");
  set_startup(args, request.config);
  if ((given || request.config.startup_healthcheck) && request.gave.no_healthcheck)
    throw_usage(args.command(), "--no-healthcheck conflicts with --health-* options");  // docker's words
  request.gave.healthcheck = given;
  if (given) request.config.healthcheck = std::move(health);
  if (const auto action = args.find_string("health-on-failure"))
    request.config.health_on_failure = spec::parse_health_on_failure(*action);
}

std::optional<engine::HealthUpdate> health_update(const ParsedArgs& args) {
  engine::HealthUpdate update;
  update.off = args.get_bool("no-healthcheck");
  bool given = set_durations(args, std::span(kDurations).first<3>(), update.check);
  given = set_durations(args, kStartupDurations, update.startup) || given;
  const auto command = [&](const char* name, spec::HealthConfig& check) {
    if (const auto text = args.find_string(name))
      check.test = spec::parse_health_command(*text, "--" + std::string(name)), given = true;
  };
  command("health-cmd", update.check);
  command("health-startup-cmd", update.startup);
  const auto count = [&](const char* name, std::optional<std::int64_t>& field) {
    field = count_flag(args, name);
    given = given || field.has_value();
  };
  count("health-retries", update.retries);
  count("health-startup-retries", update.startup_retries);
  count("health-startup-success", update.startup_successes);
  if (const auto action = args.find_string("health-on-failure"))
    update.on_failure = spec::parse_health_on_failure(*action), given = true;
  if (update.off && given) throw_usage(args.command(), "--no-healthcheck conflicts with --health-* options");
  return given || update.off ? std::optional(std::move(update)) : std::nullopt;
}

}  // namespace lichen::cli
