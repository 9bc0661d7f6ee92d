// --restart, --log-driver and --log-opt.
#include <algorithm>

#include "libpod/base/enum_names.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

constexpr EnumName<RestartPolicy> kRestartPolicies[] = {
    {RestartPolicy::no, "no"},         {RestartPolicy::on_failure, "on-failure"},
    {RestartPolicy::always, "always"}, {RestartPolicy::unless_stopped, "unless-stopped"},
    {RestartPolicy::no, "never"},  // podman's word; printed as the first row
};

[[noreturn]] void fail(std::string_view option, std::string_view text, std::string_view cause, std::string_view hint) {
  throw Error(ErrorKind::usage, fmt::format("{} '{}': {}", option, text, cause)).with_hint(std::string(hint));
}

constexpr std::string_view kDrivers[] = {"k8s-file", "json-file", "journald", "passthrough", "none"};
constexpr std::string_view kOtherDrivers[] = {"passthrough-tty", "local",  "syslog",  "gelf",   "fluentd",
                                              "awslogs",         "splunk", "gcplogs", "etwlogs"};

std::string log_driver(std::string_view text) {
  if (text.empty()) return LogConfig{}.driver;
  if (std::ranges::find(kDrivers, text) != std::end(kDrivers)) return std::string(text);
  if (std::ranges::find(kOtherDrivers, text) != std::end(kOtherDrivers))
    throw Error(ErrorKind::unsupported, fmt::format("--log-driver '{}': not supported yet", text))
        .with_hint("use k8s-file, json-file, journald, passthrough or none");
  fail("--log-driver", text, "no such driver", "use k8s-file, json-file, journald, passthrough or none");
}

enum class LogKey { max_size, max_file, path, compress, tag, details, unsupported };

struct LogKeyRow {
  std::string_view name;
  LogKey key;
};

// docker's json-file keys and podman's.
constexpr LogKeyRow kLogKeys[] = {
    {"max-size", LogKey::max_size},
    {"max-file", LogKey::max_file},
    {"path", LogKey::path},
    {"tag", LogKey::tag},
    {"labels", LogKey::details},
    {"labels-regex", LogKey::unsupported},
    {"env", LogKey::details},
    {"env-regex", LogKey::unsupported},
    {"compress", LogKey::compress},
    {"mode", LogKey::unsupported},
    {"max-buffer-size", LogKey::unsupported},
    {"label", LogKey::unsupported},
};

void apply_log_option(LogConfig& log, const std::string& text) {
  constexpr std::string_view kOption = "--log-opt";
  if (has_control_characters(text)) fail(kOption, "...", "control characters in the value", "remove them");
  const auto pair = cut(text, '=');
  if (!pair || pair->first.empty()) fail(kOption, text, "no value", "write it as KEY=VALUE");
  const auto& [name, value] = *pair;
  const auto row = std::ranges::find(kLogKeys, name, &LogKeyRow::name);
  if (row == std::end(kLogKeys)) {
    std::vector<std::string> names;
    for (const auto& known : kLogKeys)
      if (known.key != LogKey::unsupported) names.emplace_back(known.name);
    const auto near = nearest(name, names);
    fail(kOption, text, fmt::format("unknown key '{}'", name),
         near ? fmt::format("did you mean '{}'?", *near) : "the keys are " + join(names, " "));
  }
  switch (row->key) {
    case LogKey::max_size: {
      const auto size = value == "-1" ? std::optional<std::int64_t>(0) : parse_size(value);
      if (!size) fail(kOption, text, fmt::format("'{}' is not a size", value), "write it like max-size=10m");
      log.max_size_bytes = *size;
      break;
    }
    case LogKey::max_file: {
      const auto count = parse_int(value);
      if (!count || *count < 1 || *count > 10'000)
        fail(kOption, text, fmt::format("'{}' is not a number of files", value), "write it like max-file=3");
      log.max_files = *count;
      break;
    }
    case LogKey::path:
      if (!value.starts_with('/'))
        fail(kOption, text, fmt::format("'{}' is not an absolute path", value), "give an absolute path");
      break;
    case LogKey::compress: {
      const auto on = parse_bool(value);
      if (!on) fail(kOption, text, fmt::format("'{}' is not true or false", value), "write compress=false");
      if (*on)
        throw Error(ErrorKind::unsupported, "--log-opt 'compress=true': compressed logs are not supported yet")
            .with_hint("leave it out");
      break;
    }
    case LogKey::tag:
      if (value.find("{{") != std::string::npos)
        throw Error(ErrorKind::unsupported, fmt::format("--log-opt '{}': templates are not supported yet", text))
            .with_hint("give a fixed text");
      break;
    case LogKey::details:  // looked at by `logs --details`
      break;
    case LogKey::unsupported:
      throw Error(ErrorKind::unsupported, fmt::format("--log-opt '{}': the key '{}' is not supported yet", text, name))
          .with_hint("leave it out");
  }
  log.options[name] = value;
}

}  // namespace

std::string_view to_string(RestartPolicy policy) { return enum_name(kRestartPolicies, policy); }

RestartOption parse_restart_policy(std::string_view text) {
  constexpr std::string_view kOption = "--restart";
  constexpr std::string_view kHint = "use no, on-failure[:N], always or unless-stopped";
  RestartOption option;
  if (text.empty()) return option;
  const auto pair = cut(text, ':');
  const auto policy = enum_value(kRestartPolicies, pair ? std::string_view(pair->first) : text);
  if (!policy) fail(kOption, text, "no such policy", kHint);
  option.policy = *policy;
  if (!pair) return option;
  if (option.policy != RestartPolicy::on_failure) fail(kOption, text, "only on-failure has a number of retries", kHint);
  const auto retries = parse_int(pair->second);
  if (!retries || *retries < 0)
    fail(kOption, text, fmt::format("'{}' is not a number of retries", pair->second), kHint);
  option.max_retries = *retries;
  return option;
}

std::string format_restart_policy(const RestartOption& option) {
  std::string text(to_string(option.policy));
  if (option.max_retries != 0) text += fmt::format(":{}", option.max_retries);
  return text;
}

LogConfig parse_log_options(std::string_view driver, std::span<const std::string> options) {
  LogConfig log;
  log.driver = log_driver(driver);
  for (const auto& option : options) apply_log_option(log, option);
  // Docker refuses this too: the one file cannot be rotated away.
  if (log.options.contains("max-file") && log.max_files > 1 && log.max_size_bytes == 0)
    fail("--log-opt", "max-file=" + log.options["max-file"], "needs max-size as well", "add --log-opt max-size=10m");
  const bool is_file = log.driver == "k8s-file" || log.driver == "json-file";
  for (const auto& [key, value] : log.options)
    if (key == "tag" ? log.driver != "journald" : !is_file)
      fail("--log-opt", key, fmt::format("the driver {} has no such option", log.driver),
           key == "tag" ? "remove the option or choose journald" : "remove the option or choose k8s-file");
  return log;
}

}  // namespace lichen::spec
