#include "libpod/engine/inspect_parts.hh"

namespace lichen::engine {

Json set_object(const std::vector<std::string>& keys) {
  if (keys.empty()) return nullptr;
  Json out = Json::object();
  for (const auto& key : keys) out[key] = Json::object();
  return out;
}

Json list_or_null(const std::vector<std::string>& values) { return values.empty() ? Json(nullptr) : Json(values); }

Json string_map(const std::map<std::string, std::string>& map) {
  Json out = Json::object();
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

Json health_object(const spec::HealthConfig& health) {
  Json out;
  out["Test"] = list_or_null(health.test);
  const auto add = [&](const char* key, std::int64_t value) {
    if (value != 0) out[key] = value;
  };
  add("Interval", health.interval_ns);
  add("Timeout", health.timeout_ns);
  add("StartPeriod", health.start_period_ns);
  add("StartInterval", health.start_interval_ns);
  add("Retries", health.retries);
  return out;
}

}  // namespace lichen::engine
