// Tokens -> Program, by recursive descent. Depth is bounded: a template comes from the command line, but also from
// fuzzing.
#include "src/template_functions.hh"
#include "src/template_lexer.hh"

namespace lichen::cli::tmpl {
namespace {

constexpr int kMaxDepth = 100;

/// How a list of nodes ended.
struct Ending {
  enum class Kind : std::uint8_t { end_of_text, end, else_part } kind;
  Offset at;
};

class Parser {
 public:
  explicit Parser(Program& program) : program_(program), tokens_(lex_template(program.source)) {}

  void run() {
    const Ending ending = parse_list(program_.main);
    if (ending.kind != Ending::Kind::end_of_text)
      fail_at(ending.at, ending.kind == Ending::Kind::end ? "unexpected {{end}}" : "unexpected {{else}}");
  }

 private:
  [[noreturn]] void fail_at(Offset at, std::string reason) const { fail(program_.source, at, std::move(reason)); }

  const Token& peek() const { return tokens_[next_]; }
  const Token& take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool is_word(std::string_view word) const { return peek().kind == Token::Kind::word && peek().value == word; }

  void expect_close(std::string_view where) {
    if (peek().kind != Token::Kind::close) fail_at(peek().at, format("unexpected {} in {}", describe(peek()), where));
    take();
  }

  static std::string describe(const Token& token) {
    switch (token.kind) {
      case Token::Kind::field:
        return "<." + token.value + ">";
      case Token::Kind::variable:
      case Token::Kind::word:
        return "<" + token.value + ">";
      case Token::Kind::literal:
        return dump_json(token.literal);
      case Token::Kind::dot:
        return "<.>";
      case Token::Kind::left:
        return "\"(\"";
      case Token::Kind::right:
        return "\")\"";
      case Token::Kind::pipe:
        return "\"|\"";
      case Token::Kind::declare:
        return "\":=\"";
      case Token::Kind::assign:
        return "\"=\"";
      case Token::Kind::comma:
        return "\",\"";
      case Token::Kind::close:
        return "\"}}\"";
      default:
        return "end";
    }
  }

  Ending parse_list(std::vector<Node>& list) {
    while (true) {
      const Token& token = take();
      if (token.kind == Token::Kind::end) return {Ending::Kind::end_of_text, token.at};
      if (token.kind == Token::Kind::text) {
        list.push_back(Node{.kind = Node::Kind::text, .at = token.at, .text = token.value});
        continue;
      }
      const Offset at = token.at;  // Token::Kind::open
      if (is_word("end")) {
        take();
        expect_close("end");
        return {Ending::Kind::end, at};
      }
      if (is_word("else")) {
        take();
        return {Ending::Kind::else_part, at};  // the caller reads what follows: }}, if or with
      }
      parse_action(list, at);
    }
  }

  void parse_action(std::vector<Node>& list, Offset at) {
    if (is_word("if")) return parse_branch(list, Node::Kind::if_block, at);
    if (is_word("with")) return parse_branch(list, Node::Kind::with, at);
    if (is_word("range")) return parse_branch(list, Node::Kind::range, at);
    if (is_word("define")) return parse_define(at);
    if (is_word("block")) return parse_block(list, at);
    if (is_word("template")) return parse_call(list, at);
    if (is_word("break") || is_word("continue")) {
      const bool is_break = take().value == "break";
      const std::string_view name = is_break ? "break" : "continue";
      if (range_depth_ == 0) fail_at(at, format("{{{{{}}}}} outside {{{{range}}}}", name));
      expect_close(name);
      list.push_back(Node{.kind = is_break ? Node::Kind::break_out : Node::Kind::next_item, .at = at});
      return;
    }
    Node node{.kind = Node::Kind::action, .at = at};
    node.pipeline = parse_pipeline(/*variables_allowed=*/1, "command");
    expect_close("command");
    list.push_back(std::move(node));
  }

