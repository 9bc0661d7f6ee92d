#include "compose/language/read_model.hh"

#include <algorithm>
#include <charconv>
#include <limits>

#include "compose/language/fields_service.hh"
#include "compose/language/values.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"

namespace lichen::compose {
namespace {

/// Reads the members of one mapping into the fields of one struct.
class Reader {
 public:
  Reader(const Node& node, std::string path, const Sources& sources)
      : node_(node), path_(std::move(path)), sources_(sources) {}

  template <typename T>
  void operator()(std::string_view key, T& field) {
    if (const Node* value = find(key)) read(*value, path_of(key), field);
  }
  template <typename T>
  void always(std::string_view key, T& field) {
    (*this)(key, field);
  }
  template <typename T>
  void untagged(std::string_view key, std::string_view, T& field) {
    (*this)(key, field);
  }
  void untagged_bytes(std::string_view key, std::string_view, Bytes& field) { bytes(key, field); }

  void bytes(std::string_view key, Bytes& field) {
    const Node* value = find(key);
    if (value == nullptr || value->text.empty()) return;
    const auto size = parse_bytes(value->text);
    if (!size)
      fail(*value, path_of(key), format("'{}' is no size", value->text), "a size is a number with b, k, m or g");
    field = *size;
  }
  void bytes(std::string_view key, std::optional<std::int64_t>& field) {
    Bytes value = 0;
    bytes(key, value);
    if (find(key) != nullptr) field = value;
  }

  void mode(std::string_view key, std::optional<std::uint32_t>& field) {
    std::uint32_t value = 0;
    octal(key, value);
    if (find(key) != nullptr) field = value;
  }
  /// A number is what it is (0440 was octal to the YAML reader), text is octal.
  void octal(std::string_view key, std::uint32_t& field) {
    const Node* value = find(key);
    if (value == nullptr) return;
    if (value->kind == Node::Kind::integer) return read(*value, path_of(key), field);
    const auto bits = parse_octal(value->text);
    if (!bits) fail(*value, path_of(key), format("'{}' is no octal number", value->text));
    field = *bits;
  }

  void count(std::string_view key, std::int64_t& field) {
    const Node* value = find(key);
    if (value == nullptr) return;
    if (value->text == "all")
      field = -1;
    else
      read(*value, path_of(key), field);
  }

  void hosts(std::string_view key, std::map<std::string, Strings>& field) { lists(key, field); }
  void lists(std::string_view key, std::map<std::string, Strings>& field) {
    const Node* value = find(key);
    if (value == nullptr) return;
    for (const auto& item : value->items) {
      Strings& list = field[item.key];
      if (item.is_sequence())
        for (const auto& each : item.items) list.push_back(each.text);
      else
        list.push_back(item.text);
    }
  }

  void ssh(std::string_view key, std::vector<std::pair<std::string, std::string>>& field) {
    const Node* value = find(key);
    if (value == nullptr) return;
    for (const auto& item : value->items) field.emplace_back(item.key, item.text);
  }

  void spreads(std::string_view key, Strings& field) {
    const Node* value = find(key);
    if (value == nullptr) return;
    for (const auto& item : value->items) field.emplace_back(item.text_of("spread"));
  }

  void command(std::string_view key, std::optional<Strings>& field) {
    const Node* value = find(key);
    if (value == nullptr) return;
    field.emplace();
    read(*value, path_of(key), *field);
  }

  template <typename Body>
  void inside(std::string_view key, Body body, bool = false) {
    if (const Node* value = find(key); value != nullptr && value->is_mapping()) {
      Reader inner(*value, path_of(key), sources_);
      body(inner);
    }
  }

  void content(std::string_view key, FileObject& object) {
    for (const std::string_view each : {key, std::string_view("#value")})
      if (const Node* value = find(each)) object.content = value->text;
  }

  void extensions(Json& field) {
    for (const auto& item : node_.items)
      if (item.key.starts_with("x-")) field[item.key] = to_json(item, /*sorted=*/true);
  }

 private:
  const Node* find(std::string_view key) const {
    const Node* value = node_.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  std::string path_of(std::string_view key) const { return path_ + "." + std::string(key); }
  [[noreturn]] void fail(const Node& value, const std::string& path, const std::string& message,
                         std::string hint = {}) const {
    sources_.fail(value.spot, path, message, std::move(hint));
  }

  static void read(const Node& value, const std::string&, std::string& field) { field = value.text; }
  static void read(const Node& value, const std::string&, bool& field) { field = value.text == "true"; }
  static void read(const Node& value, const std::string&, Strings& field) {
    if (value.is_scalar()) {
      field.push_back(value.text);
      return;
    }
    field.reserve(value.items.size());
    for (const auto& item : value.items) field.push_back(item.text);
  }
  static void read(const Node& value, const std::string&, Mapping& field) {
    for (const auto& item : value.items) field[item.key] = item.text;
  }
  static void read(const Node& value, const std::string&, OptionalMapping& field) {
    for (const auto& item : value.items) field[item.key] = item.is_null() ? std::nullopt : std::optional(item.text);
  }

  template <typename T>
  requires std::integral<T>
  void read(const Node& value, const std::string& path, T& field) const {
    auto number = parse_int(value.text);
    if (!number) {
      // 1.0 and 1e3 are whole numbers too.
      double real = 0;
      const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), real);
      if (error == std::errc() && end == value.text.data() + value.text.size() && real > -9e15 && real < 9e15 &&
          real == static_cast<double>(static_cast<std::int64_t>(real)))
        number = static_cast<std::int64_t>(real);
    }
    if (!number) fail(value, path, format("'{}' is no whole number", value.text));
    if (*number > 0 ? static_cast<std::uint64_t>(*number) > static_cast<std::uint64_t>(std::numeric_limits<T>::max())
                    : *number < static_cast<std::int64_t>(std::numeric_limits<T>::min()))
      fail(value, path, format("{} is out of range", value.text));
    field = static_cast<T>(*number);
  }

