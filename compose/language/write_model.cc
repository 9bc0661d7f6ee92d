// The model as JSON in docker compose's order; render_yaml.cc and render_json print it.
#include <algorithm>

#include "compose/language/fields_service.hh"
#include "compose/language/render.hh"
#include "compose/language/values.hh"
#include "libpod/base/sha256.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

/// What Go's `omitempty` leaves out.
template <typename T>
bool is_empty(const T& value) {
  if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else if constexpr (std::is_same_v<T, Duration>) {
    return value.count() == 0;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return value == T{};
  } else {
    return false;
  }
}

class Writer {
 public:
  explicit Writer(Format format) : format_(format), object_(Json::object()) {}
  Json take() { return std::move(object_); }

  template <typename T>
  void operator()(std::string_view key, const T& field) {
    if (!is_empty(field)) add(key, to(field));
  }
  void operator()(std::string_view key, const Hook& field) {
    if (format_ == Format::json || !field.command.empty()) add(key, to(field));
  }
  template <typename T>
  void always(std::string_view key, const T& field) {
    add(key, to(field));
  }
  void always(std::string_view key, const Strings& field) {
    if (!field.empty() || format_ == Format::json) add(key, field.empty() ? Json(nullptr) : to(field));
  }
  /// Go structs without JSON names print their own.
  template <typename T>
  void untagged(std::string_view key, std::string_view json_key, const T& field) {
    add(format_ == Format::json ? json_key : key, to(field));
  }
  void untagged_bytes(std::string_view key, std::string_view json_key, Bytes field) {
    add(format_ == Format::json ? json_key : key, std::to_string(field));
  }

  void bytes(std::string_view key, Bytes field) {
    if (field != 0) add(key, std::to_string(field));
  }
  void bytes(std::string_view key, const std::optional<std::int64_t>& field) {
    if (field) add(key, std::to_string(*field));
  }
  void mode(std::string_view key, const std::optional<std::uint32_t>& field) {
    if (field) add(key, format("0{:o}", *field));
  }
  void octal(std::string_view key, std::uint32_t field) {
    if (field != 0) add(key, field);
  }
  void count(std::string_view key, std::int64_t field) {
    if (field != 0) add(key, field);
  }
  void hosts(std::string_view key, const std::map<std::string, Strings>& field) {
    Strings list;
    for (const auto& [host, addresses] : field)
      for (const auto& address : addresses) list.push_back(host + "=" + address);
    std::sort(list.begin(), list.end());
    (*this)(key, list);
  }
  void lists(std::string_view key, const std::map<std::string, Strings>& field) {
    if (field.empty()) return;
    Json object = Json::object();
    for (const auto& [name, values] : field) object[name] = values.size() == 1 ? Json(values[0]) : to(values);
    add(key, std::move(object));
  }
  void ssh(std::string_view key, const std::vector<std::pair<std::string, std::string>>& field) {
    Strings list;
    for (const auto& [id, path] : field) list.push_back(path.empty() ? id : id + "=" + path);
    (*this)(key, list);
  }
  void spreads(std::string_view key, const Strings& field) {
    if (field.empty()) return;
    Json list = Json::array();
    for (const auto& spread : field) list.push_back(Json{{"spread", spread}});
    add(key, std::move(list));
  }
  /// A null stays in JSON: there it means the image's own, while an empty list means none.
  void command(std::string_view key, const std::optional<Strings>& field) {
    if (field)
      add(key, to(*field));
    else if (format_ == Format::json)
      add(key, nullptr);
  }
  template <typename Body>
  void inside(std::string_view key, Body body, bool is_optional = false) {
    Writer inner(format_);
    body(inner);
    if (!inner.object_.empty() || (format_ == Format::json && !is_optional)) add(key, inner.take());
  }
  void content(std::string_view key, const FileObject& object) {
    if (object.environment.empty() && object.content) add(key, *object.content);
  }
  void extensions(const Json& field) {
    if (format_ == Format::json || !field.is_object()) return;
    std::map<std::string, const Json*> sorted;
    for (const auto& [key, value] : field.items()) sorted.emplace(key, &value);
    for (const auto& [key, value] : sorted) add(key, *value);
  }

 private:
  void add(std::string_view key, Json value) {
    object_.get_ref<Json::object_t&>().emplace_back(std::string(key), std::move(value));
  }

