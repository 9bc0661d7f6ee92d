// --health-cmd and its company.
#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {

std::vector<std::string> parse_health_command(std::string_view text, std::string_view option) {
  if (trim(text).empty())
    throw Error(ErrorKind::usage, format("{}: a command is missing", option))
        .with_hint("to switch it off: --no-healthcheck");
  if (text == "none") return {"NONE"};
  // podman's list form. `[ -f /ready ]` begins the same way and is for the shell: it is no JSON.
  if (text.starts_with('[')) {
    try {
      auto list = JsonView(parse_json(text, option), std::string(option)).as_strings();
      if (!list.empty() && (list[0] == "CMD" || list[0] == "CMD-SHELL" || list[0] == "NONE")) return list;
      list.insert(list.begin(), "CMD");
      if (list.size() > 1) return list;
    } catch (const Error&) {
    }
  }
  return {"CMD-SHELL", std::string(text)};
}

std::int64_t parse_health_duration(std::string_view text, std::string_view option) {
  constexpr std::int64_t kLeast = 1'000'000;  // docker: under a millisecond is a mistake
  if (text == "disable" && option.ends_with("-interval") && option != "--health-start-interval")
    return kHealthIntervalOff;
  const auto duration = parse_duration(text);
  if (!duration || (duration->count() != 0 && duration->count() < kLeast))
    throw Error(ErrorKind::usage, format("{} '{}': it is no duration of at least 1ms", option, text))
        .with_hint("such as 500ms, 30s or 1m30s");
  return duration->count();
}

std::string parse_health_on_failure(std::string_view text) {
  for (const std::string_view known : {"none", "kill", "restart", "stop"})
    if (text == known) return std::string(text);
  throw Error(ErrorKind::usage, format("--health-on-failure '{}': not an action", text))
      .with_hint("none, kill, restart or stop");
}

}  // namespace lichen::spec
