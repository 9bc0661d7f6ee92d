#include "libpod/wire/health_log.hh"

#include "libpod/base/format.hh"
#include "libpod/wire/log_format.hh"

namespace lichen::wire {
namespace {

constexpr std::int64_t kVersion = 1;

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  append_json_text(out, text);
  return out += '"';
}

}  // namespace

std::string health_log_text(const HealthLog& log) {
  std::string out = format("{{\"version\":{},\"failingStreak\":{},\"results\":[", kVersion, log.failing_streak);
  bool first = true;
  for (const auto& result : log.results) {
    out += format("{}{{\"start\":{},\"end\":{},\"exitCode\":{},\"output\":{}}}", first ? "" : ",",
                  json_quoted(result.start), json_quoted(result.end), result.exit_code, json_quoted(result.output));
    first = false;
  }
  return out + "]}\n";
}

HealthLog health_log_from_json(const Json& json, std::string_view what) {
  const JsonView in(json, std::string(what) + ":");
  if (const auto version = in.get_int("version"); version < 1 || version > kVersion)
    throw_error(ErrorKind::invalid, "{}: format version {} is not known to this lichen", what, version);
  HealthLog log;
  log.failing_streak = in.get_int("failingStreak");
  for (const auto& one : in.at("results").as_array())
    log.results.push_back(
        {one.get_string("start"), one.get_string("end"), one.get_int("exitCode"), one.get_string("output")});
  return log;
}

}  // namespace lichen::wire
