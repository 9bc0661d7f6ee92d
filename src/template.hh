// Go's text/template over Json, for --format.
//
// The subset: {{.A.B}} {{$.A}} {{$x := ...}} {{$x = ...}}, pipelines, ( ), if / else if / else, with / else, range /
// else with one or two variables, break, continue, define, template, block, comments, {{- -}} trimming, all literals,
// Go's functions (and or not eq ne lt le gt ge len index slice print printf println) and docker's (json join split
// lower upper title truncate pad) and `.Label "key"`. Parsed once, run once per row. template_lexer -> template_parser
// -> Program -> Executor here.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "libpod/base/json.hh"

namespace lichen::cli {

namespace tmpl {
struct Program;
}

class Template {
 public:
  /// @throws Error{usage} "template:1:5: ..." with line, column and the reason
  static Template parse(std::string_view text);

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  /// A member that an object does not have is an error, as in Go for structs; below a member that is a map by its
  /// meaning (Labels, Ports, Networks, Options, ...) it prints "<no value>", as in Go for maps.
  ///
  /// @throws Error{usage} a field that does not exist (hint: the nearest), wrong argument of a function, ...
  std::string execute(const Json& data) const;
  /// The heading of a table: `headings` has each field's heading; json, join, upper, ... leave it as it is.
  std::string execute_headings(const Json& headings) const;

 private:
  explicit Template(std::unique_ptr<tmpl::Program> program);
  std::unique_ptr<tmpl::Program> program_;
};

}  // namespace lichen::cli