  void read(const Node& value, const std::string& path, double& field) const {
    const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), field);
    if (error != std::errc() || end != value.text.data() + value.text.size() || value.text.empty())
      fail(value, path, format("'{}' is no number", value.text));
  }

  void read(const Node& value, const std::string& path, Duration& field) const {
    const auto duration = parse_compose_duration(value.text);
    if (!duration)
      fail(value, path, format("'{}' is no duration", value.text), "a duration is like 1h30m, 10s or 500ms");
    field = *duration;
  }

  void read(const Node& value, const std::string& path, DependsOn::Condition& field) const {
    read_word(value, path, kConditions, field);
  }
  void read(const Node& value, const std::string& path, Mount::Type& field) const {
    read_word(value, path, kMountTypes, field);
  }
  void read(const Node& value, const std::string& path, Watch::Action& field) const {
    read_word(value, path, kWatchActions, field);
  }
  template <typename E, std::size_t N>
  void read_word(const Node& value, const std::string& path, const EnumName<E> (&table)[N], E& field) const {
    const auto found = enum_value(table, value.text);
    if (!found) fail(value, path, format("'{}' is not known here", value.text));
    field = *found;
  }

  void read(const Node& value, const std::string& path, Ulimit& field) const {
    if (value.is_scalar()) {
      field.single.emplace();
      read(value, path, *field.single);
      field.soft = field.hard = *field.single;
      return;
    }
    Reader inner(value, path, sources_);
    inner("soft", field.soft);
    inner("hard", field.hard);
  }

  template <typename T>
  void read(const Node& value, const std::string& path, std::optional<T>& field) const {
    field.emplace();
    read(value, path, *field);
  }
  template <typename T>
  void read(const Node& value, const std::string& path, std::vector<T>& field) const {
    field.resize(value.items.size());
    for (std::size_t i = 0; i < field.size(); ++i) read(value.items[i], format("{}[{}]", path, i), field[i]);
  }
  template <typename T>
  void read(const Node& value, const std::string& path, std::map<std::string, T>& field) const {
    for (const auto& item : value.items) read(item, path + "." + item.key, field[item.key]);
  }
  template <typename T>
  void read(const Node& value, const std::string& path, std::map<std::string, std::optional<T>>& field) const {
    for (const auto& item : value.items) {
      auto& member = field[item.key];
      if (!item.is_null()) read(item, path + "." + item.key, member);
    }
  }
  template <typename T>
  requires requires { sizeof(Fields<T>); }
  void read(const Node& value, const std::string& path, T& field) const {
    if (!value.is_mapping()) return;
    Reader inner(value, path, sources_);
    Fields<T>::each(inner, field);
  }

  const Node& node_;
  std::string path_;
  const Sources& sources_;
};

}  // namespace

Project read_model(const Node& model, const Sources& sources) {
  Project project;
  if (const Node* services = model.find("services")) {
    for (const auto& node : services->items) {
      Service service;
      service.name = node.key;
      service.place = sources.place(node.key_spot);
      Reader reader(node, "services." + node.key, sources);
      Fields<Service>::each(reader, service);
      project.services.push_back(std::move(service));
    }
  }
  std::sort(project.services.begin(), project.services.end(),
            [](const Service& a, const Service& b) { return a.name < b.name; });
  const auto read_objects = [&](std::string_view key, auto& objects) {
    const Node* nodes = model.find(key);
    if (nodes == nullptr) return;
    for (const auto& node : nodes->items) {
      auto& object = objects[node.key];
      Reader reader(node, std::string(key) + "." + node.key, sources);
      Fields<std::remove_reference_t<decltype(object)>>::each(reader, object);
    }
  };
  read_objects("networks", project.networks);
  read_objects("volumes", project.volumes);
  read_objects("secrets", project.secrets);
  read_objects("configs", project.configs);
  read_objects("models", project.models);
  for (const auto& item : model.items)
    if (item.key.starts_with("x-")) project.extensions[item.key] = to_json(item, /*sorted=*/true);
  return project;
}

Json to_json(const Node& node, bool sorted) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::boolean:
      return node.text == "true";
    case Node::Kind::integer:
      if (const auto number = parse_int(node.text)) return *number;
      if (const auto number = parse_uint(node.text)) return *number;
      return node.text;
    case Node::Kind::floating: {
      double value = 0;
      const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
      return error == std::errc() && node.text.find_first_of("NI") == std::string::npos ? Json(value) : Json(node.text);
    }
    case Node::Kind::string:
      return node.text;
    case Node::Kind::sequence: {
      Json list = Json::array();
      for (const auto& item : node.items) list.push_back(to_json(item, sorted));
      return list;
    }
    case Node::Kind::mapping: {
      std::vector<const Node*> items;
      for (const auto& item : node.items) items.push_back(&item);
      if (sorted) std::sort(items.begin(), items.end(), [](const Node* a, const Node* b) { return a->key < b->key; });
      Json object = Json::object();
      // ordered_json looks for a key in all others before it adds one; keys here differ already.
      auto& members = object.get_ref<Json::object_t&>();
      for (const Node* item : items) members.emplace_back(item->key, to_json(*item, sorted));
      return object;
    }
  }
  return nullptr;
}

}  // namespace lichen::compose
