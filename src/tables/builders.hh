// Short words for the rows of the tables, and the declarations of the families that command_table.cc lists.
#pragma once

#include "src/command.hh"

namespace lichen::cli {

constexpr OptionSpec flag(char short_name, std::string_view name, std::string_view help) {
  return {.name = name, .short_name = short_name, .help = help};
}
constexpr OptionSpec flag(std::string_view name, std::string_view help) { return flag(0, name, help); }

constexpr OptionSpec text(char short_name, std::string_view name, std::string_view value_name, std::string_view help) {
  return {.name = name, .short_name = short_name, .kind = OptionKind::string, .value_name = value_name, .help = help};
}
constexpr OptionSpec text(std::string_view name, std::string_view value_name, std::string_view help) {
  return text(0, name, value_name, help);
}

constexpr OptionSpec number(char short_name, std::string_view name, std::string_view value_name,
                            std::string_view help) {
  return {.name = name, .short_name = short_name, .kind = OptionKind::integer, .value_name = value_name, .help = help};
}
constexpr OptionSpec number(std::string_view name, std::string_view value_name, std::string_view help) {
  return number(0, name, value_name, help);
}

constexpr OptionSpec list(char short_name, std::string_view name, std::string_view value_name, std::string_view help) {
  return {.name = name, .short_name = short_name, .kind = OptionKind::list, .value_name = value_name, .help = help};
}
constexpr OptionSpec list(std::string_view name, std::string_view value_name, std::string_view help) {
  return list(0, name, value_name, help);
}

constexpr OptionSpec csv(std::string_view name, std::string_view value_name, std::string_view help) {
  return {.name = name, .kind = OptionKind::csv, .value_name = value_name, .help = help};
}

std::span<const CommandSpec> container_commands();
std::span<const CommandSpec> watch_commands();
std::span<const CommandSpec> file_commands();
std::span<const CommandSpec> image_commands();
std::span<const CommandSpec> manifest_commands();
std::span<const CommandSpec> build_commands();
std::span<const CommandSpec> compose_commands();
std::span<const CommandSpec> compose_look_commands();
std::span<const CommandSpec> volume_commands();
std::span<const CommandSpec> network_commands();
std::span<const CommandSpec> pod_commands();
std::span<const CommandSpec> secret_commands();
std::span<const CommandSpec> host_commands();
std::span<const CommandSpec> later_commands();

}  // namespace lichen::cli
