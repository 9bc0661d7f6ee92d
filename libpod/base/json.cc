#include "libpod/base/json.hh"

#include <set>

namespace lichen {
namespace {

const Json kNull;

// Counts depth and watches for duplicate keys in a pass of its own: nlohmann's parser with a callback looks through the
// whole parent after each child, which makes a list of 10^5 objects take half a minute.
class LimitChecker : public nlohmann::json_sax<Json> {
 public:
  LimitChecker(std::string_view what, const JsonLimits& limits) : what_(what), limits_(limits) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return deeper(); }
  bool end_array() override { return shallower(); }
  bool start_object(std::size_t) override {
    if (!limits_.allow_duplicate_keys) keys_.emplace_back();
    return deeper();
  }
  bool end_object() override {
    if (!limits_.allow_duplicate_keys) keys_.pop_back();
    return shallower();
  }
  bool key(string_t& name) override {
    if (!limits_.allow_duplicate_keys && !keys_.back().insert(name).second)
      throw_error(ErrorKind::invalid, "{}: a key appears twice in one object", what_);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw_error(ErrorKind::invalid, "{}: not valid JSON (byte {})", what_, position);
  }

 private:
  bool deeper() {
    if (++depth_ > limits_.max_depth)
      throw_error(ErrorKind::invalid, "{}: nested deeper than {} levels", what_, limits_.max_depth);
    return true;
  }
  bool shallower() {
    --depth_;
    return true;
  }

  std::string_view what_;
  const JsonLimits& limits_;
  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes)
    throw_error(ErrorKind::invalid, "{}: {} bytes of JSON, more than the {} allowed", what, text.size(),
                limits.max_bytes);
  LimitChecker checker(what, limits);
  try {
    Json::sax_parse(text, &checker);
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw_error(ErrorKind::invalid, "{}: not valid JSON (byte {})", what, error.byte);
  } catch (const nlohmann::json::exception&) {
    throw_error(ErrorKind::invalid, "{}: not valid JSON", what);
  }
}

void JsonView::wrong(std::string_view expected) const {
  throw_error(ErrorKind::invalid, "{} must be {}", path_, expected);
}

JsonView JsonView::at(std::string_view key) const {
  std::string path = path_ + (path_.ends_with(':') ? " " : ".") + std::string(key);
  if (value_->is_null()) return {kNull, std::move(path)};
  if (!value_->is_object()) wrong("an object");
  const auto found = value_->find(std::string(key));
  return {found == value_->end() ? kNull : *found, std::move(path)};
}

bool JsonView::has(std::string_view key) const { return value_->is_object() && !at(key).is_null(); }

std::string JsonView::as_string() const {
  if (!value_->is_string()) wrong("a string");
  return value_->get<std::string>();
}

bool JsonView::as_bool() const {
  if (!value_->is_boolean()) wrong("true or false");
  return value_->get<bool>();
}

std::int64_t JsonView::as_int() const {
  if (!value_->is_number_integer()) wrong("a whole number");
  if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    wrong("a number below 2^63");
  return value_->get<std::int64_t>();
}

std::uint64_t JsonView::as_uint() const {
  if (!value_->is_number_integer() || (!value_->is_number_unsigned() && value_->get<std::int64_t>() < 0))
    wrong("a whole number of at least 0");
  return value_->get<std::uint64_t>();
}

double JsonView::as_double() const {
  if (!value_->is_number()) wrong("a number");
  return value_->get<double>();
}

std::vector<JsonView> JsonView::as_array() const {
  if (value_->is_null()) return {};
  if (!value_->is_array()) wrong("a list");
  std::vector<JsonView> items;
  items.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i) items.emplace_back((*value_)[i], fmt::format("{}[{}]", path_, i));
  return items;
}

std::vector<std::pair<std::string, JsonView>> JsonView::as_object() const {
  if (value_->is_null()) return {};
  if (!value_->is_object()) wrong("an object");
  std::vector<std::pair<std::string, JsonView>> members;
  for (const auto& [key, value] : value_->items()) members.emplace_back(key, JsonView(value, path_ + "." + key));
  return members;
}

std::vector<std::string> JsonView::as_strings() const {
  std::vector<std::string> strings;
  for (const auto& item : as_array()) strings.push_back(item.as_string());
  return strings;
}

std::map<std::string, std::string> JsonView::as_string_map() const {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : as_object()) map[key] = value.as_string();
  return map;
}

std::string JsonView::get_string(std::string_view key, std::string fallback) const {
  const JsonView member = at(key);
  return member.is_null() ? std::move(fallback) : member.as_string();
}

bool JsonView::get_bool(std::string_view key, bool fallback) const {
  const JsonView member = at(key);
  return member.is_null() ? fallback : member.as_bool();
}

std::int64_t JsonView::get_int(std::string_view key, std::int64_t fallback) const {
  const JsonView member = at(key);
  return member.is_null() ? fallback : member.as_int();
}

std::vector<std::string> JsonView::get_strings(std::string_view key) const { return at(key).as_strings(); }

std::optional<std::int64_t> JsonView::find_int(std::string_view key) const {
  const JsonView member = at(key);
  if (member.is_null()) return std::nullopt;
  return member.as_int();
}

std::optional<std::string> JsonView::find_string(std::string_view key) const {
  const JsonView member = at(key);
  if (member.is_null()) return std::nullopt;
  return member.as_string();
}

std::string dump_json(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string dump_json_pretty(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lichen
