#include "src/template_functions.hh"

#include <algorithm>
#include <array>
#include <compare>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "src/go_print.hh"

namespace lichen::cli::tmpl {
namespace {

using Arguments = std::span<const Value>;

[[noreturn]] void wrong(std::string reason) { throw Error(ErrorKind::usage, std::move(reason)); }

std::string text_of(const Value& value, std::string_view what = "a text") {
  const Json& json = value.get();
  if (json.is_null()) return {};
  if (!json.is_string()) wrong(format("expected {}, got {}", what, go_value(json)));
  return json.get<std::string>();
}

std::int64_t integer_of(const Value& value) {
  if (!value.get().is_number_integer()) wrong(format("expected an integer, got {}", go_value(value.get())));
  return value.get().get<std::int64_t>();
}

/// An index into something of `size` elements; `size` itself allowed when `end`.
std::size_t index_of(const Value& value, std::size_t size, bool end) {
  const std::int64_t index = integer_of(value);
  if (index < 0 || static_cast<std::uint64_t>(index) > size || (!end && static_cast<std::uint64_t>(index) == size))
    wrong(format("index out of range: {}", index));
  return static_cast<std::size_t>(index);
}

std::vector<const Json*> pointers(Arguments arguments) {
  std::vector<const Json*> all;
  for (const Value& value : arguments) all.push_back(&value.get());
  return all;
}

// comparison
// -------------------------------------------------------------------------------------------------------------

enum class Basic { none, boolean, number, text };

Basic basic_kind(const Json& json) {
  if (json.is_boolean()) return Basic::boolean;
  if (json.is_number()) return Basic::number;
  if (json.is_string()) return Basic::text;
  return Basic::none;
}

std::strong_ordering compare_numbers(const Json& a, const Json& b) {
  if (a.is_number_integer() && b.is_number_integer() && !a.is_number_unsigned() && !b.is_number_unsigned())
    return a.get<std::int64_t>() <=> b.get<std::int64_t>();
  if (a < b) return std::strong_ordering::less;  // nlohmann compares mixed number types by value
  return b < a ? std::strong_ordering::greater : std::strong_ordering::equal;
}

bool equal(const Json& a, const Json& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  const Basic kind = basic_kind(a);
  if (kind == Basic::none || basic_kind(b) == Basic::none) wrong("non-comparable type");
  if (kind != basic_kind(b)) wrong("incompatible types for comparison");
  return kind == Basic::number ? compare_numbers(a, b) == 0 : a == b;
}

std::strong_ordering order(const Json& a, const Json& b) {
  const Basic kind = basic_kind(a);
  if (kind == Basic::none || kind == Basic::boolean) wrong("invalid type for comparison");
  if (kind != basic_kind(b)) wrong("incompatible types for comparison");
  if (kind == Basic::number) return compare_numbers(a, b);
  return a.get_ref<const std::string&>().compare(b.get_ref<const std::string&>()) <=> 0;
}

Value eq(Arguments a) {
  for (const Value& other : a.subspan(1))
    if (equal(a[0].get(), other.get())) return Value::made(true);
  return Value::made(false);
}
Value ne(Arguments a) { return Value::made(!equal(a[0].get(), a[1].get())); }
Value lt(Arguments a) { return Value::made(order(a[0].get(), a[1].get()) < 0); }
Value le(Arguments a) { return Value::made(order(a[0].get(), a[1].get()) <= 0); }
Value gt(Arguments a) { return Value::made(order(a[0].get(), a[1].get()) > 0); }
Value ge(Arguments a) { return Value::made(order(a[0].get(), a[1].get()) >= 0); }
Value negate(Arguments a) { return Value::made(!is_true(a[0])); }

// lists and maps
// ---------------------------------------------------------------------------------------------------------

Value len(Arguments a) {
  const Json& json = a[0].get();
  if (json.is_null()) return Value::made(0);  // a list or map that is not there, for Go a nil one
  if (json.is_string()) return Value::made(json.get_ref<const std::string&>().size());
  if (!json.is_array() && !json.is_object()) wrong(format("len of {}", go_value(json)));
  return Value::made(json.size());
}

/// What a Go map gives for a key that it does not have: "" when its values are texts, else nothing.
Value missing_entry(const Json& map) {
  const bool texts = std::all_of(map.begin(), map.end(), [](const Json& value) { return value.is_string(); });
  return texts ? Value::made("") : Value{};
}

Value index(Arguments a) {
  Value value = a[0];
  for (const Value& key : a.subspan(1)) {
    const Json& json = value.get();
    if (json.is_object()) {
      const std::string name = text_of(key, "a text as key of a map");
      const auto it = json.find(name);
      value = it == json.end() ? missing_entry(json) : Value{std::shared_ptr<const Json>(value.json, &*it), false};
    } else if (json.is_array()) {
      value = {std::shared_ptr<const Json>(value.json, &json[index_of(key, json.size(), false)]), false};
    } else if (json.is_string()) {
      const auto& text = json.get_ref<const std::string&>();
      value =
          Value::made(static_cast<std::int64_t>(static_cast<unsigned char>(text[index_of(key, text.size(), false)])));
    } else if (json.is_null() && key.get().is_string()) {
      value = Value::made("");  // a map of texts that is not there
    } else {
      wrong(format("can't index item of type {}", json.is_null() ? "nil" : json.type_name()));
    }
  }
  return value;
}

Value slice(Arguments a) {
  const Json& json = a[0].get();
  if (json.is_null()) return a[0];
  if (!json.is_array() && !json.is_string()) wrong(format("can't slice item of type {}", json.type_name()));
  const std::size_t size = json.is_string() ? json.get_ref<const std::string&>().size() : json.size();
  const std::size_t begin = a.size() > 1 ? index_of(a[1], size, true) : 0;
  const std::size_t end = a.size() > 2 ? index_of(a[2], size, true) : size;
  if (begin > end) wrong(format("invalid slice index: {} > {}", begin, end));
  if (json.is_string()) return Value::made(json.get_ref<const std::string&>().substr(begin, end - begin));
  Json part = Json::array();
  for (std::size_t i = begin; i < end; ++i) part.push_back(json[i]);
  return Value::made(std::move(part));
}

// text
// -------------------------------------------------------------------------------------------------------------------

Value print(Arguments a) { return Value::made(go_sprint(pointers(a))); }
Value println(Arguments a) { return Value::made(go_sprintln(pointers(a))); }
Value printf(Arguments a) { return Value::made(go_sprintf(text_of(a[0], "a format"), pointers(a.subspan(1)))); }
Value json_text(Arguments a) { return Value::made(dump_json(a[0].get())); }
Value lower(Arguments a) { return Value::made(to_lower(text_of(a[0]))); }
Value upper(Arguments a) { return Value::made(to_upper(text_of(a[0]))); }

Value title(Arguments a) {
  std::string text = text_of(a[0]);
  bool begins = true;
  for (char& c : text) {
    if (begins) c = to_upper(std::string_view(&c, 1))[0];
    begins = c == ' ' || c == '\t' || c == '\n';
  }
  return Value::made(text);
}

Value join_list(Arguments a) {
  const Json& list = a[0].get();
  if (!list.is_array() && !list.is_null()) wrong(format("expected a list, got {}", go_value(list)));
  std::vector<std::string> pieces;
  for (const Json& item : list) pieces.push_back(go_value(item));
  return Value::made(join(pieces, text_of(a[1])));
}

Value split_text(Arguments a) {
  const std::string text = text_of(a[0]);
  const std::string separator = text_of(a[1]);
  if (separator.empty()) wrong("the separator is empty");
  Json pieces = Json::array();
  std::size_t from = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, from)) {
    pieces.push_back(text.substr(from, at - from));
    from = at + separator.size();
  }
  pieces.push_back(text.substr(from));
  return Value::made(std::move(pieces));
}

