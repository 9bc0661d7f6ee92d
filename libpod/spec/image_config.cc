// The OCI image configuration (image-spec, config.md). What comes in may be hostile: types are checked, NUL bytes
// refused, and environment entries that could pull in something of the host are dropped before anybody else sees them.
#include "libpod/spec/image_config.hh"

#include <algorithm>

#include "libpod/spec/env.hh"

namespace lichen::spec {
namespace {

constexpr std::size_t kMaxBytes = 4u << 20;

std::string text(const JsonView& view) {
  if (view.is_null()) return {};
  std::string value = view.as_string();
  if (value.find('\0') != std::string::npos)
    throw_error(ErrorKind::invalid, "{} must not hold a NUL byte", view.path());
  return value;
}

std::vector<std::string> texts(const JsonView& view) {
  std::vector<std::string> values;
  for (const auto& item : view.as_array()) values.push_back(text(item));
  return values;
}

// The keys of an object whose values mean nothing: {"80/tcp": {}}.
std::vector<std::string> key_set(const JsonView& view) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : view.as_object()) {
    if (key.find('\0') != std::string::npos)
      throw_error(ErrorKind::invalid, "{} must not have a key with a NUL byte", view.path());
    if (!key.empty()) keys.push_back(key);
  }
  std::ranges::sort(keys);
  return keys;
}

std::vector<std::string> environment(const JsonView& view) {
  std::vector<std::string> entries;
  for (const auto& item : view.as_array())
    if (std::string entry = item.as_string(); is_valid_env_entry(entry)) entries.push_back(std::move(entry));
  return entries;
}

std::map<std::string, std::string> labels(const JsonView& view) {
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : view.as_object()) {
    if (key.find('\0') != std::string::npos)
      throw_error(ErrorKind::invalid, "{} must not have a key with a NUL byte", view.path());
    result[key] = text(value);
  }
  return result;
}

std::optional<HealthConfig> health(const JsonView& view) {
  if (view.is_null()) return std::nullopt;
  HealthConfig config;
  config.test = texts(view.at("Test"));
  const auto duration = [&](const char* key) {
    const std::int64_t value = view.get_int(key);
    if (value < 0) throw_error(ErrorKind::invalid, "{} must not be negative", view.at(key).path());
    return value;
  };
  config.interval_ns = duration("Interval");
  config.timeout_ns = duration("Timeout");
  config.start_period_ns = duration("StartPeriod");
  config.start_interval_ns = duration("StartInterval");
  config.retries = duration("Retries");
  return config;
}

void read_run_config(const JsonView& view, ImageConfig& config) {
  config.user = text(view.at("User"));
  config.exposed_ports = key_set(view.at("ExposedPorts"));
  config.env = environment(view.at("Env"));
  config.entrypoint = texts(view.at("Entrypoint"));
  config.cmd = texts(view.at("Cmd"));
  config.volumes = key_set(view.at("Volumes"));
  config.working_dir = text(view.at("WorkingDir"));
  config.labels = labels(view.at("Labels"));
  config.stop_signal = text(view.at("StopSignal"));
  config.shell = texts(view.at("Shell"));
  config.on_build = texts(view.at("OnBuild"));
  config.healthcheck = health(view.at("Healthcheck"));
}

void read_rootfs(const JsonView& view, ImageConfig& config) {
  if (const JsonView type = view.at("type"); !type.is_null() && type.as_string() != "layers")
    throw_error(ErrorKind::invalid, "{} must be \"layers\"", type.path());
  for (const auto& item : view.at("diff_ids").as_array()) {
    const auto digest = Digest::parse(item.as_string());
    if (!digest) throw_error(ErrorKind::invalid, "{} must be a digest", item.path());
    config.diff_ids.push_back(*digest);
  }
}

HistoryEntry read_history(const JsonView& view) {
  return {text(view.at("created")), text(view.at("created_by")), text(view.at("author")), text(view.at("comment")),
          view.get_bool("empty_layer")};
}

void put(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

void put(Json& object, const char* key, const std::vector<std::string>& value) {
  if (!value.empty()) object[key] = value;
}

void put_set(Json& object, const char* key, const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  Json& set = object[key] = Json::object();
  for (const auto& name : keys) set[name] = Json::object();
}

Json health_json(const HealthConfig& config) {
  Json json = Json::object();
  put(json, "Test", config.test);
  const auto number = [&](const char* key, std::int64_t value) {
    if (value != 0) json[key] = value;
  };
  number("Interval", config.interval_ns);
  number("Timeout", config.timeout_ns);
  number("StartPeriod", config.start_period_ns);
  number("StartInterval", config.start_interval_ns);
  number("Retries", config.retries);
  return json;
}

Json run_config_json(const ImageConfig& config) {
  Json json = Json::object();
  put(json, "User", config.user);
  put_set(json, "ExposedPorts", config.exposed_ports);
  put(json, "Env", config.env);
  put(json, "Entrypoint", config.entrypoint);
  put(json, "Cmd", config.cmd);
  put_set(json, "Volumes", config.volumes);
  put(json, "WorkingDir", config.working_dir);
  for (const auto& [key, value] : config.labels) json["Labels"][key] = value;
  put(json, "StopSignal", config.stop_signal);
  put(json, "Shell", config.shell);
  put(json, "OnBuild", config.on_build);
  if (config.healthcheck) json["Healthcheck"] = health_json(*config.healthcheck);
  return json;
}

Json history_json(const HistoryEntry& entry) {
  Json json = Json::object();
  put(json, "created", entry.created);
  put(json, "created_by", entry.created_by);
  put(json, "author", entry.author);
  put(json, "comment", entry.comment);
  if (entry.empty_layer) json["empty_layer"] = true;
  return json;
}

}  // namespace

ImageConfig parse_image_config(std::string_view blob, std::string_view what) {
  JsonLimits limits;
  limits.max_bytes = kMaxBytes;
  const Json json = parse_json(blob, what, limits);
  if (!json.is_object()) throw_error(ErrorKind::invalid, "{}: must be an object", what);
  const JsonView view(json, std::string(what) + ":");
  ImageConfig config;
  config.created = text(view.at("created"));
  config.author = text(view.at("author"));
  config.architecture = text(view.at("architecture"));
  config.os = text(view.at("os"));
  config.variant = text(view.at("variant"));
  read_run_config(view.at("config"), config);
  read_rootfs(view.at("rootfs"), config);
  for (const auto& item : view.at("history").as_array()) config.history.push_back(read_history(item));
  return config;
}

Json to_json(const ImageConfig& config) {
  Json json = Json::object();
  put(json, "created", config.created);
  put(json, "author", config.author);
  json["architecture"] = config.architecture;
  put(json, "variant", config.variant);
  json["os"] = config.os;
  json["config"] = run_config_json(config);
  Json diff_ids = Json::array();
  for (const auto& digest : config.diff_ids) diff_ids.push_back(digest.str());
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(diff_ids)}};
  for (const auto& entry : config.history) json["history"].push_back(history_json(entry));
  return json;
}

}  // namespace lichen::spec