  void parse_branch(std::vector<Node>& list, Node::Kind kind, Offset at) {
    const std::size_t scope = variables_.size();
    const std::string keyword = take().value;
    Node node{.kind = kind, .at = at};
    enter(at);
    node.pipeline = parse_pipeline(kind == Node::Kind::range ? 2 : 1, keyword);
    expect_close(keyword);
    if (kind == Node::Kind::range) ++range_depth_;
    Ending ending = parse_list(node.body);
    if (kind == Node::Kind::range) --range_depth_;
    if (ending.kind == Ending::Kind::else_part) {
      const bool chained =
          (kind == Node::Kind::if_block && is_word("if")) || (kind == Node::Kind::with && is_word("with"));
      if (chained) {
        parse_branch(node.otherwise, kind, peek().at);  // its {{end}} is ours
        ending.kind = Ending::Kind::end;
      } else {
        expect_close("else");
        ending = parse_list(node.otherwise);
        if (ending.kind == Ending::Kind::else_part) fail_at(ending.at, "expected end; found {{else}}");
      }
    }
    if (ending.kind == Ending::Kind::end_of_text) fail_at(at, format("{{{{{}}}}} without {{{{end}}}}", keyword));
    leave();
    variables_.resize(scope);
    list.push_back(std::move(node));
  }

  std::string template_name(std::string_view where) {
    if (peek().kind != Token::Kind::literal || !peek().literal.is_string())
      fail_at(peek().at, format("unexpected {} in {} clause", describe(peek()), where));
    return take().literal.get<std::string>();
  }

  void parse_body_of(const std::string& name, Offset at) {
    const auto outer_variables = std::exchange(variables_, {"$"});
    const int outer_ranges = std::exchange(range_depth_, 0);
    enter(at);
    std::vector<Node> body;
    const Ending ending = parse_list(body);
    if (ending.kind != Ending::Kind::end) fail_at(at, format("template \"{}\" without {{{{end}}}}", name));
    if (!program_.named.emplace(name, std::move(body)).second)
      fail_at(at, format("multiple definition of template \"{}\"", name));
    leave();
    variables_ = outer_variables;
    range_depth_ = outer_ranges;
  }

  void parse_define(Offset at) {
    take();
    const std::string name = template_name("define");
    expect_close("define clause");
    parse_body_of(name, at);
  }

  void parse_block(std::vector<Node>& list, Offset at) {
    take();
    Node node{.kind = Node::Kind::call, .at = at, .text = template_name("block")};
    node.pipeline = parse_pipeline(1, "block clause");
    expect_close("block clause");
    parse_body_of(node.text, at);
    list.push_back(std::move(node));
  }

  void parse_call(std::vector<Node>& list, Offset at) {
    take();
    Node node{.kind = Node::Kind::call, .at = at, .text = template_name("template")};
    if (peek().kind != Token::Kind::close) node.pipeline = parse_pipeline(1, "template clause");
    expect_close("template clause");
    list.push_back(std::move(node));
  }

  Pipeline parse_pipeline(int variables_allowed, std::string_view where) {
    Pipeline pipeline{.at = peek().at};
    parse_variables(pipeline, variables_allowed, where);
    while (true) {
      Command command;
      while (starts_operand()) {
        if (!command.words.empty() && !peek().after_space && peek().kind != Token::Kind::left)
          fail_at(peek().at, format("unexpected {} in operand", describe(peek())));
        command.words.push_back(parse_operand());
      }
      if (command.words.empty())
        fail_at(peek().at, pipeline.commands.empty() ? format("missing value for {}", where)
                                                     : format("unexpected {} in {}", describe(peek()), where));
      check_command(command, pipeline.commands.empty());
      pipeline.commands.push_back(std::move(command));
      if (peek().kind != Token::Kind::pipe) break;
      take();
    }
    if (!pipeline.assigns)
      for (const auto& name : pipeline.variables) variables_.push_back(name);
    return pipeline;
  }

  // "$x := ", "$x = ", "$k, $v := "
  void parse_variables(Pipeline& pipeline, int allowed, std::string_view where) {
    if (peek().kind != Token::Kind::variable) return;
    const auto kind_after = [&](std::size_t n) { return tokens_[std::min(next_ + n, tokens_.size() - 1)].kind; };
    const bool two = kind_after(1) == Token::Kind::comma;
    const Token::Kind operation = kind_after(two ? 3 : 1);
    if (operation != Token::Kind::declare && operation != Token::Kind::assign) {
      if (two) fail_at(peek().at, format("unexpected \",\" in {}", where));
      return;
    }
    if (two && allowed < 2) fail_at(peek().at, format("too many declarations in {}", where));
    pipeline.variables.push_back(take().value);
    if (two) {
      take();
      if (peek().kind != Token::Kind::variable) fail_at(peek().at, "range can only initialize variables");
      pipeline.variables.push_back(take().value);
    }
    pipeline.assigns = take().kind == Token::Kind::assign;
    if (pipeline.assigns)
      for (const auto& name : pipeline.variables) check_variable(name, pipeline.at);
  }

