// argv -> ParsedArgs, in two steps.
//
// 1. normalize_words (arg_parser.cc) reads words as docker's and podman's flag library does, guided by the table:
// clusters
//    ("-it"), glued values ("-p80:80", "-e=V"), "--flag value" whatever the value looks like ("--pids-limit -1"), empty
//    values ("--entrypoint="), the stop at the first argument of run and exec, and "--". Here unknown flags and flags
//    that are not done yet are refused, with docker's words.
// 2. bind_options (arg_binder.cc) gives the result to CLI11, which types, checks and collects the values. CLI11 alone
// reads
//    several of the forms above differently; and only the options that occur are registered, so that a command with 200
//    options costs no more than one with two. No other file includes CLI11.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "src/command.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

struct OptionUse {
  const OptionSpec* option;  // never an alias
  std::string value;         // "true" for a boolean without a value
};

struct NormalizedWords {
  std::vector<OptionUse> uses;  // in order
  std::vector<std::string> positionals;
  std::size_t consumed = 0;  // words up to the first positional, for the options before the command
  bool wants_help = false;   // --help or -h (where -h means nothing else); nothing after it is read
};

/// @param words  after the command's name
/// @throws Error{usage}        unknown flag, missing value
/// @throws Error{unsupported}  a flag that is not done yet
NormalizedWords normalize_words(const CommandSpec& command, std::span<const std::string> words);

/// Check types, closed values and the number of arguments. @throws Error{usage}
ParsedArgs bind_options(const CommandSpec& command, const NormalizedWords& words);

/// Both steps. wants_help must have been asked before. @throws as the two
ParsedArgs parse_arguments(const CommandSpec& command, std::span<const std::string> words);

/// Error{usage} with "See 'lichen CMD --help'." as its hint.
[[noreturn]] void throw_usage(const CommandSpec& command, std::string message, std::string_view hint = {});

}  // namespace lichen::cli
