#include "libpod/engine/logs.hh"

#include "libpod/base/error.hh"

namespace lichen::engine {

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
