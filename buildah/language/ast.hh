// A Dockerfile as plain structs: what the text says, before any variable is replaced.
//
// A `Word` is text in which ${...} is still to be expanded when its step is built, since only then the environment of
// the stage is known (Dockerfile reference, "Environment replacement"); its quotes and escapes are still there, and
// expand() removes them. A plain std::string is final. Every word and instruction knows its place in the source, so
// that an error found while building points at it like a parse error does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "buildah/language/place.hh"

namespace lichen::language {

/// Text to be expanded at build time, and where it stands.
struct Word {
  std::string text;
  Position position;
};

/// <<NAME ... NAME
struct Heredoc {
  std::string name;
  std::string body;         // with `<<-` the leading tabs are gone; each line ends in '\n'
  bool is_expanded = true;  // false: the name was quoted
  unsigned fd = 0;          // of FD<<NAME
  Position position;        // of the first line of the body
};

/// The command of RUN, CMD, ENTRYPOINT and HEALTHCHECK.
struct Command {
  bool is_shell = false;          // true: args has one string, which follows the words of SHELL
  std::vector<std::string> args;  // exec form: may be empty (ENTRYPOINT [])
};

/// One key of --mount as written; `value` is empty without "=".
struct MountKey {
  std::string key;  // lower case, aliases resolved: src → source, dst and destination → target, readonly → ro,
                    // readwrite → rw
  std::optional<std::string> value;
};

/// --mount=KEY=VALUE,... of RUN: values are expanded by resolve_mount (mount.hh), `from` never.
struct RunMount {
  std::vector<MountKey> keys;
  std::string text;
  Position position;
};

struct From {
  std::optional<Word> platform;
  Word image;        // reference, stage name, "scratch" or named context
  std::string name;  // lower case; "" without AS
  std::string as_keyword, name_as_written;
  std::vector<std::string> after;  // Buildah's --after=STAGE: built before this one
};

struct Run {
  /// Ready for execution: of `RUN <<EOF` the one argument is the body, of `RUN cmd <<EOF` it is the line followed by
  /// the heredocs as written, for the shell to read.
  Command command;
  std::vector<RunMount> mounts;
  std::string network;   // "" or "default", "none", "host"
  std::string security;  // "" or "sandbox", "insecure"
  std::vector<Word> devices;
  std::vector<Heredoc> heredocs;
  /// `RUN <<EOF` whose body starts with "#!": heredocs[0].body is a program to be put into a file and run, not text for
  /// SHELL.
  bool is_script_file = false;
};

/// COPY and ADD.
struct Copy {
  bool is_add = false;
  std::string from;  // COPY: stage, number of a stage, image or named context; never expanded
  std::optional<Word> chown, chmod;
  bool link = false;
  bool parents = false;              // COPY
  std::optional<bool> keep_git_dir;  // ADD
  std::optional<Word> checksum;      // ADD
  std::optional<bool> unpack;        // ADD
  std::vector<Word> exclude;
  std::vector<Word> sources;  // without heredocs
  Word destination;
  std::vector<Heredoc> heredocs;  // each a file of that name
  Position from_position;
};

struct KeyValue {
  Word key, value;
};
struct Env {
  std::vector<KeyValue> pairs;
  bool is_legacy = false;  // ENV KEY VALUE
};
struct Label {
  std::vector<KeyValue> pairs;
  bool is_legacy = false;
};

struct ArgPair {
  Word key;
  std::optional<Word> value;
};
struct Arg {
  std::vector<ArgPair> pairs;
};

struct Expose {
  std::vector<Word> ports;  // expand_words(): one word may become several
};
struct User {
  Word user;
};
struct Workdir {
  Word path;
};
struct Volume {
  std::vector<Word> paths;
};
struct Stopsignal {
  Word signal;
};

/// Times in nanoseconds, 0 = not said.
struct Healthcheck {
  bool is_none = false;
  Command command;
  std::int64_t interval = 0, timeout = 0, start_period = 0, start_interval = 0;
  std::int64_t retries = 0;
};

struct Shell {
  std::vector<std::string> args;
};
struct Onbuild {
  std::string text;     // as stored in the image, heredocs included
  std::string keyword;  // of the trigger, upper case
};
struct Cmd {
  Command command;
};
struct Entrypoint {
  Command command;
};
struct Maintainer {
  std::string name;
};

using Body = std::variant<From, Run, Copy, Env, Arg, Label, Expose, User, Workdir, Volume, Stopsignal, Healthcheck,
                          Shell, Onbuild, Cmd, Entrypoint, Maintainer>;

struct Instruction {
  Position position;
  unsigned end_line = 0;              // last line, heredocs included
  std::string keyword;                // upper case
  std::string written_keyword;        // as written
  std::string text;                   // the logical line: continuation lines joined, heredoc bodies left out
  std::vector<std::string> comments;  // the comment lines directly above
  Body body;
  std::shared_ptr<const Source> source;  // for show_place()
};

struct Stage {
  Position position;
  Instruction from_line;  // its body is `from`
  From from;
  std::vector<Instruction> steps;
};

/// "# name=value" lines at the top.
struct Directives {
  std::string syntax;
  char escape = '\\';
  std::vector<std::string> check_skip;          // names of rules, or "all"
  std::vector<std::string> check_experimental;  // names of rules, or "all"
  bool check_error = false;
  std::string platform;  // Buildah's
};

struct ParseWarning {
  std::string text;
  Position position;
};

struct Dockerfile {
  std::shared_ptr<const Source> source;
  Directives directives;
  std::vector<Instruction> global_args;  // each body is an Arg
  std::vector<Stage> stages;             // at least one
  std::vector<ParseWarning> warnings;    // empty continuation lines
};

}  // namespace lichen::language
