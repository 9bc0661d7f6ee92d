#include "libpod/spec/image_changes.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw_error(ErrorKind::usage, "--change '{}': {}", printable(text), why);
}

void add_sorted(std::vector<std::string>& list, const std::string& item) {
  const auto at = std::lower_bound(list.begin(), list.end(), item);
  if (at == list.end() || *at != item) list.insert(at, item);
}

// ["a", "b"] as a list; nullopt when it is not JSON: then it is the shell form (Dockerfile reference, "Shell and exec
// form").
std::optional<std::vector<std::string>> exec_form(std::string_view arguments) {
  if (!arguments.starts_with('[')) return std::nullopt;
  try {
    const Json json = parse_json(arguments, "list");
    return JsonView(json, "list:").as_strings();
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<std::string> command_of(std::string_view arguments, const ImageConfig& config) {
  if (auto list = exec_form(arguments)) return *list;
  auto command = config.shell.empty() ? std::vector<std::string>{"/bin/sh", "-c"} : config.shell;
  command.emplace_back(arguments);
  return command;
}

// KEY=value KEY2="value 2" ..., or the old form KEY value with `allow_old`.
std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view text, std::string_view arguments) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto space = arguments.find_first_of(kSpaces);
  if (arguments.substr(0, space).find('=') == std::string_view::npos) {
    if (space == std::string_view::npos) refuse(text, "a value is missing");
    pairs.emplace_back(arguments.substr(0, space), trim(arguments.substr(space)));
    return pairs;
  }
  for (const auto& word : shell_split(arguments)) {
    const auto pair = cut(word, '=');
    if (!pair || pair->first.empty()) refuse(text, format("'{}' is not NAME=VALUE", printable(word)));
    pairs.push_back(*pair);
  }
  return pairs;
}

void change_healthcheck(std::string_view text, std::string_view arguments, ImageConfig& config) {
  HealthConfig health;
  while (arguments.starts_with("--")) {
    const auto end = arguments.find_first_of(kSpaces);
    const auto option = cut(arguments.substr(2, end == std::string_view::npos ? end : end - 2), '=');
    if (!option) refuse(text, "an option without a value");
    const auto duration = parse_duration(option->second);
    const auto number = parse_uint(option->second);
    if (option->first == "retries" ? !number : !duration || duration->count() < 0)
      refuse(text, format("'{}' is malformed", printable(option->second)));
    if (option->first == "interval")
      health.interval_ns = duration->count();
    else if (option->first == "timeout")
      health.timeout_ns = duration->count();
    else if (option->first == "start-period")
      health.start_period_ns = duration->count();
    else if (option->first == "start-interval")
      health.start_interval_ns = duration->count();
    else if (option->first == "retries")
      health.retries = static_cast<std::int64_t>(*number);
    else
      refuse(text, format("unknown option '--{}'", printable(option->first)));
    arguments = end == std::string_view::npos ? "" : trim(arguments.substr(end));
  }
  const auto end = arguments.find_first_of(kSpaces);
  const std::string form = to_upper(arguments.substr(0, end));
  const auto rest = end == std::string_view::npos ? std::string_view() : trim(arguments.substr(end));
  if (form == "NONE" && rest.empty()) {
    health.test = {"NONE"};
  } else if (form == "CMD" && !rest.empty()) {
    if (auto list = exec_form(rest)) {
      health.test = {"CMD"};
      health.test.insert(health.test.end(), list->begin(), list->end());
    } else {
      health.test = {"CMD-SHELL", std::string(rest)};
    }
  } else {
    refuse(text, "it is neither NONE nor CMD with a command");
  }
  config.healthcheck = health;
}

void change_ports(std::string_view text, std::string_view arguments, ImageConfig& config) {
  for (const auto& word : shell_split(arguments)) {
    const auto parts = split(word, '/');
    const std::string protocol = parts.size() == 2 ? to_lower(parts[1]) : "tcp";
    const auto range = split(parts[0], '-');
    const auto first = parse_uint(range[0]), last = range.size() == 2 ? parse_uint(range[1]) : first;
    if (parts.size() > 2 || range.size() > 2 || !first || !last || *first == 0 || *last < *first || *last > 65535 ||
        (protocol != "tcp" && protocol != "udp" && protocol != "sctp"))
      refuse(text, format("'{}' is not PORT[-PORT][/tcp|udp|sctp]", printable(word)));
    for (auto port = *first; port <= *last; ++port) add_sorted(config.exposed_ports, format("{}/{}", port, protocol));
  }
}

}  // namespace

void apply_image_change(std::string_view text, ImageConfig& config) {
  const std::string_view all = trim(text);
  // podman also takes CMD=value.
  const auto end = all.find_first_of(" \t=");
  const std::string instruction = to_upper(all.substr(0, end));
  const std::string_view arguments = end == std::string_view::npos ? std::string_view() : trim(all.substr(end + 1));
  if (arguments.empty()) refuse(text, "it needs an instruction and its arguments");
  if (instruction == "CMD") {
    config.cmd = command_of(arguments, config);
  } else if (instruction == "ENTRYPOINT") {
    config.entrypoint = command_of(arguments, config);
  } else if (instruction == "ENV") {
    for (const auto& [name, value] : pairs_of(text, arguments)) {
      std::erase_if(config.env, [&, key = name + "="](const std::string& entry) { return entry.starts_with(key); });
      config.env.push_back(name + "=" + value);
    }
  } else if (instruction == "LABEL") {
    for (const auto& [name, value] : pairs_of(text, arguments)) config.labels[name] = value;
  } else if (instruction == "EXPOSE") {
    change_ports(text, arguments, config);
  } else if (instruction == "USER") {
    config.user = arguments;
  } else if (instruction == "WORKDIR") {
    config.working_dir =
        arguments.starts_with('/') ? clean_path(arguments) : join_path("/" + config.working_dir, arguments);
  } else if (instruction == "VOLUME") {
    const auto list = exec_form(arguments);
    for (const auto& path : list ? *list : shell_split(arguments)) add_sorted(config.volumes, path);
  } else if (instruction == "ONBUILD") {
    config.on_build.emplace_back(arguments);
  } else if (instruction == "STOPSIGNAL") {
    config.stop_signal = arguments;
  } else if (instruction == "HEALTHCHECK") {
    change_healthcheck(text, arguments, config);
  } else {
    refuse(
        text,
        "CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR are possible");
  }
}

}  // namespace lichen::spec