  static Json to(const std::string& value) { return value; }
  static Json to(Duration value) { return go_duration(value); }
  static Json to(DependsOn::Condition value) { return enum_name(kConditions, value); }
  static Json to(Mount::Type value) { return enum_name(kMountTypes, value); }
  static Json to(Watch::Action value) { return enum_name(kWatchActions, value); }
  static Json to(const Strings& value) { return Json(value); }
  template <typename T>
  requires std::is_arithmetic_v<T>
  static Json to(T value) {
    // Go prints 1, not 1.0.
    if constexpr (std::is_floating_point_v<T>)
      if (value == static_cast<T>(static_cast<std::int64_t>(value))) return static_cast<std::int64_t>(value);
    return value;
  }
  Json to(const Ulimit& value) const {
    if (value.single) return *value.single;
    Json object = Json::object();
    if (value.soft != 0 || format_ == Format::yaml) object["soft"] = value.soft;
    if (value.hard != 0 || format_ == Format::yaml) object["hard"] = value.hard;
    return object;
  }
  template <typename T>
  Json to(const std::optional<T>& value) const {
    return value ? to(*value) : Json(nullptr);
  }
  template <typename T>
  Json to(const std::vector<T>& values) const {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(to(value));
    return list;
  }
  template <typename T>
  Json to(const std::map<std::string, T>& values) const {
    Json object = Json::object();
    auto& members = object.get_ref<Json::object_t&>();
    for (const auto& [key, value] : values) members.emplace_back(key, to(value));
    return object;
  }
  template <typename T>
  requires requires { sizeof(Fields<T>); }
  Json to(const T& value) const {
    Writer inner(format_);
    Fields<T>::each(inner, value);
    return inner.take();
  }

  Format format_;
  Json object_;
};

template <typename T>
Json written(const T& value, Format format) {
  Writer writer(format);
  Fields<T>::each(writer, value);
  return writer.take();
}

template <typename T>
Json objects(const std::map<std::string, T>& values, Format format) {
  Json object = Json::object();
  for (const auto& [key, value] : values) object.get_ref<Json::object_t&>().emplace_back(key, written(value, format));
  return object;
}

}  // namespace

Json service_json(const Service& service, Format format) { return written(service, format); }

Json project_json(const Project& project, Format format) {
  std::vector<std::pair<std::string, Json>> members;
  if (!project.name.empty() || format == Format::json) members.emplace_back("name", project.name);
  Json services = Json::object();
  for (const auto& service : project.services)
    services.get_ref<Json::object_t&>().emplace_back(service.name, service_json(service, format));
  members.emplace_back("services", std::move(services));
  const auto add = [&](const char* key, const auto& map) {
    if (!map.empty()) members.emplace_back(key, objects(map, format));
  };
  add("networks", project.networks);
  add("volumes", project.volumes);
  add("secrets", project.secrets);
  add("configs", project.configs);
  add("models", project.models);
  if (project.extensions.is_object()) {
    std::map<std::string, Json> sorted;
    for (const auto& [key, value] : project.extensions.items()) sorted.emplace(key, value);
    for (auto& [key, value] : sorted) members.emplace_back(key, std::move(value));
  }
  // In JSON docker compose prints a map, the keys of which Go sorts.
  if (format == Format::json)
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json root = Json::object();
  for (auto& [key, value] : members) root.get_ref<Json::object_t&>().emplace_back(key, std::move(value));
  return root;
}

Json escape_dollars(Json value) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    if (text.find('$') != std::string::npos) text = replace_all(std::move(text), "$", "$$");
  } else if (value.is_structured()) {
    for (auto& item : value) item = escape_dollars(std::move(item));
  }
  return value;
}

std::string config_hash(const Service& service) {
  Service bare = service;
  bare.build.reset();
  bare.pull_policy.clear();
  bare.scale.reset();
  if (bare.deploy) bare.deploy->replicas.reset();
  bare.depends_on.clear();
  bare.profiles.clear();
  return sha256_hex(render_json(service_json(bare, Format::json), -1));
}

std::string config_hash(const Network& network) { return sha256_hex(render_json(written(network, Format::json), -1)); }
std::string config_hash(const Volume& volume) { return sha256_hex(render_json(written(volume, Format::json), -1)); }

std::string image_of(const Service& service, const Project& project) {
  return service.image.empty() ? project.name + project.separator + service.name : service.image;
}

}  // namespace lichen::compose