Value truncate(Arguments a) {
  const std::string text = text_of(a[0]);
  const std::int64_t length = integer_of(a[1]);
  if (length < 0 || static_cast<std::uint64_t>(length) >= text.size()) return Value::made(text);
  return Value::made(text.substr(0, static_cast<std::size_t>(length)));
}

Value pad(Arguments a) {
  static constexpr std::int64_t kMost = 10000;
  const std::string text = text_of(a[0]);
  const auto blanks = [](const Value& count) {
    return std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(integer_of(count), 0, kMost)), ' ');
  };
  return text.empty() ? Value::made(text) : Value::made(blanks(a[1]) + text + blanks(a[2]));
}

struct Row {
  std::string_view name;
  int min;
  int max;  // -1: any number
  Value (*function)(Arguments);
};

constexpr Row kFunctions[] = {
    {"and", 1, -1, nullptr},   {"or", 1, -1, nullptr},
    {"not", 1, 1, negate},     {"eq", 2, -1, eq},
    {"ne", 2, 2, ne},          {"lt", 2, 2, lt},
    {"le", 2, 2, le},          {"gt", 2, 2, gt},
    {"ge", 2, 2, ge},          {"len", 1, 1, len},
    {"index", 1, -1, index},   {"slice", 1, 3, slice},
    {"print", 0, -1, print},   {"println", 0, -1, println},
    {"printf", 1, -1, printf}, {"json", 1, 1, json_text},
    {"join", 2, 2, join_list}, {"split", 2, 2, split_text},
    {"lower", 1, 1, lower},    {"upper", 1, 1, upper},
    {"title", 1, 1, title},    {"truncate", 2, 2, truncate},
    {"pad", 3, 3, pad},
};

const Row* find_function(std::string_view name) {
  for (const Row& row : kFunctions)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

const Json& Value::get() const {
  static const Json kNull;
  return json ? *json : kNull;
}

bool is_function(std::string_view name) { return find_function(name) != nullptr; }

Value call_function(std::string_view name, Arguments arguments) {
  const Row* row = find_function(name);
  LICHEN_ASSERT(row != nullptr && row->function != nullptr);
  const int given = static_cast<int>(arguments.size());
  if (given < row->min || (row->max >= 0 && given > row->max))
    wrong(format("wrong number of args for {}: want {}{} got {}", name, row->max == row->min ? "" : "at least ",
                 row->min, given));
  return row->function(arguments);
}

bool is_true(const Value& value) {
  const Json& json = value.get();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_float()) return json.get<double>() != 0;
  if (json.is_number()) return json.get<std::int64_t>() != 0;
  if (json.is_string()) return !json.get_ref<const std::string&>().empty();
  return !json.empty();
}

}  // namespace lichen::cli::tmpl
