// logs: what containers have written.
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/logs.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/report.hh"
#include "src/session.hh"
#include "src/style.hh"

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

// Where pieces of several logs meet: lines stay whole, and streams keep their place (standard error goes there again).
class Printer {
 public:
  Printer(bool timestamps, bool flush) : timestamps_(timestamps), flush_(flush) {}

  /// One log's pieces. Calls for one container come from one thread.
  class Source {
   public:
    Source(Printer& printer, std::string prefix, std::string details, bool whole_lines)
        : printer_(&printer), prefix_(std::move(prefix)), details_(std::move(details)), whole_lines_(whole_lines) {}
    ~Source() {
      for (const bool err : {false, true})
        if (!lines_[err ? 1 : 0].empty()) printer_->write(lines_[err ? 1 : 0] + "\n", err);
    }
    Source(Source&&) = delete;
    Source& operator=(Source&&) = delete;

    bool take(const engine::LogPiece& piece) {
      const bool err = piece.stream == wire::LogStream::err;
      std::string& line = lines_[err ? 1 : 0];
      if (piece.line_start) {
        line += prefix_;
        if (printer_->timestamps_) line += std::string(piece.time) + " ";
        line += details_;
      }
      line += piece.text;
      // Alone it may come in parts: a prompt without a newline is shown at once.
      if (whole_lines_ && !line.ends_with('\n') && line.size() < kLongest) return true;
      return printer_->write(std::exchange(line, {}), err);
    }

   private:
    static constexpr std::size_t kLongest = 1 << 20;
    Printer* printer_;
    std::string prefix_, details_;
    bool whole_lines_;
    std::string lines_[2];
  };

 private:
  bool write(const std::string& text, bool err) {
    const std::lock_guard guard(mutex_);
    std::FILE* out = err ? stderr : stdout;
    if (err) std::fflush(stdout);  // both may lead to one place: the order is that of writing
    const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    if (flush_) std::fflush(out);
    return written;
  }

  bool timestamps_, flush_;
  std::mutex mutex_;
};

// podman's: with several containers each line says whose it is, by id or with --names by name.
std::string log_prefix(const ParsedArgs& args, const spec::ContainerConfig& config, bool several, std::size_t number) {
  constexpr Colour kColours[] = {Colour::green,   Colour::yellow, Colour::cyan,
                                 Colour::magenta, Colour::blue,   Colour::red};
  const bool names = args.get_bool("names");
  if (!several && !names) return "";
  const std::string who = names ? config.name : short_id(config.id);
  return paint(who, kColours[number % std::size(kColours)], args.get_bool("color")) + " ";
}

}  // namespace

int show_logs(engine::Engine& engine, const ParsedArgs& args, const std::vector<std::string>& names) {
  const bool follow = args.get_bool("follow"), several = names.size() > 1;
  const auto since = time_option(args, "since"), until = time_option(args, "until");
  const std::int64_t tail = tail_option(args);
  Printer printer(args.get_bool("timestamps"), follow);
  std::vector<std::thread> readers;
  std::size_t number = 0;
  const int status = for_each_name(names, [&](const std::string& name) {
    const auto record = engine::find_container(engine, name);
    auto query = engine::log_query(engine, record);
    query.since = since;
    query.until = until;
    query.tail = tail;
    query.follow = follow;
    query.warn = [name](const char* text) { log_warn("logs of {}: {}", name, text); };
    const std::string prefix = log_prefix(args, record.config, several, number++);
    const std::string details = args.get_bool("details") ? engine::log_details(record.config) + " " : "";
    const auto read = [&printer, query, prefix, details, several] {
      Printer::Source source(printer, prefix, details, several);
      engine::read_log(query, [&](const engine::LogPiece& piece) { return source.take(piece); });
    };
    if (!follow || !several) return read();
    readers.emplace_back([read, name] {
      try {
        read();
      } catch (const Error& error) {
        report(error);
      }
    });
  });
  for (auto& reader : readers) reader.join();
  std::fflush(stdout);
  return status;
}

int logs_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return show_logs(*engine, args, named_or_newest(*engine, args));
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
