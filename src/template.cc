#include "src/template.hh"

#include <algorithm>

#include "libpod/base/strings.hh"
#include "src/go_print.hh"
#include "src/template_functions.hh"
#include "src/template_nodes.hh"

namespace lichen::cli {

using namespace tmpl;  // NOLINT: the engine's own names; this file is its last part

namespace {

constexpr int kMaxCalls = 100;  // {{template}} within {{template}}

// Members whose keys are data: a missing key is no mistake. The names are those of inspect (docker and podman).
constexpr std::string_view kMaps[] = {"Labels", "Annotations",  "Options",      "DriverOpts", "Sysctls",
                                      "Ports",  "Networks",     "ExposedPorts", "Volumes",    "Tmpfs",
                                      "Sysctl", "PortBindings", "IndexConfigs", "LogOpts"};

enum class Flow { normal, break_out, next_item };

class Executor {
 public:
  Executor(const Program& program, const Json& data, bool headings)
      : program_(program),
        headings_(headings),
        root_{std::shared_ptr<const Json>(std::shared_ptr<void>{}, &data), false} {}

  std::string run() {
    variables_.emplace_back("$", root_);
    run_list(program_.main, root_);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail_at(Offset at, std::string reason, std::string hint = {}) const {
    fail(program_.source, at, std::move(reason), std::move(hint));
  }

  Flow run_list(const std::vector<Node>& list, const Value& dot) {
    for (const Node& node : list)
      if (const Flow flow = run_node(node, dot); flow != Flow::normal) return flow;
    return Flow::normal;
  }

  Flow run_node(const Node& node, const Value& dot) {
    switch (node.kind) {
      case Node::Kind::text:
        out_ += node.text;
        return Flow::normal;
      case Node::Kind::break_out:
        return Flow::break_out;
      case Node::Kind::next_item:
        return Flow::next_item;
      case Node::Kind::range:
        return run_range(node, dot);
      case Node::Kind::call:
        return run_call(node, dot);
      case Node::Kind::if_block:
      case Node::Kind::with:
        return run_branch(node, dot);
      case Node::Kind::action:
        break;
    }
    const Value value = evaluate(*node.pipeline, dot);
    bind(*node.pipeline, value);
    if (node.pipeline->variables.empty()) print(value);
    return Flow::normal;
  }

  void print(const Value& value) { out_ += value.get().is_null() ? "<no value>" : go_value(value.get()); }

  Flow run_branch(const Node& node, const Value& dot) {
    const std::size_t scope = variables_.size();
    const Value value = evaluate(*node.pipeline, dot);
    bind(*node.pipeline, value);
    Flow flow = Flow::normal;
    if (is_true(value))
      flow = run_list(node.body, node.kind == Node::Kind::with ? value : dot);
    else
      flow = run_list(node.otherwise, dot);
    variables_.resize(scope);
    return flow;
  }

  Flow run_range(const Node& node, const Value& dot) {
    const std::size_t scope = variables_.size();
    const Value list = evaluate(*node.pipeline, dot);
    const Json& json = list.get();
    if (!json.is_array() && !json.is_object() && !json.is_null())
      fail_at(node.pipeline->at, format("range can't iterate over {}", go_value(json)));
    if (json.empty()) return run_list(node.otherwise, dot);
    std::vector<std::pair<Json, const Json*>> entries;
    for (auto it = json.begin(); it != json.end(); ++it)
      entries.emplace_back(json.is_array() ? Json(it - json.begin()) : Json(it.key()), &*it);
    if (json.is_object()) std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.first < b.first; });
    for (const auto& [key, element] : entries) {
      const Value value{std::shared_ptr<const Json>(list.json, element), false};
      const auto& names = node.pipeline->variables;
      if (names.size() == 2) set_variable(*node.pipeline, names[0], Value::made(key));
      if (!names.empty()) set_variable(*node.pipeline, names.back(), value);
      const Flow flow = run_list(node.body, value);
      variables_.resize(scope);
      if (flow == Flow::break_out) break;
    }
    return Flow::normal;
  }

  Flow run_call(const Node& node, const Value& dot) {
    const auto it = program_.named.find(node.text);
    if (it == program_.named.end()) fail_at(node.at, format("template \"{}\" not defined", node.text));
    if (++calls_ > kMaxCalls) fail_at(node.at, format("template \"{}\" calls itself too often", node.text));
    const Value value = node.pipeline ? evaluate(*node.pipeline, dot) : Value{};
    auto outer = std::exchange(variables_, {{"$", value}});
    run_list(it->second, value);
    variables_ = std::move(outer);
    --calls_;
    return Flow::normal;
  }

  void bind(const Pipeline& pipeline, const Value& value) {
    for (const auto& name : pipeline.variables) set_variable(pipeline, name, value);
  }

  void set_variable(const Pipeline& pipeline, const std::string& name, const Value& value) {
    if (!pipeline.assigns) {
      variables_.emplace_back(name, value);
      return;
    }
    variable(name) = value;
  }

  Value& variable(const std::string& name) {
    for (auto it = variables_.rbegin(); it != variables_.rend(); ++it)
      if (it->first == name) return it->second;
    throw_error(ErrorKind::internal, "template variable '{}' is not set", name);  // the parser has checked
  }

  Value evaluate(const Pipeline& pipeline, const Value& dot) {
    Value value;
    bool has_value = false;
    for (const Command& command : pipeline.commands) {
      value = evaluate_command(command, dot, has_value ? &value : nullptr);
      has_value = true;
    }
    return value;
  }

