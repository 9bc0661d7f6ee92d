// logs: what containers have written.
#include <cstdio>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/logs.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

// docker: a number; "all" and negative ones mean everything.
std::int64_t tail_option(const ParsedArgs& args) {
  const std::string text = args.get_string("tail");
  if (text == "all") return -1;
  const auto count = parse_int(text);
  if (!count)
    throw Error(ErrorKind::usage, format("--tail '{}': not a number", text))
        .with_hint("use a number of lines or 'all'");
  return *count < 0 ? -1 : *count;
}

struct Look {
  bool timestamps = false;
  std::string prefix;  // "" or "name "
};

// Streams keep their place: what went to standard error goes there again.
bool print_piece(const Look& look, const engine::LogPiece& piece) {
  std::FILE* out = piece.stream == wire::LogStream::err ? stderr : stdout;
  if (piece.line_start) {
    if (!look.prefix.empty()) std::fwrite(look.prefix.data(), 1, look.prefix.size(), out);
    if (look.timestamps) {
      std::fwrite(piece.time.data(), 1, piece.time.size(), out);
      std::fputc(' ', out);
    }
  }
  return std::fwrite(piece.text.data(), 1, piece.text.size(), out) == piece.text.size();
}

}  // namespace

int logs_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& names = args.positionals();
  const bool follow = args.get_bool("follow");
  if (follow && names.size() > 1)
    throw Error(ErrorKind::unsupported, "logs --follow of several containers is not done yet")
        .with_hint("follow one of them");
  const auto since = time_option(args, "since"), until = time_option(args, "until");
  const std::int64_t tail = tail_option(args);
  return for_each_name(names, [&](const std::string& name) {
    const auto record = engine::find_container(*engine, name);
    auto query = engine::log_query(*engine, record);
    query.since = since;
    query.until = until;
    query.tail = tail;
    query.follow = follow;
    const Look look{.timestamps = args.get_bool("timestamps"),
                    .prefix = args.get_bool("names") ? record.config.name + " " : ""};
    engine::read_log(query, [&](const engine::LogPiece& piece) {
      const bool written = print_piece(look, piece);
      if (follow) std::fflush(stdout);
      return written;
    });
    std::fflush(stdout);
  });
}

int container_exists_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  try {
    engine->containers.find(args.positionals()[0]);
    return 0;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return 1;
    throw;
  }
}

}  // namespace lichen::cli
