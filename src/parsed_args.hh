// The command line after parsing: every value is checked against its row of the table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/command.hh"

namespace lichen::cli {

/// Names are long option names without dashes; asking for an option that the command does not have is a bug and aborts.
class ParsedArgs {
 public:
  explicit ParsedArgs(const CommandSpec& command) : command_(&command) {}

  const CommandSpec& command() const { return *command_; }
  /// Whether the option stands on the command line (with any value, also --rm=false).
  bool has(std::string_view name) const;
  /// The value, else the table's default, else false / "" / 0 / {}.
  bool get_bool(std::string_view name) const;
  std::string get_string(std::string_view name) const;
  std::int64_t get_int(std::string_view name) const;
  std::vector<std::string> get_list(std::string_view name) const;
  /// nullopt when it does not stand on the command line.
  std::optional<std::string> find_string(std::string_view name) const;
  std::optional<std::int64_t> find_int(std::string_view name) const;
  /// The words that are not options, in order.
  const std::vector<std::string>& positionals() const { return positionals_; }

  /// For the parser. `values` in order of appearance; booleans as "true" or "false".
  void set_values(const OptionSpec& option, std::vector<std::string> values);
  void set_positionals(std::vector<std::string> words) { positionals_ = std::move(words); }

 private:
  const OptionSpec& option(std::string_view name) const;

  const CommandSpec* command_;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positionals_;
};

}  // namespace lichen::cli