  /// @param piped  what the command before gives: the last argument
  Value evaluate_command(const Command& command, const Value& dot, const Value* piped) {
    const Operand& first = command.words[0];
    if (first.kind == Operand::Kind::function) return call(command, dot, piped);
    const std::size_t arguments = command.words.size() - 1 + (piped != nullptr ? 1 : 0);
    if (arguments == 0) return evaluate_operand(first, dot);
    if (is_label_method(first)) return label(command, dot, piped);
    fail_at(first.at, "can't give argument to non-function");
  }

  // docker's and podman's rows have one method: {{.Label "key"}}.
  static bool is_label_method(const Operand& operand) {
    return !operand.fields.empty() && operand.fields.back() == "Label";
  }

  Value label(const Command& command, const Value& dot, const Value* piped) {
    Operand receiver = command.words[0];
    receiver.fields.back() = "Labels";
    const Value labels = evaluate_operand(receiver, dot);
    const Value wanted = command.words.size() > 1 ? evaluate_operand(command.words[1], dot) : *piped;
    const std::string key = go_value(wanted.get());
    const Json& json = labels.get();
    if (headings_) return Value::made(key);
    if (json.is_object()) return Value::made(json.contains(key) ? json[key] : Json(""));
    if (json.is_string())  // the form of a table: "a=b,c=d"
      for (const auto& pair : split(json.get<std::string>(), ','))
        if (const auto parts = cut(pair, '='); parts && parts->first == key) return Value::made(parts->second);
    return Value::made("");
  }

  Value call(const Command& command, const Value& dot, const Value* piped) {
    const Operand& function = command.words[0];
    std::vector<Value> arguments;
    const bool is_and = function.name == "and";
    if (is_and || function.name == "or") return stop_early(command, dot, piped, is_and);
    for (std::size_t i = 1; i < command.words.size(); ++i) arguments.push_back(evaluate_operand(command.words[i], dot));
    if (piped != nullptr) arguments.push_back(*piped);
    if (headings_ && !arguments.empty() && keeps_heading(function.name)) return heading_argument(arguments);
    try {
      return call_function(function.name, arguments);
    } catch (const Error& error) {
      fail_at(function.at, format("error calling {}: {}", function.name, error.message()));
    }
  }

  // A column's heading stays as it is under functions that change how a value looks.
  static bool keeps_heading(std::string_view name) {
    for (const std::string_view known :
         {"json", "join", "split", "lower", "upper", "title", "truncate", "pad", "slice", "index"})
      if (name == known) return true;
    return false;
  }
  static Value heading_argument(const std::vector<Value>& arguments) { return arguments.front(); }

  Value stop_early(const Command& command, const Value& dot, const Value* piped, bool is_and) {
    Value value;
    const std::size_t count = command.words.size() - 1;
    if (count + (piped != nullptr ? 1 : 0) == 0)
      fail_at(command.words[0].at, format("wrong number of args for {}: want at least 1 got 0", command.words[0].name));
    for (std::size_t i = 0; i < count; ++i) {
      value = evaluate_operand(command.words[i + 1], dot);
      if (is_true(value) != is_and) return value;
    }
    return piped != nullptr ? *piped : value;
  }

  Value evaluate_operand(const Operand& operand, const Value& dot) {
    switch (operand.kind) {
      case Operand::Kind::dot:
      case Operand::Kind::field:
        return fields(operand, dot);
      case Operand::Kind::variable:
        return fields(operand, variable(operand.name));
      case Operand::Kind::literal:
        return Value::made(operand.literal);
      case Operand::Kind::nil:
        return Value::made(nullptr);
      case Operand::Kind::paren:
        return fields(operand, evaluate(*operand.pipeline, dot));
      case Operand::Kind::function:
        break;
    }
    Command command;
    command.words.push_back(operand);
    return call(command, dot, nullptr);
  }

  Value fields(const Operand& operand, Value value) const {
    for (const auto& name : operand.fields) value = member(value, name, operand.at);
    return value;
  }

  Value member(const Value& value, const std::string& name, Offset at) const {
    const Json& json = value.get();
    if (!value.has_value()) return {};
    if (json.is_null()) fail_at(at, format("nil data; no entry for \"{}\"", name));
    if (!json.is_object()) fail_at(at, format("can't evaluate field {} in {}", name, json.type_name()));
    const auto it = json.find(name);
    if (it != json.end()) {
      const bool is_map = std::find(std::begin(kMaps), std::end(kMaps), name) != std::end(kMaps);
      return {std::shared_ptr<const Json>(value.json, &*it), is_map};
    }
    if (value.is_map) return {};
    std::vector<std::string> known;
    for (auto entry = json.begin(); entry != json.end(); ++entry) known.push_back(entry.key());
    const auto near = nearest(name, known);
    std::sort(known.begin(), known.end());
    fail_at(at, format("no field '{}'", name),
            near ? format("did you mean '{}'?", *near) : "the fields are " + join(known, ", "));
  }

  const Program& program_;
  bool headings_;
  Value root_;
  std::vector<std::pair<std::string, Value>> variables_;
  std::string out_;
  int calls_ = 0;
};

}  // namespace

Template::Template(std::unique_ptr<Program> program) : program_(std::move(program)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Template Template::parse(std::string_view text) { return Template(parse_program(text)); }

std::string Template::execute(const Json& data) const { return Executor(*program_, data, /*headings=*/false).run(); }

std::string Template::execute_headings(const Json& headings) const {
  return Executor(*program_, headings, /*headings=*/true).run();
}

}  // namespace lichen::cli
