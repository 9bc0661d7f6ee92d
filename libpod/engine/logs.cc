#include "libpod/engine/logs.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/env.hh"

namespace lichen::engine {
namespace {

// As Go's url.QueryEscape.
std::string query_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (plain || std::string_view("-_.~").find(c) != std::string_view::npos)
      out += c;
    else
      out += c == ' ' ? "+" : format("%{:02X}", byte);
  }
  return out;
}

std::vector<std::string> listed(const spec::LogConfig& log, const char* option) {
  const auto found = log.options.find(option);
  return found == log.options.end() ? std::vector<std::string>{} : split(found->second, ',');
}

}  // namespace

std::string log_details(const spec::ContainerConfig& config) {
  std::map<std::string, std::string> values;
  for (const auto& name : listed(config.log, "labels"))
    if (const auto label = config.labels.find(name); label != config.labels.end()) values[name] = label->second;
  for (const auto& name : listed(config.log, "env"))
    if (const auto value = spec::find_env(config.env, name)) values[name] = *value;
  std::vector<std::string> parts;
  for (const auto& [name, value] : values) parts.push_back(query_escape(name) + "=" + query_escape(value));
  return join(parts, ",");
}

LogQuery log_query(Engine& engine, const store::ContainerRecord& record) {
  const spec::LogConfig& log = record.config.log;
  LogQuery query;
  const std::string id = record.config.id;
  // The monitor is alive from before the first byte until after the last one.
  query.ended = [&engine, id] { return !engine.containers.is_monitor_alive(id); };
  if (log.driver == "journald") {
    query.journal_id = id;
    return query;
  }
  if (log.driver != "k8s-file" && log.driver != "json-file")
    throw Error(ErrorKind::unsupported,
                format("logs of container {}: its log driver '{}' keeps nothing", record.config.name, log.driver))
        .with_hint("run it with --log-driver k8s-file, json-file or journald");
  const auto path = log.options.find("path");
  query.path = path != log.options.end() ? path->second : engine.paths.container(record.config.id) + "/ctr.log";
  query.format = log.driver == "json-file" ? wire::LogFormat::json_file : wire::LogFormat::k8s_file;
  return query;
}

}  // namespace lichen::engine
