#include "src/health_flags.hh"

#include <array>

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
    DurationFlag{"health-start-interval", &spec::HealthConfig::start_interval_ns},
};

}  // namespace

void set_health(const ParsedArgs& args, ContainerRequest& request) {
  spec::HealthConfig health;
  bool given = false;
  if (const auto command = args.find_string("health-cmd")) {
    health.test = spec::parse_health_command(*command);
    given = true;
  }
  for (const auto& flag : kDurations) {
    const auto text = args.find_string(flag.name);
    if (!text) continue;
    health.*flag.field = spec::parse_health_duration(*text, "--" + std::string(flag.name));
    given = true;
  }
  if (const auto retries = args.find_int("health-retries")) {
    if (*retries < 0) throw_usage(args.command(), "--health-retries: must not be negative");
    health.retries = *retries;
    given = true;
  }
  request.gave.no_healthcheck = args.get_bool("no-healthcheck");
  if (given && request.gave.no_healthcheck)
    throw_usage(args.command(), "--no-healthcheck conflicts with --health-* options");  // docker's words
  request.gave.healthcheck = given;
  if (given) request.config.healthcheck = std::move(health);
  if (const auto action = args.find_string("health-on-failure"))
    request.config.health_on_failure = spec::parse_health_on_failure(*action);
}

}  // namespace lichen::cli
