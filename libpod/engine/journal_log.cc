#include "libpod/engine/journal_log.hh"

#include <chrono>

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/parse.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// How long the journal may take to show what a container that has ended wrote last.
constexpr int kSettle = 500;

std::string journal_time(Timestamp time) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return format("@{}.{:06}", micros / 1'000'000, micros % 1'000'000);
}

std::vector<std::string> command_line(const LogQuery& query) {
  std::vector<std::string> argv = {"journalctl", "--quiet", "--no-pager", "--all", "--output=json"};
  if (query.since) argv.push_back("--since=" + journal_time(*query.since));
  if (query.until) argv.push_back("--until=" + journal_time(*query.until));
  if (query.tail >= 0) argv.push_back("--lines=" + std::to_string(query.tail));
  if (query.follow) argv.push_back("--follow");
  if (query.follow && query.tail < 0) argv.push_back("--no-tail");
  argv.push_back("CONTAINER_ID_FULL=" + query.journal_id);
  return argv;
}

// journalctl(1), --output=json: a string, or an array of bytes where it is not UTF-8.
std::string message_of(const Json& entry) {
  const auto found = entry.find("MESSAGE");
  if (found == entry.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  std::string bytes;
  if (found->is_array())
    for (const auto& byte : *found)
      if (byte.is_number_integer()) bytes += static_cast<char>(byte.get<int>());
  return bytes;
}

std::string text_of(const Json& entry, const char* field) {
  const auto found = entry.find(field);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

class Entries {
 public:
  explicit Entries(const LogQuery& query, const std::function<bool(const LogPiece&)>& sink)
      : query_(query), sink_(sink) {}

  bool take(std::string_view line) {
    const Json entry = parse_json(line, "journalctl");
    const auto stream = text_of(entry, "PRIORITY") == "3" ? wire::LogStream::err : wire::LogStream::out;
    if (!(stream == wire::LogStream::out ? query_.out : query_.err)) return true;
    const auto micros = parse_int(text_of(entry, "__REALTIME_TIMESTAMP")).value_or(0);
    const std::string time = to_rfc3339(Timestamp(std::chrono::microseconds(micros)));
    const bool partial = text_of(entry, "CONTAINER_PARTIAL_MESSAGE") == "true";
    const std::string text = message_of(entry) + (partial ? "" : "\n");
    bool& continues = continues_[stream == wire::LogStream::out ? 0 : 1];
    const bool starts = !std::exchange(continues, partial);
    return sink_({time, stream, text, starts});
  }

 private:
  const LogQuery& query_;
  const std::function<bool(const LogPiece&)>& sink_;
  bool continues_[2] = {false, false};
};

// @return whether there may be more
bool feed(int fd, LineSplitter& lines, Entries& entries) {
  char buffer[64 * 1024];
  const ssize_t count = ::read(fd, buffer, sizeof buffer);
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;
  return lines.feed({buffer, static_cast<std::size_t>(count)},
                    [&](std::string_view line) { return entries.take(line); });
}

}  // namespace

void read_journal(const LogQuery& query, const std::function<bool(const LogPiece&)>& sink) {
  if (!sys::is_program_in_path("journalctl"))
    throw Error(ErrorKind::not_found, "logs: the journal cannot be read: there is no journalctl")
        .with_hint("install the package systemd");
  sys::Pipe pipe = sys::make_pipe();
  const sys::UniqueFd null = sys::open_path("/dev/null", O_RDWR);
  sys::Pid reader = sys::spawn({.argv = command_line(query),
                                .fds = {{null.get(), 0}, {pipe.write.get(), 1}, {STDERR_FILENO, 2}},
                                .die_with_parent = true});
  pipe.write.reset();
  Entries entries(query, sink);
  LineSplitter lines;
  for (;;) {
    // A reader that follows does not know when the container has ended: silence after the end is the end.
    const bool ended = query.follow && query.ended();
    pollfd polled{pipe.read.get(), POLLIN, 0};
    const int ready = ::poll(&polled, 1, query.follow ? kSettle : -1);
    if (ready == 0 && ended) break;
    if (ready > 0 && !feed(pipe.read.get(), lines, entries)) break;
  }
  sys::signal_pidfd(reader.pidfd(), SIGTERM);
  reader.wait();
}

}  // namespace lichen::engine