  void check_variable(const std::string& name, Offset at) const {
    for (const auto& known : variables_)
      if (known == name) return;
    fail_at(at, format("undefined variable \"{}\"", name));
  }

  void check_command(const Command& command, bool is_first) const {
    const Operand& first = command.words[0];
    const bool is_value = first.kind == Operand::Kind::literal || first.kind == Operand::Kind::nil ||
                          (first.kind == Operand::Kind::dot && first.fields.empty());
    if (!is_first && is_value) fail_at(first.at, "non executable command in pipeline stage 2");
    if (command.words.size() == 1 && first.kind == Operand::Kind::nil) fail_at(first.at, "nil is not a command");
  }

  bool starts_operand() const {
    switch (peek().kind) {
      case Token::Kind::field:
      case Token::Kind::dot:
      case Token::Kind::variable:
      case Token::Kind::word:
      case Token::Kind::literal:
      case Token::Kind::left:
        return true;
      default:
        return false;
    }
  }

  Operand parse_operand() {
    const Token& token = take();
    Operand operand{.kind = Operand::Kind::dot, .at = token.at};
    switch (token.kind) {
      case Token::Kind::field:
        operand.kind = Operand::Kind::field;
        operand.fields.push_back(token.value);
        break;
      case Token::Kind::variable:
        check_variable(token.value, token.at);
        operand.kind = Operand::Kind::variable;
        operand.name = token.value;
        break;
      case Token::Kind::literal:
        operand.kind = Operand::Kind::literal;
        operand.literal = token.literal;
        break;
      case Token::Kind::word:
        parse_word(operand, token);
        break;
      case Token::Kind::left:
        enter(token.at);
        operand.kind = Operand::Kind::paren;
        operand.pipeline = std::make_shared<Pipeline>(parse_pipeline(0, "parenthesized pipeline"));
        if (peek().kind != Token::Kind::right) fail_at(token.at, "unclosed left paren");
        take();
        leave();
        break;
      default:
        break;
    }
    while (peek().kind == Token::Kind::field && !peek().after_space) {
      if (operand.kind == Operand::Kind::literal || operand.kind == Operand::Kind::nil ||
          operand.kind == Operand::Kind::function)
        fail_at(peek().at, format("unexpected . after term {}", describe(token)));
      operand.fields.push_back(take().value);
    }
    return operand;
  }

  void parse_word(Operand& operand, const Token& token) const {
    operand.kind = Operand::Kind::literal;
    if (token.value == "true" || token.value == "false") {
      operand.literal = token.value == "true";
    } else if (token.value == "nil") {
      operand.kind = Operand::Kind::nil;
    } else {
      if (!is_function(token.value)) fail_at(token.at, format("function \"{}\" not defined", token.value));
      operand.kind = Operand::Kind::function;
      operand.name = token.value;
    }
  }

  void enter(Offset at) {
    if (++depth_ > kMaxDepth) fail_at(at, "nested too deeply");
  }
  void leave() { --depth_; }

  Program& program_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int depth_ = 0;
  int range_depth_ = 0;
  std::vector<std::string> variables_ = {"$"};
};

}  // namespace

void fail(const std::string& source, Offset at, std::string reason, std::string hint) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < at && i < source.size(); ++i) {
    column = source[i] == '\n' ? 1 : column + 1;
    if (source[i] == '\n') ++line;
  }
  throw Error(ErrorKind::usage, format("template:{}:{}: {}", line, column, reason)).with_hint(std::move(hint));
}

std::unique_ptr<Program> parse_program(std::string_view text) {
  auto program = std::make_unique<Program>();
  program->source = std::string(text);
  Parser(*program).run();
  return program;
}

}  // namespace lichen::cli::tmpl
